// SPDX-License-Identifier: Apache-2.0
/*
 * The partition map. The media is cut at every boundary of a partition or gap; the pieces stand to
 * scale, but none narrower than can be seen. What overlaps or lies inside another entry goes to a
 * lane of its own below. Differences are hatching and borders, not colour alone.
 */
#include <exhibit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "chapters.h"
#include "model.h"

#define WIDTH	    1000.0
#define LEFT	    2.0
#define MIN_PIECE   7.0
#define LANES	    4
#define LANE_HEIGHT 66
#define LANE_TOP    24
#define MAX_ITEMS   4096
#define LABEL_WIDTH 52.0 /* narrower ones only get their number */
#define DIGIT_WIDTH 14.0
#define GLYPH_WIDTH 8.0

#define EDGE " stroke=\"#171b1f\" stroke-width=\".7\""
#define FONT                                                                                       \
	" font-family=\"'Liberation Sans','Helvetica Neue',Helvetica,Arial,'DejaVu "               \
	"Sans',sans-serif\" fill=\"#171b1f\""

enum paint { FILE_SYSTEM, ENCRYPTED, VOLUME, SWAP, OTHER, GAP, LOST, FRAME, NR_PAINTS };

/* Attributes, not a style sheet: a drawing that is printed to PDF does not see the one of its page.
 * Each differs in grey too. */
static const char *const paints[NR_PAINTS] = {
	[FILE_SYSTEM] = "fill=\"#b9d2dc\"" EDGE,
	[ENCRYPTED] = "fill=\"#648693\"" EDGE,
	[VOLUME] = "fill=\"url(#grid)\"" EDGE,
	[SWAP] = "fill=\"#e4e9ec\"" EDGE,
	[OTHER] = "fill=\"#ffffff\"" EDGE,
	[GAP] = "fill=\"url(#hatch)\"" EDGE,
	[LOST] = "fill=\"#8c1d18\"",
	[FRAME] = "fill=\"#ffffff\"" EDGE,
};

enum lettering { PLAIN, NUMBER, AT_END };

static const char *const letterings[] = {
	[PLAIN] = "font-size=\"15\"" FONT,
	[NUMBER] = "font-size=\"18\" font-weight=\"700\"" FONT,
	[AT_END] = "font-size=\"15\" text-anchor=\"end\"" FONT,
};

struct item {
	uint64_t start, end;
	const json_t *facts;
	bool is_gap;
	int lane;
};

struct map {
	struct item *items;
	size_t n;
	uint64_t *cuts; /* sorted */
	double *at;	/* position of each cut */
	size_t nr_cuts;
	uint64_t size;
	int lanes;
};

static void add_items(struct map *m, const json_t *list, bool is_gap)
{
	const json_t *facts;
	size_t i;

	json_array_foreach (list, i, facts) {
		uint64_t start = exh_json_u64(facts, "start", UINT64_MAX);
		uint64_t length = exh_json_u64(facts, "length", 0), end;

		if (m->n == MAX_ITEMS || !length || exh_add_overflows(start, length, &end) ||
		    start >= m->size)
			continue;
		m->items[m->n++] = (struct item){start, exh_min(end, m->size), facts, is_gap, 0};
	}
}

