// SPDX-License-Identifier: Apache-2.0
/*
 * The facts as CASE/UCO 1.4 (JSON-LD): who did what with which tool to which files, when, and what
 * came of it. Only classes of the released ontology; the identifiers are made of the case and the
 * thing (UUID version 5), so that the same record gives the same document.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/text.h"
#include "html.h"
#include "chapters.h"
#include "model.h"
#include "report.h"

/* RFC 4122, 4.3: the name space of ours, itself random. */
static const unsigned char name_space[16] = {0x6b, 0x1f, 0x0d, 0x52, 0x9c, 0x3e, 0x4a, 0x77,
					     0x8e, 0x21, 0x5d, 0x90, 0xc4, 0x3a, 0x7e, 0x16};

struct graph {
	struct exh_html view; /* only for its model */
	json_t *nodes;
	const char *case_id;
	const char *root; /* exhibit number of the image */
	json_t *image, *tool, *person;
};

static void identifier(const struct graph *g, const char *class, const char *what, size_t n,
		       char out[128])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	_cleanup_free_ char *name = NULL;
	char hex[33];
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	if (asprintf(&name, "%s/%s/%s/%zu", g->case_id, class, what, n) < 0)
		name = NULL;
	memset(digest, 0, sizeof(digest));
	if (md && name && EVP_DigestInit_ex(md, EVP_sha1(), NULL) &&
	    EVP_DigestUpdate(md, name_space, sizeof(name_space)) &&
	    EVP_DigestUpdate(md, name, strlen(name)))
		EVP_DigestFinal_ex(md, digest, NULL);
	EVP_MD_CTX_free(md);
	digest[6] = (unsigned char)((digest[6] & 0x0f) | 0x50);
	digest[8] = (unsigned char)((digest[8] & 0x3f) | 0x80);
	exh_hex(digest, 16, hex);
	snprintf(out, 128, "kb:%s-%.8s-%.4s-%.4s-%.4s-%.12s", class, hex, hex + 8, hex + 12,
		 hex + 16, hex + 20);
}

/* A node of the graph; class is its type without the prefix, for the identifier. */
static json_t *node(struct graph *g, const char *type, const char *what, size_t n)
{
	const char *colon = strchr(type, ':');
	json_t *object;
	char id[128];

	identifier(g, colon ? colon + 1 : type, what, n, id);
	object = json_pack("{s:s, s:s}", "@id", id, "@type", type);
	json_array_append_new(g->nodes, object);
	return object;
}

static json_t *ref(const json_t *object)
{
	return json_pack("{s:O}", "@id", json_object_get(object, "@id"));
}

static void set_text(json_t *object, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(object, key, json_string(text));
}

static json_t *typed(const char *type, const char *value)
{
	return json_pack("{s:s, s:s}", "@type", type, "@value", value);
}

static void set_time(json_t *object, const char *key, const char *time)
{
	if (time && exh_is_time(time))
		json_object_set_new(object, key, typed("xsd:dateTime", time));
}

static void set_integer(json_t *object, const char *key, const json_t *from, const char *member)
{
	if (json_is_integer(json_object_get(from, member)))
		json_object_set_new(
			object, key,
			typed("xsd:integer", exh_plain(exh_json_u64(from, member, 0)).text));
}

/* One value, or a list of them. */
static void append(json_t *object, const char *key, json_t *value)
{
	json_t *list = json_object_get(object, key);

	if (!list) {
		list = json_array();
		json_object_set_new(object, key, list);
	}
	json_array_append_new(list, value);
}

static json_t *facet(json_t *object, const char *type)
{
	json_t *f = json_object();
	char id[160];

	snprintf(id, sizeof(id), "%.100s-%s", json_string_value(json_object_get(object, "@id")),
		 strchr(type, ':') + 1);
	json_object_set_new(f, "@id", json_string(id));
	json_object_set_new(f, "@type", json_string(type));
	append(object, "uco-core:hasFacet", f);
	return json_array_get(json_object_get(object, "uco-core:hasFacet"),
			      json_array_size(json_object_get(object, "uco-core:hasFacet")) - 1);
}

