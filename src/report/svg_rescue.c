// SPDX-License-Identifier: Apache-2.0
/*
 * The media as a page of squares, from left to right and down, each darker the more of it is lost.
 * The steps are powers of ten: a single bad sector in a square of half a gigabyte can be seen, and
 * a hundred thousand of them still differ from a region that is gone. A line below the squares
 * tells partitions apart.
 */
#include <exhibit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"

#define COLUMNS	  100
#define SQUARE	  10
#define ROW	  15 /* a row of squares and the line below it */
#define LEFT	  10
#define TOP	  64
#define WIDTH	  (COLUMNS * SQUARE + 2 * LEFT)
#define MAX_LINES 24
#define LINE	  18
#define STEPS	  7
#define BAR	  300.0

struct drawing {
	FILE *out;
	const json_t *facts, *cells;
	uint64_t cell, media;
	int y;
};

static void text_of(FILE *out, const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		default:
			/* names of contents and classes are ours; nothing else belongs here */
			fputc(*text >= ' ' && *text <= '~' ? *text : '?', out);
		}
}

static void human(char out[32], uint64_t bytes)
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	unsigned unit = 0;
	double value = (double)bytes;

	while (value >= 1024 && unit < 6) {
		value /= 1024;
		unit++;
	}
	snprintf(out, 32, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

/* 0: whole; 1 to STEPS: lost shares up to a millionth, a hundred-thousandth, ... all of it. */
static int step_of(uint64_t lost, uint64_t bytes)
{
	double share = bytes ? (double)lost / (double)bytes : 0, border = 1e-6;
	int step = 1;

	if (!lost)
		return 0;
	for (; step < STEPS && share > border; step++)
		border *= 10;
	return step;
}

static void begin(struct drawing *d, int height)
{
	const json_t *details = json_object_get(d->facts, "lost_details");
	char lost[32], media[32];

	human(lost, exh_json_u64(details, "bytes", 0));
	human(media, d->media);
	fprintf(d->out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 %d %d\" "
		"aria-labelledby=\"t\">\n"
		"<title id=\"t\">Lost areas of the media</title>\n<style>"
		"text{font-family:Helvetica,Arial,\"Liberation Sans\",sans-serif;font-size:13px;"
		"fill:#1b1f23}.h{font-size:17px;font-weight:bold}.n{font-size:10px;"
		"font-weight:bold}.e{text-anchor:end}.k0{fill:#d9e6dd}.k1{fill:#fff3b0}"
		".k2{fill:#ffdf7a}.k3{fill:#ffc04d}.k4{fill:#f78f2e}.k5{fill:#dd4f22}"
		".k6{fill:#a81c1c}.k7{fill:#3d0808}.p0{fill:#1c6ea4}.p1{fill:#7a4ea3}"
		".p2{fill:#2f7d4f}.g{fill:#aab2b8}</style>\n"
		"<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n"
		"<text class=\"h\" x=\"%d\" y=\"24\">%s lost of %s, in %llu ranges</text>\n",
		WIDTH, height, WIDTH, height, LEFT, lost, media,
		(unsigned long long)exh_json_u64(details, "ranges", 0));
}

static void legend(struct drawing *d)
{
	static const char *const texts[] = {"whole",	 "1 in 10^6 lost", "10^5",    "10^4",
					    "1 in 1000", "1 in 100",	   "1 in 10", "more"};
	char cell[32];
	int x = LEFT;

	human(cell, d->cell);
	fprintf(d->out, "<text x=\"%d\" y=\"48\">One square: %s.</text>\n", x, cell);
	x += 190;
	for (int i = 0; i <= STEPS; i++) {
		fprintf(d->out,
			"<rect class=\"k%d\" x=\"%d\" y=\"38\" width=\"12\" height=\"12\"/>"
			"<text x=\"%d\" y=\"48\">%s</text>\n",
			i, x, x + 16, texts[i]);
		x += 30 + 7 * (int)strlen(texts[i]);
	}
}

/* Which partition has the first byte of a square, or the first partition inside it; -1: none. */
static int partition_at(const struct drawing *d, uint64_t offset)
{
	const json_t *p;
	int found = -1;
	size_t i;

	json_array_foreach (json_object_get(d->facts, "partitions"), i, p) {
		uint64_t start = exh_json_u64(p, "start", UINT64_MAX),
			 length = exh_json_u64(p, "length", 0);

		if (start < offset + d->cell && offset < start + length)
			found = (int)i;
	}
	return found;
}

static void squares(struct drawing *d)
{
	static const char *const hues[] = {"p0", "p1", "p2"};
	size_t n = json_array_size(d->cells);
	int last = -1;

	for (size_t i = 0; i < n; i++) {
		uint64_t start = i * d->cell, bytes = exh_min(d->cell, d->media - start);
		int x = LEFT + (int)(i % COLUMNS) * SQUARE, y = d->y + (int)(i / COLUMNS) * ROW;
		int p = partition_at(d, start);

		fprintf(d->out,
			"<rect class=\"k%d\" x=\"%d\" y=\"%d\" width=\"9\" height=\"10\"/>"
			"<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"10\" height=\"3\"/>\n",
			step_of((uint64_t)json_integer_value(json_array_get(d->cells, i)), bytes),
			x, y, p < 0 ? "g" : hues[p % 3], x, y + 10);
		if (p >= 0 && p != last) {
			const json_t *row =
				json_array_get(json_object_get(d->facts, "partitions"), (size_t)p);

			fprintf(d->out, "<text class=\"n\" x=\"%d\" y=\"%d\">%llu</text>\n", x + 1,
				y + 9, (unsigned long long)exh_json_u64(row, "number", 0));
		}
		last = p;
	}
	d->y += (int)((n + COLUMNS - 1) / COLUMNS) * ROW + 26;
}

/* One line: a label, a size, and how much of it is lost as a bar on the scale of the squares. */
static void line(struct drawing *d, const char *css, const char *label, const char *more,
		 uint64_t lost, uint64_t of)
{
	char bytes[32], whole[32];

	human(bytes, lost);
	human(whole, of);
	fprintf(d->out,
		"<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"12\" height=\"12\"/><text x=\"%d\" "
		"y=\"%d\">",
		css, LEFT, d->y - 10, LEFT + 18, d->y);
	text_of(d->out, label);
	fputs(more[0] ? " " : "", d->out);
	text_of(d->out, more);
	fprintf(d->out,
		"</text><text class=\"e\" x=\"470\" y=\"%d\">%s</text><text class=\"e\" x=\"600\" "
		"y=\"%d\">%s lost</text><rect class=\"k%d\" x=\"620\" y=\"%d\" width=\"%.1f\" "
		"height=\"12\"/>\n",
		d->y, whole, d->y, bytes, step_of(lost, of), d->y - 10,
		BAR * step_of(lost, of) / STEPS + (lost ? 1 : 0));
	d->y += LINE;
}

static void places(struct drawing *d)
{
	const json_t *list = json_object_get(d->facts, "partitions"), *p;
	uint64_t gaps = 0, lost = 0;
	size_t i;

	json_array_foreach (list, i, p) {
		const char *type = exh_json_str(p, "type");
		char css[8], label[64];

		if (i == MAX_LINES)
			break;
		snprintf(css, sizeof(css), "p%zu", i % 3);
		snprintf(label, sizeof(label), "Partition %llu",
			 (unsigned long long)exh_json_u64(p, "number", 0));
		line(d, css, label, type ? type : "", exh_json_u64(p, "lost", 0),
		     exh_json_u64(p, "length", 0));
	}
	json_array_foreach (json_object_get(d->facts, "gaps"), i, p) {
		gaps += exh_json_u64(p, "length", 0);
		lost += exh_json_u64(p, "lost", 0);
	}
	if (gaps)
		line(d, "g", "In no partition", "", lost, gaps);
	d->y += 8;
}

static void classes(struct drawing *d)
{
	static const struct {
		const char *key, *label;
	} rows[] = {{"file_content", "Content of files"},
		    {"file_system_metadata", "File system structures"},
		    {"slack", "Slack"},
		    {"unallocated", "Unallocated space"},
		    {"in_use_by_unknown", "In use, owner unknown"},
		    {"not_analysed", "In contents that cannot be read"},
		    {"outside_partitions", "Outside partitions"},
		    {"past_end", "Past the end of the image"}};
	const json_t *lost = json_object_get(d->facts, "lost");
	uint64_t all = exh_json_u64(json_object_get(d->facts, "lost_details"), "bytes", 0);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t bytes = exh_json_u64(lost, rows[i].key, 0);
		char text[32];

		if (!bytes)
			continue;
		human(text, bytes);
		fprintf(d->out,
			"<text x=\"%d\" y=\"%d\">%s</text><text class=\"e\" x=\"600\" "
			"y=\"%d\">%s</text>"
			"<rect class=\"k6\" x=\"620\" y=\"%d\" width=\"%.1f\" height=\"12\"/>\n",
			LEFT + 18, d->y, rows[i].label, d->y, text, d->y - 10,
			BAR * (double)bytes / (double)all);
		d->y += LINE;
	}
}

