// SPDX-License-Identifier: Apache-2.0
/*
 * The facts as DFXML 2.0 (dfxml_schema 2.0.0-beta.0): image, partition tables, partitions, volumes,
 * and as file objects the files of the container and of the results. What the schema has no word
 * for stands in a name space of our own.
 */
#include <string.h>

#include "base/facts.h"
#include "html.h"
#include "chapters.h"
#include "model.h"
#include "report.h"

#define DFXML "http://www.forensicswiki.org/wiki/Category:Digital_Forensics_XML"
#define DC    "http://purl.org/dc/elements/1.1/"
#define OWN   "urn:exhibit:dfxml:1"

static void element(struct exh_html *h, const char *name, const char *value)
{
	if (value && *value)
		exh_html(h, "<%s>%s</%s>\n", name, value, name);
}

static void number(struct exh_html *h, const char *name, const json_t *object, const char *key)
{
	if (json_is_integer(json_object_get(object, key)))
		element(h, name, exh_plain(exh_json_u64(object, key, 0)).text);
}

static void hashes(struct exh_html *h, const json_t *digests)
{
	static const char *const known[] = {"md5", "sha1", "sha224", "sha256", "sha384", "sha512"};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (exh_json_str(digests, known[i]))
			exh_html(h, "<hashdigest type=\"%s\">%s</hashdigest>\n", known[i],
				 exh_json_str(digests, known[i]));
}

static void run(struct exh_html *h, uint64_t start, uint64_t length, const json_t *digests)
{
	exh_html(h, "<byte_runs><byte_run img_offset=\"%s\" len=\"%s\">\n", exh_plain(start).text,
		 exh_plain(length).text);
	hashes(h, digests);
	exh_html(h, "</byte_run></byte_runs>\n");
}

static void run_of(struct exh_html *h, const json_t *range)
{
	run(h, exh_json_u64(range, "start", 0), exh_json_u64(range, "length", 0), NULL);
}

static void metadata(struct exh_html *h)
{
	const json_t *made = exh_object(h->model, "made");

	exh_html(h,
		 "<metadata>\n<dc:type>Disk Image</dc:type>\n<dc:identifier>%s</dc:identifier>\n",
		 exh_json_str(made, "id"));
	element(h, "dc:creator", exh_supplied(h, "examiner"));
	element(h, "dc:subject", exh_supplied(h, "case_number"));
	exh_html(h, "</metadata>\n");
}

static void library(struct exh_html *h, const char *name, const json_t *version)
{
	if (json_is_string(version) && strcmp(name, "exhibit") && strcmp(name, "binary_sha256"))
		exh_html(h, "<library name=\"%s\" version=\"%s\"/>\n", name,
			 json_string_value(version));
}

static void creator(struct exh_html *h)
{
	const json_t *tools = exh_object(exh_examination(h), "tools"),
		     *host = exh_object(exh_examination(h), "host");
	const char *started = exh_json_str(exh_examination(h), "started"), *name;
	json_t *version;

	exh_html(h, "<creator>\n<program>exhibit</program>\n");
	element(h, "version", exh_json_str(exh_object(h->model, "made"), "version"));
	exh_html(h, "<execution_environment>\n<os_sysname>Linux</os_sysname>\n");
	element(h, "os_release", exh_json_str(host, "kernel"));
	element(h, "start_time", started && exh_is_time(started) ? started : NULL);
	exh_html(h, "</execution_environment>\n");
	json_object_foreach ((json_t *)tools, name, version)
		library(h, name, version);
	exh_html(h, "</creator>\n");
}

static void source(struct exh_html *h, const json_t *image)
{
	const json_t *segment;
	size_t i;

	exh_html(h, "<source>\n");
	json_array_foreach (exh_list(image, "segments"), i, segment)
		element(h, "image_filename", exh_json_str(segment, "path"));
	exh_html(h, "</source>\n");
}

static void own_words(struct exh_html *h)
{
	const json_t *reference;
	size_t i;

	element(h, "exhibit:outcome", exh_json_str(h->model, "outcome"));
	json_array_foreach (exh_list(exh_object(exh_examination(h), "before"), "references"), i,
			    reference)
		exh_html(h,
			 "<exhibit:reference algorithm=\"%s\" "
			 "source=\"%s\">%s</exhibit:reference>\n",
			 exh_json_str(reference, "algorithm"), exh_json_str(reference, "source"),
			 exh_json_str(reference, "verdict") ? exh_json_str(reference, "verdict")
							    : "not-compared");
}

static void disk_image(struct exh_html *h, const json_t *image)
{
	const json_t *before = exh_object(exh_examination(h), "before");
	uint64_t lost = exh_json_u64(exh_object(h->model, "losses"), "ranges", 0);

	exh_html(h, "<diskimageobject>\n");
	own_words(h);
	if (json_object_get(image, "media_size"))
		run(h, 0, exh_json_u64(image, "media_size", 0),
		    exh_json_str(before, "fill") ? NULL : exh_object(before, "digests"));
	number(h, "sector_size", image, "sector_size");
	if (lost)
		exh_html(h, "<error>%s ranges could not be read</error>\n", exh_plain(lost).text);
	exh_html(h, "</diskimageobject>\n");
}