static void add_hash(json_t *content, const char *method, const char *hex)
{
	char id[224];

	if (!hex || strlen(hex) % 2 || hex[strspn(hex, "0123456789abcdefABCDEF")])
		return;
	snprintf(id, sizeof(id), "%.160s-%s", json_string_value(json_object_get(content, "@id")),
		 method);
	append(content, "uco-observable:hash",
	       json_pack("{s:s, s:s, s:s, s:o}", "@id", id, "@type", "uco-types:Hash",
			 "uco-types:hashMethod", method, "uco-types:hashValue",
			 typed("xsd:hexBinary", hex)));
}

static void add_hashes(json_t *content, const json_t *digests)
{
	static const char *const methods[][2] = {{"md5", "MD5"},       {"sha1", "SHA1"},
						 {"sha224", "SHA224"}, {"sha256", "SHA256"},
						 {"sha384", "SHA384"}, {"sha512", "SHA512"}};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		add_hash(content, methods[i][1], exh_json_str(digests, methods[i][0]));
}

/* Two files may bear one name: what and n tell them apart. */
static json_t *file_node(struct graph *g, const char *what, size_t n, const json_t *size_of,
			 const char *member, const char *sha256)
{
	json_t *file = node(g, "uco-observable:File", what, n), *f;
	const char *path = exh_json_str(size_of, "path");

	f = facet(file, "uco-observable:FileFacet");
	set_text(f, "uco-observable:fileName", exh_file_name(path));
	set_text(f, "uco-observable:filePath", path);
	set_integer(f, "uco-observable:sizeInBytes", size_of, member);
	f = facet(file, "uco-observable:ContentDataFacet");
	set_integer(f, "uco-observable:sizeInBytes", size_of, member);
	add_hash(f, "SHA256", sha256);
	return file;
}

static void contained(struct graph *g, const json_t *inner, const json_t *outer, size_t n)
{
	json_t *r = node(g, "uco-observable:ObservableRelationship", exh_json_str(inner, "@id"), n);

	json_object_set_new(r, "uco-core:source", ref(inner));
	json_object_set_new(r, "uco-core:target", ref(outer));
	json_object_set_new(r, "uco-core:kindOfRelationship", json_string("Contained_Within"));
	json_object_set_new(r, "uco-core:isDirectional", json_true());
}

/* Takes the number over. */
static void provenance(struct graph *g, const json_t *of, json_t *number)
{
	json_t *p = node(g, "case-investigation:ProvenanceRecord", exh_json_str(of, "@id"), 0);

	json_object_set_new(p, "case-investigation:exhibitNumber", number);
	set_text(p, "case-investigation:rootExhibitNumber", g->root);
	json_object_set_new(p, "uco-core:object", ref(of));
}

static json_t *image_node(struct graph *g, const char *what, const json_t *digests)
{
	const json_t *facts = exh_image(&g->view);
	json_t *image = node(g, "uco-observable:Image", what, 0), *f;

	set_text(image, "uco-core:name", exh_file_name(exh_json_str(facts, "path")));
	f = facet(image, "uco-observable:ImageFacet");
	set_text(f, "uco-observable:imageType", exh_json_str(facts, "format"));
	f = facet(image, "uco-observable:ContentDataFacet");
	set_integer(f, "uco-observable:sizeInBytes", facts, "media_size");
	add_hashes(f, digests);
	return image;
}

static const json_t *digests_of(const struct graph *g, const char *reading)
{
	const json_t *r = exh_object(exh_examination(&g->view), reading);

	return exh_json_str(r, "fill") ? NULL : exh_object(r, "digests");
}

static void add_image(struct graph *g)
{
	const json_t *row;
	size_t i;

	g->image = image_node(g, "media", digests_of(g, "before"));
	provenance(g, g->image, json_string(g->root));
	json_array_foreach (exh_list(g->view.model, "container"), i, row) {
		json_t *file =
			file_node(g, "container", i, row, "size", exh_json_str(row, "before"));

		provenance(g, file, json_sprintf("%s-F%zu", g->root, i + 1));
		contained(g, g->image, file, i);
	}
}