static int height_of(const struct drawing *d)
{
	size_t partitions = json_array_size(json_object_get(d->facts, "partitions"));
	size_t rows = (json_array_size(d->cells) + COLUMNS - 1) / COLUMNS;

	return TOP + (int)rows * ROW + 26 + ((int)exh_min(partitions, MAX_LINES) + 1 + 8) * LINE +
	       16;
}

int exh_rescue_draw(struct exh_ctx *ctx, const json_t *facts, const char *path)
{
	const json_t *map = json_object_get(facts, "map");
	struct drawing d = {.facts = facts,
			    .cells = json_object_get(map, "lost"),
			    .cell = exh_json_u64(map, "cell", 0),
			    .media = exh_json_u64(json_object_get(facts, "image"), "media_size", 0),
			    .y = TOP};
	_cleanup_free_ char *text = NULL;
	size_t n;

	if (!json_array_size(d.cells) || !d.cell || !d.media)
		return 1;
	d.out = open_memstream(&text, &n);
	if (!d.out)
		return exh_fail_errno(ctx, "%s", path);
	begin(&d, height_of(&d));
	legend(&d);
	squares(&d);
	places(&d);
	classes(&d);
	fputs("</svg>\n", d.out);
	if (fclose(d.out))
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	return exh_file_write_new(ctx, path, text, n);
}
