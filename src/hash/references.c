// SPDX-License-Identifier: Apache-2.0
#include "references.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "base/text.h"

static const char *const source_names[] = {
	[EXH_FROM_STORED] = "stored",
	[EXH_FROM_SIDECAR] = "sidecar",
	[EXH_FROM_CASE] = "case",
	[EXH_FROM_OPTION] = "option",
};

void exh_references_clear(struct exh_references *refs)
{
	for (size_t i = 0; i < refs->nr; i++)
		free(refs->list[i].path);
	free(refs->list);
	*refs = (struct exh_references){NULL, 0};
}

int exh_references_add(struct exh_ctx *ctx, struct exh_references *refs,
		       const struct exh_reference *ref)
{
	struct exh_reference *grown = realloc(refs->list, (refs->nr + 1) * sizeof(*grown));

	if (!grown)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	refs->list = grown;
	grown[refs->nr] = *ref;
	if (ref->path && !(grown[refs->nr].path = strdup(ref->path)))
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	refs->nr++;
	return 0;
}

/* {ALG: hex} -> references; returns how many members are not that, or an error. */
static int add_object(struct exh_ctx *ctx, struct exh_references *refs, const json_t *object,
		      enum exh_reference_source source)
{
	const char *name;
	json_t *value;
	int bad = 0;

	json_object_foreach ((json_t *)object, name, value) {
		struct exh_reference ref = {.source = source};
		const char *hex = json_string_value(value);
		size_t size;

		if (!hex || exh_digest_name(name, ref.algorithm, &size) ||
		    exh_digest_hex(hex, strlen(hex), size, ref.value)) {
			bad++;
			continue;
		}
		if (exh_references_add(ctx, refs, &ref) < 0)
			return -EXH_E_NOMEM;
	}
	return bad;
}

int exh_references_add_stored(struct exh_ctx *ctx, struct exh_references *refs, const json_t *image)
{
	int r = add_object(ctx, refs, json_object_get(image, "stored_hashes"), EXH_FROM_STORED);

	return r < 0 ? r : 0;
}

int exh_references_add_baseline(struct exh_ctx *ctx, struct exh_references *refs,
				const json_t *baseline)
{
	int r = add_object(ctx, refs, baseline, EXH_FROM_CASE);

	if (r > 0)
		return exh_fail(ctx, EXH_E_FORMAT,
				"the digests of the earlier verify are not readable");
	return r;
}

int exh_references_add_expected(struct exh_ctx *ctx, struct exh_references *refs,
				const char *expected)
{
	const char *colon = strchr(expected, ':');
	struct exh_reference ref = {.source = EXH_FROM_OPTION};
	_cleanup_free_ char *name = colon ? strndup(expected, (size_t)(colon - expected)) : NULL;
	size_t size;

	if (!colon || !name)
		return exh_fail(ctx, EXH_E_USAGE,
				"expected digest \"%s\": write ALGORITHM:HEX, for example "
				"sha256:ba7816bf...",
				expected);
	if (exh_digest_name(name, ref.algorithm, &size))
		return exh_fail(ctx, EXH_E_USAGE,
				"expected digest \"%s\": \"%s\" is no digest of this libcrypto; "
				"see: openssl "
				"list -digest-algorithms",
				expected, name);
	if (exh_digest_hex(colon + 1, strlen(colon + 1), size, ref.value))
		return exh_fail(ctx, EXH_E_USAGE,
				"expected digest \"%s\": %s has %zu hexadecimal digits, this is "
				"%zu characters%s",
				expected, ref.algorithm, 2 * size, strlen(colon + 1),
				strlen(colon + 1) == 2 * size ? " and not all of them are digits"
							      : "");
	return exh_references_add(ctx, refs, &ref);
}

static bool shares_algorithm(const struct exh_references *refs, const struct exh_digests *set)
{
	for (size_t i = 0; i < refs->nr; i++)
		if (refs->list[i].source == EXH_FROM_CASE &&
		    exh_digests_find(set, refs->list[i].algorithm))
			return true;
	return false;
}

