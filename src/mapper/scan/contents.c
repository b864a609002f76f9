// SPDX-License-Identifier: Apache-2.0
#include "contents.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/text.h"

#define MAX_RESULTS 16

static const char *value_of(blkid_probe probe, const char *name, size_t *n)
{
	const char *value = NULL;

	if (blkid_probe_lookup_value(probe, name, &value, n) || !value)
		return NULL;
	while (*n && !value[*n - 1])
		(*n)--;
	return *n ? value : NULL;
}

static void set_value(json_t *contents, const char *key, blkid_probe probe, const char *name)
{
	size_t n = 0;
	const char *value = value_of(probe, name, &n);

	if (value)
		json_object_set_new(contents, key, exh_json_text(value, n));
}

/* libblkid calls all of FAT vfat and all of UFS ufs; the version tells them apart. */
static const char *type_name(const char *type, const char *version)
{
	static const struct {
		const char *type, *version, *name;
	} names[] = {
		{"vfat", "FAT12", "fat12"}, {"vfat", "FAT16", "fat16"}, {"vfat", "FAT32", "fat32"},
		{"ufs", "1", "ufs1"},	    {"ufs", "2", "ufs2"},
	};

	for (size_t i = 0; version && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(type, names[i].type) && !strcmp(version, names[i].version))
			return names[i].name;
	return type;
}

static const char *kind_name(const char *type, const char *usage)
{
	static const struct {
		const char *begins, *kind;
	} by_type[] = {
		{"LVM", "lvm"},		 {"swap", "swap"},
		{"swsuspend", "swap"},	 {"VMFS_volume", "container"},
		{"bcache", "container"}, {"zfs_member", "container"},
		{"drbd", "container"},
	};

	for (size_t i = 0; i < sizeof(by_type) / sizeof(by_type[0]); i++)
		if (!strncmp(type, by_type[i].begins, strlen(by_type[i].begins)))
			return by_type[i].kind;
	if (usage && !strcmp(usage, "filesystem"))
		return "filesystem";
	if (usage && !strcmp(usage, "crypto"))
		return "encryption";
	return usage && !strcmp(usage, "raid") ? "raid" : "container";
}

static json_t *one_result(blkid_probe probe)
{
	size_t n;
	const char *type = value_of(probe, "TYPE", &n), *usage = value_of(probe, "USAGE", &n);
	const char *version = value_of(probe, "VERSION", &n);
	const char *offset = value_of(probe, "SBMAGIC_OFFSET", &n);
	json_t *contents;

	if (!type)
		return NULL;
	contents = json_pack("{s:s, s:s}", "kind", kind_name(type, usage), "type",
			     type_name(type, version));
	set_value(contents, "label", probe, "LABEL");
	set_value(contents, "uuid", probe, "UUID");
	set_value(contents, "version", probe, "VERSION");
	if (offset)
		json_object_set_new(contents, "magic_offset",
				    json_integer(strtoll(offset, NULL, 10)));
	return contents;
}

static bool is_type(const json_t *contents, const char *type)
{
	const char *t = exh_json_str(contents, "type");

	return t && !strcmp(t, type);
}

/*
 * How strongly a result speaks for the place; the strongest leads. A BitLocker To Go volume is a
 * readable FAT on purpose; a LUKS header away from the start is a second copy, which other uses of
 * the place leave behind.
 */
static int weight(const json_t *contents)
{
	if (is_type(contents, "BitLocker"))
		return 3;
	if (is_type(contents, "crypto_LUKS"))
		return exh_json_u64(contents, "magic_offset", 0) ? 0 : 2;
	return is_type(contents, "minix") ? 0 : 1;
}