static void add_partition(struct graph *g, const json_t *facts, size_t i)
{
	json_t *p = node(g, "uco-observable:DiskPartition", "partition", i), *f;
	const json_t *contents = exh_object(facts, "contents");
	const char *kind = exh_json_str(contents, "kind"), *type = exh_json_str(facts, "type");

	set_text(p, "uco-core:name", exh_json_str(facts, "name"));
	set_text(p, "uco-core:description", exh_json_str(facts, "scheme"));
	f = facet(p, "uco-observable:DiskPartitionFacet");
	set_text(f, "uco-observable:partitionID", exh_plain(exh_json_u64(facts, "number", 0)).text);
	set_integer(f, "uco-observable:partitionOffset", facts, "start");
	set_integer(f, "uco-observable:partitionLength", facts, "length");
	set_text(f, "uco-observable:diskPartitionType",
		 type ? type : exh_json_str(facts, "type_id"));
	if (kind && !strcmp(kind, "filesystem")) {
		f = facet(p, "uco-observable:FileSystemFacet");
		set_text(f, "uco-observable:fileSystemType", exh_json_str(contents, "type"));
	}
	contained(g, p, g->image, i);
	provenance(
		g, p,
		json_sprintf("%s-P%s", g->root, exh_plain(exh_json_u64(facts, "number", 0)).text));
}

static void add_people(struct graph *g)
{
	const char *examiner = exh_supplied(&g->view, "examiner");
	const char *organisation = exh_supplied(&g->view, "organisation");
	const json_t *tools = exh_object(exh_examination(&g->view), "tools");
	const char *sha256 = exh_json_str(tools, "binary_sha256");

	if (examiner) {
		g->person = node(g, "uco-identity:Person", "examiner", 0);
		set_text(g->person, "uco-core:name", examiner);
	}
	if (organisation)
		set_text(node(g, "uco-identity:Organization", "organisation", 0), "uco-core:name",
			 organisation);
	g->tool = node(g, "uco-tool:Tool", "exhibit", 0);
	set_text(g->tool, "uco-core:name", "exhibit");
	set_text(g->tool, "uco-tool:toolType", "forensic examination");
	set_text(g->tool, "uco-tool:version",
		 exh_json_str(exh_object(g->view.model, "made"), "version"));
	if (sha256)
		json_object_set_new(g->tool, "uco-core:description",
				    json_sprintf("SHA-256 of the program: %s", sha256));
}

/* What a step gave beside its facts. */
static void add_results(struct graph *g, json_t *action, const char *step)
{
	const json_t *before = digests_of(g, "before"), *after = digests_of(g, "after");

	if (!strcmp(step, "scan"))
		for (size_t i = 0;
		     i < json_array_size(exh_list(exh_object(exh_examination(&g->view), "scan"),
						  "partitions"));
		     i++) {
			char id[128];

			identifier(g, "DiskPartition", "partition", i, id);
			append(action, "uco-action:result", json_pack("{s:s}", "@id", id));
		}
	if (!strcmp(step, "verify-after") && before && after && !json_equal(before, after))
		append(action, "uco-action:result", ref(image_node(g, "media after", after)));
}

static json_t *add_action(struct graph *g, const json_t *step, size_t i, const json_t *previous)
{
	json_t *action = node(g, "case-investigation:InvestigativeAction", "step", i);
	const char *name = exh_json_str(step, "step");

	set_text(action, "uco-core:name", name);
	set_time(action, "uco-action:startTime", exh_json_str(step, "begun"));
	set_time(action, "uco-action:endTime", exh_json_str(step, "time"));
	if (g->person)
		json_object_set_new(action, "uco-action:performer", ref(g->person));
	append(action, "uco-action:instrument", ref(g->tool));
	if (g->image)
		append(action, "uco-action:object", ref(g->image));
	append(action, "uco-action:result",
	       ref(file_node(g, "facts", i, step, "bytes", exh_json_str(step, "sha256"))));
	add_results(g, action, name ? name : "");
	if (previous)
		json_object_set_new(action, "case-investigation:wasInformedBy", ref(previous));
	return action;
}