int exh_references_want(struct exh_ctx *ctx, const struct exh_references *refs,
			struct exh_digests *media, struct exh_digests *files)
{
	int r = 0;

	for (size_t i = 0; i < refs->nr && !r; i++) {
		const struct exh_reference *ref = &refs->list[i];

		if (ref->source == EXH_FROM_CASE)
			continue;
		if (ref->scope != EXH_SCOPE_CONTAINER)
			r = exh_digests_add(ctx, media, ref->algorithm);
		if (!r && ref->scope != EXH_SCOPE_MEDIA)
			r = exh_digests_add(ctx, files, ref->algorithm);
	}
	for (size_t i = 0; i < refs->nr && !r; i++)
		if (refs->list[i].source == EXH_FROM_CASE && !shares_algorithm(refs, media))
			r = exh_digests_add(ctx, media, refs->list[i].algorithm);
	return r;
}

/* How one reference came out. */
struct outcome {
	bool compared, equal;
	enum exh_reference_scope scope; /* of what it equals, or was compared with */
	bool whole_sectors;		/* it equals the digest of the whole sectors */
	bool not_asked_for;		/* nothing is lost, its algorithm was not wanted */
};

static bool equals(const json_t *digests, const struct exh_reference *ref)
{
	const char *value = exh_json_str(digests, ref->algorithm);

	return value && !strcmp(value, ref->value);
}

static struct outcome compare(const struct exh_reference *ref, const struct exh_results *results)
{
	const json_t *file = json_array_get(results->files, ref->file);
	bool media_known = exh_json_str(results->media, ref->algorithm) != NULL;
	bool file_known = exh_json_str(file, ref->algorithm) != NULL;
	struct outcome o = {.scope = ref->scope};