json_t *exh_contents_probe(blkid_probe probe)
{
	_cleanup_json_ json_t *results = json_array();
	size_t lead = 0, i;
	json_t *found, *also, *r;

	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE |
							 BLKID_SUBLKS_VERSION | BLKID_SUBLKS_LABEL |
							 BLKID_SUBLKS_UUID | BLKID_SUBLKS_MAGIC);
	while (json_array_size(results) < MAX_RESULTS && blkid_do_probe(probe) == 0) {
		r = one_result(probe);
		if (r)
			json_array_append_new(results, r);
	}
	if (!json_array_size(results))
		return NULL;
	json_array_foreach (results, i, r) {
		if (weight(r) > weight(json_array_get(results, lead)))
			lead = i;
	}
	found = json_copy(json_array_get(results, lead));
	also = json_array();
	json_array_foreach (results, i, r) {
		if (i != lead)
			json_array_append(also, r);
	}
	if (json_array_size(also))
		json_object_set(found, "also", also);
	json_decref(also);
	return found;
}

/* Chi-squared of 255 degrees of freedom is 255 and rarely more than 100 off; what is compressed is
 * mostly far above. */
bool exh_looks_random(const uint8_t *bytes, size_t n)
{
	uint64_t counts[256] = {0}, expected = n / 256, squares = 0;

	for (size_t i = 0; i < n; i++)
		counts[bytes[i]]++;
	for (size_t i = 0; i < 256; i++) {
		uint64_t off = counts[i] > expected ? counts[i] - expected : expected - counts[i];

		squares += off * off;
	}
	return expected >= 16 && squares / expected >= 150 && squares / expected <= 360;
}

/* LDM: PRIVHEAD in sector 6. Storage Spaces: at 4 KiB. bcachefs: its UUID, 24 bytes into the
 * superblock at 4 KiB. */
static const struct {
	size_t offset, n;
	const char *bytes, *kind, *type;
} signs[] = {
	{3072, 8, "PRIVHEAD", "container", "ldm"},
	{4096, 8, "SPACEDB ", "container", "storage_spaces"},
	{4096 + 24, 16, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81",
	 "filesystem", "bcachefs"},
};

/* The value of a key in the label of a volume group, an XML property list in its metadata. */
static json_t *core_storage_value(const uint8_t *bytes, size_t n, const char *key)
{
	const char *at = memmem(bytes, n, key, strlen(key)), *end;
	size_t left = at ? n - (size_t)((const uint8_t *)at - bytes) : 0;

	at = at ? memmem(at, left, "<string>", 8) : NULL;
	if (!at)
		return NULL;
	at += 8;
	left = n - (size_t)((const uint8_t *)at - bytes);
	end = memchr(at, '<', left);
	return end && end - at <= 255 ? exh_json_text(at, (size_t)(end - at)) : NULL;
}

/*
 * Apple's CoreStorage, as libfvde documents its volume header: version 1 at 8, "CS" at 88. The key
 * at 176 is there with and without FileVault; whether the volumes inside are encrypted stands in
 * metadata that it encrypts. Where the metadata are not there, it has the name that libblkid gives
 * to every header of this kind.
 */
static json_t *core_storage(const uint8_t *head, size_t n)
{
	json_t *contents, *group, *name;

	if (n < 512 || memcmp(head + 88, "CS", 2) || exh_le16(head + 8) != 1)
		return NULL;
	group = core_storage_value(head, n, "com.apple.corestorage.lvg.uuid</key>");
	if (!group)
		return json_pack("{s:s, s:s, s:s}", "kind", "encryption", "type", "cs_fvault2",
				 "description",
				 "CoreStorage (FileVault 2); its metadata cannot be read");
	contents = json_pack("{s:s, s:s, s:o, s:s}", "kind", "container", "type", "corestorage",
			     "uuid", group, "description",
			     "CoreStorage; its volumes may be encrypted (FileVault 2)");
	name = core_storage_value(head, n, "com.apple.corestorage.lvg.name</key>");
	if (name)
		json_object_set_new(contents, "label", name);
	return contents;
}

json_t *exh_contents_sign(const uint8_t *head, size_t n)
{
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (signs[i].offset + signs[i].n <= n &&
		    !memcmp(head + signs[i].offset, signs[i].bytes, signs[i].n))
			return json_pack("{s:s, s:s}", "kind", signs[i].kind, "type",
					 signs[i].type);
	return core_storage(head, n);
}