static void volume(struct exh_html *h, const json_t *partition)
{
	const json_t *contents = exh_object(partition, "contents");
	const char *kind = exh_json_str(contents, "kind");

	if (!kind || strcmp(kind, "filesystem"))
		return;
	exh_html(h, "<volume offset=\"%s\">\n",
		 exh_plain(exh_json_u64(partition, "start", 0)).text);
	number(h, "partition_offset", partition, "start");
	element(h, "ftype_str", exh_json_str(contents, "type"));
	element(h, "exhibit:label", exh_json_str(contents, "label"));
	element(h, "exhibit:uuid", exh_json_str(contents, "uuid"));
	exh_html(h, "</volume>\n");
}

static void partition_object(struct exh_html *h, const json_t *partition)
{
	const char *id = exh_json_str(partition, "type_id"),
		   *type = exh_json_str(partition, "type");

	exh_html(h, "<partitionobject>\n");
	element(h, "exhibit:scheme", exh_json_str(partition, "scheme"));
	element(h, "exhibit:content", exh_json_str(exh_object(partition, "contents"), "kind"));
	run_of(h, partition);
	number(h, "partition_index", partition, "number");
	if (id && !strncmp(id, "0x", 2))
		element(h, "ptype", exh_plain(strtoul(id + 2, NULL, 16)).text);
	element(h, "ptype_str", type ? type : id);
	volume(h, partition);
	exh_html(h, "</partitionobject>\n");
}

static bool is_scheme(const json_t *object, const char *scheme)
{
	const char *s = exh_json_str(object, "scheme");

	return s && scheme && !strcmp(s, scheme);
}

static bool seen_before(const json_t *tables, size_t n, const char *scheme)
{
	for (size_t i = 0; i < n; i++)
		if (is_scheme(json_array_get(tables, i), scheme))
			return true;
	return false;
}

/* The partitions stand below the first table of their scheme. */
static void tables(struct exh_html *h, const json_t *scan)
{
	const json_t *list = exh_list(scan, "tables"), *table, *partition;
	size_t i, k;

	json_array_foreach (list, i, table) {
		const char *scheme = exh_json_str(table, "scheme");

		exh_html(h, "<partitionsystemobject>\n");
		element(h, "exhibit:copy", exh_json_str(table, "copy"));
		exh_html(h, "<byte_runs><byte_run img_offset=\"%s\"/></byte_runs>\n",
			 exh_plain(exh_json_u64(table, "start", 0)).text);
		element(h, "pstype_str", scheme);
		json_array_foreach (exh_list(scan, "partitions"), k, partition)
			if (is_scheme(partition, scheme) && !seen_before(list, i, scheme))
				partition_object(h, partition);
		if (json_is_false(json_object_get(table, "valid")))
			element(h, "error", "this table is not valid");
		exh_html(h, "</partitionsystemobject>\n");
	}
	json_array_foreach (exh_list(scan, "partitions"), k, partition)
		if (!seen_before(list, json_array_size(list), exh_json_str(partition, "scheme")))
			partition_object(h, partition);
}

static void file(struct exh_html *h, const char *path, const json_t *object, const char *size,
		 const char *sha256)
{
	if (!path)
		return;
	exh_html(h, "<fileobject>\n");
	element(h, "filename", path);
	number(h, "filesize", object, size);
	if (sha256)
		exh_html(h, "<hashdigest type=\"sha256\">%s</hashdigest>\n", sha256);
	exh_html(h, "</fileobject>\n");
}

static void files(struct exh_html *h)
{
	const json_t *row;
	size_t i;

	json_array_foreach (exh_list(h->model, "container"), i, row)
		file(h, exh_json_str(row, "path"), row, "size", exh_json_str(row, "before"));
	json_array_foreach (exh_list(h->model, "results"), i, row)
		file(h, exh_json_str(row, "path"), row, "bytes", exh_json_str(row, "sha256"));
}

int exh_render_dfxml(struct exh_ctx *ctx, const json_t *model, const json_t *annexes,
		     char **text_ret, size_t *n_ret)
{
	struct exh_html h = {
		.model = model, .annexes = annexes, .language = exh_language_named(NULL)};

	exh_html(&h, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		     "<dfxml xmlns=\"" DFXML "\" xmlns:dc=\"" DC "\" xmlns:exhibit=\"" OWN
		     "\" version=\"2.0.0-beta.0\">\n");
	metadata(&h);
	creator(&h);
	source(&h, exh_image(&h));
	if (exh_image(&h))
		disk_image(&h, exh_image(&h));
	tables(&h, exh_object(exh_examination(&h), "scan"));
	files(&h);
	exh_html(&h, "</dfxml>\n");
	return exh_html_finish(ctx, &h, text_ret, n_ret);
}