static int by_start(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->end > y->end ? -1 : x->end < y->end;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The first lane that is free at the start of each item; more than LANES deep they share the last
 * one. */
static void assign_lanes(struct map *m)
{
	uint64_t busy_until[LANES] = {0};

	qsort(m->items, m->n, sizeof(*m->items), by_start);
	for (size_t i = 0; i < m->n; i++) {
		int lane = 0;

		while (lane < LANES - 1 && busy_until[lane] > m->items[i].start)
			lane++;
		m->items[i].lane = lane;
		busy_until[lane] = exh_max(busy_until[lane], m->items[i].end);
		m->lanes = lane + 1 > m->lanes ? lane + 1 : m->lanes;
	}
}

static void cut(struct map *m)
{
	size_t n = 0, kept = 0;

	m->cuts[n++] = 0;
	m->cuts[n++] = m->size;
	for (size_t i = 0; i < m->n; i++) {
		m->cuts[n++] = m->items[i].start;
		m->cuts[n++] = m->items[i].end;
	}
	qsort(m->cuts, n, sizeof(*m->cuts), by_value);
	for (size_t i = 0; i < n; i++)
		if (!kept || m->cuts[kept - 1] != m->cuts[i])
			m->cuts[kept++] = m->cuts[i];
	m->nr_cuts = kept;
}

/* Pieces below the minimum get it; the others share what is left in proportion, until no further
 * one falls below. */
static void place(struct map *m)
{
	size_t pieces = m->nr_cuts - 1;
	double minimum = MIN_PIECE, fixed = 0, scale = WIDTH / (double)m->size;

	if (minimum * (double)pieces > WIDTH / 2)
		minimum = WIDTH / 2 / (double)pieces;
	for (int round = 0; round < 32; round++) {
		double small = 0, large = 0;

		for (size_t i = 0; i < pieces; i++) {
			double bytes = (double)(m->cuts[i + 1] - m->cuts[i]);

			if (bytes * scale < minimum)
				small += minimum;
			else
				large += bytes;
		}
		if (small <= fixed || large <= 0)
			break;
		fixed = small;
		scale = (WIDTH - fixed) / large;
	}
	m->at[0] = LEFT;
	for (size_t i = 0; i < pieces; i++) {
		double width = (double)(m->cuts[i + 1] - m->cuts[i]) * scale;

		m->at[i + 1] = m->at[i] + (width < minimum ? minimum : width);
	}
}

/* Position of any offset: straight lines between the cuts. */
static double position(const struct map *m, uint64_t offset)
{
	size_t low = 0, high = m->nr_cuts - 1;
	double share;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (m->cuts[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	share = (double)(offset - m->cuts[low]) / (double)(m->cuts[high] - m->cuts[low]);
	return m->at[low] + (share > 1 ? 1 : share) * (m->at[high] - m->at[low]);
}

static enum paint paint_of(const struct item *item)
{
	static const struct {
		const char *kind;
		enum paint paint;
	} kinds[] = {
		{"filesystem", FILE_SYSTEM},
		{"encryption", ENCRYPTED},
		{"raid", VOLUME},
		{"lvm", VOLUME},
		{"container", VOLUME},
		{"swap", SWAP},
	};
	const char *kind = exh_json_str(exh_object(item->facts, "contents"), "kind");

	if (item->is_gap)
		return GAP;
	for (size_t i = 0; kind && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].kind, kind))
			return kinds[i].paint;
	return OTHER;
}

static void number_text(char out[16], double value)
{
	snprintf(out, 16, "%d.%d", (int)value, (int)(value * 10) % 10);
}

static void rect(struct exh_html *h, enum paint paint, double x, int y, double width, int height)
{
	char x_text[16], width_text[16];

	number_text(x_text, x);
	number_text(width_text, width < 0.6 ? 0.6 : width);
	exh_html(h, "<rect x=\"%s\" y=\"%d\" width=\"%s\" height=\"%d\" ", x_text, y, width_text,
		 height);
	exh_html_bytes(h, paints[paint], strlen(paints[paint]));
	exh_html(h, "/>\n");
}

static void label_at(struct exh_html *h, enum lettering lettering, double x, int y,
		     const char *text, size_t room)
{
	char x_text[16];

	if (strlen(text) > room)
		return;
	number_text(x_text, x);
	exh_html(h, "<text x=\"%s\" y=\"%d\" ", x_text, y);
	exh_html_bytes(h, letterings[lettering], strlen(letterings[lettering]));
	exh_html(h, ">%s</text>\n", text);
}

static void draw_item(struct exh_html *h, const struct map *m, const struct item *item)
{
	double x = position(m, item->start), width = position(m, item->end) - x;
	const char *type = exh_json_str(exh_object(item->facts, "contents"), "type");
	int y = LANE_TOP + item->lane * (LANE_HEIGHT + 6);
	size_t room = width > 12 ? (size_t)((width - 10) / GLYPH_WIDTH) : 0;
	struct exh_shown number = exh_plain(exh_json_u64(item->facts, "number", 0));

	rect(h, paint_of(item), x, y, width, LANE_HEIGHT);
	if (item->is_gap)
		return;
	if (width >= DIGIT_WIDTH + 6 * (double)strlen(number.text))
		label_at(h, NUMBER, x + 6, y + 21, number.text, 12);
	if (width < LABEL_WIDTH)
		return;
	if (type)
		label_at(h, PLAIN, x + 6, y + 40, type, room);
	label_at(h, PLAIN, x + 6, y + 58, exh_size(h, item->end - item->start).text, room);
}

static void draw_losses(struct exh_html *h, const struct map *m)
{
	const json_t *spans = exh_list(exh_object(h->model, "losses"), "spans"), *span;
	size_t i;

	json_array_foreach (spans, i, span) {
		uint64_t start = (uint64_t)json_integer_value(json_array_get(span, 0));
		uint64_t end = (uint64_t)json_integer_value(json_array_get(span, 1));
		double x;

		if (start >= m->size)
			continue;
		x = position(m, start);
		rect(h, LOST, x, LANE_TOP - 16, position(m, exh_min(end, m->size)) - x + 1.5, 12);
	}
}

static bool uses(const struct map *m, enum paint paint)
{
	for (size_t i = 0; i < m->n; i++)
		if (paint_of(&m->items[i]) == paint)
			return true;
	return false;
}

static void draw_legend(struct exh_html *h, const struct map *m, int y)
{
	static const enum exh_text texts[NR_PAINTS] = {
		[FILE_SYSTEM] = EXH_T_KIND_FILESYSTEM,
		[ENCRYPTED] = EXH_T_KIND_ENCRYPTION,
		[VOLUME] = EXH_T_M_VOLUMES,
		[SWAP] = EXH_T_KIND_SWAP,
		[OTHER] = EXH_T_M_OTHER,
		[GAP] = EXH_T_M_GAP,
		[LOST] = EXH_T_M_LOST,
	};
	bool lost = exh_json_u64(exh_object(h->model, "losses"), "ranges", 0) > 0;
	double x = LEFT;

	for (enum paint i = 0; i < FRAME; i++) {
		const char *text = exh_say(h->language, texts[i]);

		if (i == LOST ? !lost : !uses(m, i))
			continue;
		rect(h, i, x, y, 16, 12);
		label_at(h, PLAIN, x + 22, y + 11, text, 60);
		x += 46 + GLYPH_WIDTH * (double)strlen(text);
	}
}

static void draw_scale(struct exh_html *h, const struct map *m, int y)
{
	label_at(h, PLAIN, LEFT, y, "0", 2);
	label_at(h, AT_END, LEFT + WIDTH, y, exh_bytes(h, m->size).text, SIZE_MAX);
}

static void draw(struct exh_html *h, const struct map *m, bool alone)
{
	int bottom = LANE_TOP + m->lanes * (LANE_HEIGHT + 6);
	char frame[16];

	number_text(frame, LEFT * 2 + WIDTH);
	exh_html(h,
		 "<svg class=\"map\" role=\"img\" aria-labelledby=\"map-title map-text\" "
		 "viewBox=\"0 0 %s %d\"",
		 frame, bottom + 48);
	exh_html(h, alone ? " xmlns=\"http://www.w3.org/2000/svg\">\n" : ">\n");
	exh_html(h, "<title id=\"map-title\">%s</title>\n<desc id=\"map-text\">%s</desc>\n",
		 exh_say(h->language, EXH_T_M_TITLE), exh_say(h->language, EXH_T_M_DESCRIPTION));
	exh_html(h,
		 "<defs>"
		 "<pattern id=\"hatch\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">"
		 "<rect fill=\"#ffffff\" width=\"8\" height=\"8\"/>"
		 "<path d=\"M-2 2L2 -2M0 8L8 0M6 10L10 6\" stroke=\"#98a3ab\" "
		 "fill=\"none\"/></pattern>"
		 "<pattern id=\"grid\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
		 "<rect fill=\"#dde7eb\" width=\"6\" height=\"6\"/><rect fill=\"#17475a\" "
		 "x=\"2\" y=\"2\" width=\"1.6\" height=\"1.6\"/></pattern></defs>\n");
	rect(h, FRAME, LEFT, LANE_TOP, WIDTH, LANE_HEIGHT);
	for (size_t i = 0; i < m->n; i++)
		draw_item(h, m, &m->items[i]);
	draw_losses(h, m);
	draw_scale(h, m, bottom + 12);
	draw_legend(h, m, bottom + 28);
	exh_html(h, "</svg>\n");
}

static bool draw_scan(struct exh_html *h, bool alone)
{
	const json_t *examination = exh_examination(h), *scan = exh_object(examination, "scan");
	struct map m = {.size = exh_json_u64(exh_object(examination, "image"), "media_size", 0),
			.lanes = 1};

	if (!scan || !m.size)
		return false;
	m.items = calloc(MAX_ITEMS, sizeof(*m.items));
	m.cuts = calloc(2 * MAX_ITEMS + 2, sizeof(*m.cuts));
	m.at = calloc(2 * MAX_ITEMS + 2, sizeof(*m.at));
	if (m.items && m.cuts && m.at) {
		add_items(&m, exh_list(scan, "partitions"), false);
		add_items(&m, exh_list(scan, "gaps"), true);
		assign_lanes(&m);
		cut(&m);
		place(&m);
		draw(h, &m, alone);
	} else {
		h->failed = true;
	}
	free(m.items);
	free(m.cuts);
	free(m.at);
	return true;
}

void exh_partition_map(struct exh_html *h)
{
	const json_t *examination = exh_examination(h);

	if (!exh_object(examination, "scan") ||
	    !exh_json_u64(exh_object(examination, "image"), "media_size", 0))
		return;
	exh_html(h, "<figure>\n");
	draw_scan(h, false);
	exh_html(h, "<figcaption>%s</figcaption>\n</figure>\n",
		 exh_say(h->language, EXH_T_M_CAPTION));
}

int exh_scan_draw(struct exh_ctx *ctx, const json_t *facts, const char *path)
{
	_cleanup_json_ json_t *model = json_pack("{s:{s:O?, s:O}}", "examination", "image",
						 json_object_get(facts, "image"), "scan", facts);
	struct exh_html h = {.model = model, .language = exh_language_named(NULL)};
	_cleanup_free_ char *text = NULL;
	size_t n;
	int r;

	if (!draw_scan(&h, true))
		return 1;
	r = exh_html_finish(ctx, &h, &text, &n);
	return r < 0 ? r : exh_file_write_new(ctx, path, text, n);
}