	o.whole_sectors = equals(results->whole_sectors, ref);
	if (ref->scope == EXH_SCOPE_MEDIA) {
		o.compared = media_known;
		o.equal = equals(results->media, ref) ||
			  (media_known && o.whole_sectors && ref->source == EXH_FROM_STORED);
	} else if (ref->scope == EXH_SCOPE_CONTAINER) {
		o.compared = file_known;
		o.equal = equals(file, ref);
	} else if (equals(results->media, ref)) {
		o = (struct outcome){.compared = true, .equal = true, .scope = EXH_SCOPE_MEDIA};
	} else if (equals(file, ref)) {
		o = (struct outcome){.compared = true, .equal = true, .scope = EXH_SCOPE_CONTAINER};
	} else {
		o.compared = media_known && file_known;
	}
	o.not_asked_for = !o.compared && results->media && ref->source == EXH_FROM_CASE;
	return o;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool has_external(const struct exh_references *refs)
{
	for (size_t i = 0; i < refs->nr; i++)
		if (refs->list[i].source != EXH_FROM_STORED)
			return true;
	return false;
}

/* The stored value was made of other bytes than the whole sectors, or of these only: say which. */
static void note_scope(FILE *f, const struct outcome *o, const struct exh_results *results)
{
	unsigned long long whole = results->whole_size, all = results->media_size;

	if (!whole || !o->compared)
		return;
	if (o->whole_sectors)
		fprintf(f,
			"; it covers the first %llu bytes, the whole sectors, of the %llu that the "
			"container holds",
			whole, all);
	else if (o->equal)
		fprintf(f,
			"; it covers all %llu bytes of the container, the volume section counts "
			"%llu in whole sectors",
			all, whole);
}

static void write_note(FILE *f, const struct exh_references *refs, const struct exh_reference *ref,
		       const struct outcome *o, const struct exh_results *results,
		       const struct exh_image *image)
{
	if (ref->source == EXH_FROM_STORED) {
		fputs("kept inside the container, where whoever can change the media can change it "
		      "too",
		      f);
		if (has_external(refs))
			fputs("; references from outside outrank it", f);
	} else if (ref->source == EXH_FROM_SIDECAR) {
		fprintf(f, "line %u of %s", ref->line, last_part(ref->path));
	} else {
		fputs(ref->source == EXH_FROM_CASE ? "an earlier verify in this case"
						   : "given by the operator",
		      f);
	}
	if (o->scope == EXH_SCOPE_CONTAINER && ref->file < image->nr_files)
		fprintf(f, "; of the container file %s, not of the media",
			last_part(image->files[ref->file].path));
	else if (o->scope == EXH_SCOPE_EITHER && o->compared)
		fputs("; neither the media nor the container file has this digest", f);
	note_scope(f, o, results);
	if (!o->compared)
		fputs(o->not_asked_for ? "; not compared: this algorithm was not asked for"
				       : "; not compared: bytes are lost",
		      f);
}

static json_t *note_of(const struct exh_references *refs, const struct exh_reference *ref,
		       const struct outcome *o, const struct exh_results *results,
		       const struct exh_image *image)
{
	_cleanup_free_ char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		return NULL;
	write_note(f, refs, ref, o, results, image);
	fclose(f);
	return exh_json_text(text, n);
}

static void add_problems(const struct exh_reference *ref, const struct outcome *o,
			 const struct exh_results *results, json_t *facts)
{
	if (ref->source == EXH_FROM_STORED && o->compared && results->whole_size &&
	    (o->equal || o->whole_sectors))
		exh_problems_add(
			facts,
			exh_problem(EXH_P_STORED_HASH_SCOPE,
				    "the stored %s is that of %llu bytes; the container holds "
				    "%llu, of which %llu are in whole sectors",
				    ref->algorithm,
				    (unsigned long long)(o->whole_sectors ? results->whole_size
									  : results->media_size),
				    (unsigned long long)results->media_size,
				    (unsigned long long)results->whole_size));
	if (ref->source == EXH_FROM_SIDECAR && o->scope == EXH_SCOPE_CONTAINER)
		exh_problems_add(
			facts,
			exh_problem(EXH_P_SIDECAR_OF_CONTAINER,
				    "%s: its %s is that of a container file, not of the media",
				    ref->path, ref->algorithm));
}

static json_t *path_text(const char *path)
{
	return exh_json_text(path, strlen(path));
}

static json_t *row_of(const struct exh_reference *ref, const struct outcome *o,
		      const struct exh_image *image, json_t *note)
{
	json_t *row = json_pack("{s:s, s:s, s:s, s:o*}", "source", source_names[ref->source],
				"algorithm", ref->algorithm, "value", ref->value, "note", note);

	if (o->compared)
		json_object_set_new(row, "verdict", json_string(o->equal ? "match" : "mismatch"));
	if (o->scope != EXH_SCOPE_EITHER)
		json_object_set_new(
			row, "scope",
			json_string(o->scope == EXH_SCOPE_MEDIA ? "media" : "container"));
	if (o->scope == EXH_SCOPE_CONTAINER && ref->file < image->nr_files)
		json_object_set_new(row, "file", path_text(image->files[ref->file].path));
	if (ref->path)
		json_object_set_new(row, "path", path_text(ref->path));
	return row;
}

size_t exh_references_judge(const struct exh_references *refs, const struct exh_results *results,
			    const struct exh_image *image, json_t *facts, size_t *compared)
{
	json_t *rows = json_array();
	size_t differing = 0;

	*compared = 0;
	for (size_t i = 0; i < refs->nr; i++) {
		const struct exh_reference *ref = &refs->list[i];
		struct outcome o = compare(ref, results);

		*compared += o.compared;
		differing += o.compared && !o.equal;
		add_problems(ref, &o, results, facts);
		json_array_append_new(
			rows, row_of(ref, &o, image, note_of(refs, ref, &o, results, image)));
	}
	json_object_set_new(facts, "references", rows);
	return differing;
}

const char *exh_verdict(size_t compared, size_t differing, bool unsure)
{
	if (differing)
		return "mismatch";
	if (unsure)
		return "undecided";
	return compared ? "match" : "no-reference";
}