static void add_transfer(struct graph *g, const json_t *entry, size_t i)
{
	json_t *action = node(g, "case-investigation:InvestigativeAction", "transfer", i);
	const char *from = exh_json_str(entry, "released_by"),
		   *to = exh_json_str(entry, "received_by");
	json_t *person;

	set_text(action, "uco-core:name", "transfer");
	set_time(action, "uco-action:endTime", exh_json_str(entry, "time"));
	if (from || to)
		json_object_set_new(action, "uco-core:description",
				    json_sprintf("released by %s, received by %s",
						 from ? from : "(not supplied)",
						 to ? to : "(not supplied)"));
	if (to) {
		person = node(g, "uco-identity:Person", "received by", i);
		set_text(person, "uco-core:name", to);
		json_object_set_new(action, "uco-action:performer", ref(person));
	}
	if (g->image)
		append(action, "uco-action:object", ref(g->image));
}

static void add_actions(struct graph *g)
{
	const json_t *previous = NULL, *item;
	size_t i;

	json_array_foreach (exh_list(g->view.model, "steps"), i, item)
		previous = add_action(g, item, i, previous);
	json_array_foreach (exh_list(g->view.model, "custody"), i, item)
		if (exh_json_str(item, "event") && !strcmp(exh_json_str(item, "event"), "transfer"))
			add_transfer(g, item, i);
	json_array_foreach (exh_list(g->view.model, "results"), i, item)
		file_node(g, "result", i, item, "bytes", exh_json_str(item, "sha256"));
}

static void add_investigation(struct graph *g)
{
	json_t *investigation = node(g, "case-investigation:Investigation", "case", 0);
	const char *authority = exh_supplied(&g->view, "authority");
	json_t *authorization;
	size_t i;

	set_text(investigation, "uco-core:name", exh_supplied(&g->view, "case_number"));
	set_text(investigation, "case-investigation:focus", exh_supplied(&g->view, "purpose"));
	set_time(investigation, "uco-core:startTime",
		 exh_json_str(exh_object(g->view.model, "case"), "created"));
	if (authority) {
		authorization = node(g, "case-investigation:Authorization", "authority", 0);
		set_text(authorization, "case-investigation:authorizationType", authority);
		set_text(authorization, "case-investigation:authorizationIdentifier",
			 exh_supplied(&g->view, "authority_reference"));
		json_object_set_new(investigation, "case-investigation:relevantAuthorization",
				    ref(authorization));
	}
	for (i = 0; i < json_array_size(g->nodes); i++)
		if (json_array_get(g->nodes, i) != investigation)
			append(investigation, "uco-core:object", ref(json_array_get(g->nodes, i)));
}

static json_t *context(void)
{
	static const char *const prefixes[][2] = {
		{"kb", "http://example.org/kb/"},
		{"case-investigation", "https://ontology.caseontology.org/case/investigation/"},
		{"uco-action", "https://ontology.unifiedcyberontology.org/uco/action/"},
		{"uco-core", "https://ontology.unifiedcyberontology.org/uco/core/"},
		{"uco-identity", "https://ontology.unifiedcyberontology.org/uco/identity/"},
		{"uco-observable", "https://ontology.unifiedcyberontology.org/uco/observable/"},
		{"uco-tool", "https://ontology.unifiedcyberontology.org/uco/tool/"},
		{"uco-types", "https://ontology.unifiedcyberontology.org/uco/types/"},
		{"xsd", "http://www.w3.org/2001/XMLSchema#"},
	};
	json_t *object = json_object();

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		json_object_set_new(object, prefixes[i][0], json_string(prefixes[i][1]));
	return object;
}

int exh_render_case(struct exh_ctx *ctx, const json_t *model, const json_t *annexes,
		    char **text_ret, size_t *n_ret)
{
	struct graph g = {.view = {.model = model}, .nodes = json_array()};
	_cleanup_json_ json_t *document =
		json_pack("{s:o, s:o}", "@context", context(), "@graph", g.nodes);
	const char *number = exh_supplied(&g.view, "exhibit_number");
	const json_t *partition;
	size_t i;

	if (!document)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	g.case_id = exh_json_str(exh_object(model, "case"), "case");
	g.case_id = g.case_id ? g.case_id : "";
	g.root = number ? number : "1";
	add_people(&g);
	if (exh_image(&g.view))
		add_image(&g);
	json_array_foreach (exh_list(exh_object(exh_examination(&g.view), "scan"), "partitions"), i,
			    partition)
		if (g.image)
			add_partition(&g, partition, i);
	add_actions(&g);
	add_investigation(&g);
	return exh_render_json(ctx, document, annexes, text_ret, n_ret);
}
