// SPDX-License-Identifier: Apache-2.0
#include "mbr.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/cleanup.h"
#include "base/problem.h"

#define SECTOR	      512
#define TABLE	      446
#define ENTRY	      16
#define NR_SLOTS      4
#define FIRST_LOGICAL 5
#define MAX_PENDING   64

/* One entry as it lies on disk, in sectors. */
struct slot {
	uint8_t status, type;
	uint32_t start, count;
};

struct chain {
	uint64_t start, length; /* the container, in bytes */
	uint64_t *visited;
	unsigned nr_visited;
	uint64_t pending[MAX_PENDING]; /* further links of records that have several */
	unsigned nr_pending;
	unsigned next_number;
};

bool exh_mbr_is_extended(uint8_t type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

void exh_mbr_clear(struct exh_mbr *mbr)
{
	free(mbr->entries);
	free(mbr->tables);
	json_decref(mbr->problems);
	memset(mbr, 0, sizeof(*mbr));
}

static bool has_signature(const uint8_t *sector)
{
	return sector[510] == 0x55 && sector[511] == 0xaa;
}

static void get_slot(const uint8_t *sector, unsigned i, struct slot *slot)
{
	const uint8_t *p = sector + TABLE + i * ENTRY;

	slot->status = p[0];
	slot->type = p[4];
	slot->start = exh_le32(p + 8);
	slot->count = exh_le32(p + 12);
}

static bool is_used(const struct slot *slot)
{
	return slot->type && slot->count;
}

static bool is_power_of_two(unsigned n)
{
	return n && !(n & (n - 1));
}

/* BIOS parameter block of FAT: ECMA-107, 8.2 (FDC descriptor). */
static bool is_fat_parameter_block(const uint8_t *sector)
{
	unsigned bytes = exh_le16(sector + 11), cluster = sector[13], media = sector[21];

	return is_power_of_two(bytes) && bytes >= 512 && bytes <= 4096 &&
	       is_power_of_two(cluster) && exh_le16(sector + 14) && sector[16] >= 1 &&
	       sector[16] <= 4 && (media == 0xf0 || media >= 0xf8);
}

static const char *boot_sector_of(const uint8_t *sector)
{
	bool jumps = sector[0] == 0xe9 || (sector[0] == 0xeb && sector[2] == 0x90);

	if (!jumps)
		return NULL;
	if (!memcmp(sector + 3, "NTFS    ", 8))
		return "ntfs";
	if (!memcmp(sector + 3, "EXFAT   ", 8))
		return "exfat";
	if (!memcmp(sector + 3, "-FVE-FS-", 8))
		return "BitLocker";
	return is_fat_parameter_block(sector) ? "fat" : NULL;
}

static bool has_odd_status(const struct slot *slot)
{
	return slot->status & 0x7f;
}

/* Entries that a partitioning tool could have written: known status bytes, and at least one in use
 * that begins behind the table. */
static bool is_plausible(const uint8_t *sector, bool must_be_used)
{
	bool used = false;

	for (unsigned i = 0; i < NR_SLOTS; i++) {
		struct slot slot;

		get_slot(sector, i, &slot);
		if (has_odd_status(&slot))
			return false;
		used |= is_used(&slot) && slot.start;
	}
	return used || !must_be_used;
}

static bool overlap(const struct slot *a, const struct slot *b)
{
	return (uint64_t)a->start + a->count > b->start && (uint64_t)b->start + b->count > a->start;
}

/* Entries in use that fit onto the disk and beside each other: with them a table whose status bytes
 * make no sense is still one, which boot code or text that ends in 55 AA is not. */
static bool entries_fit(const uint8_t *sector, uint64_t sectors)
{
	struct slot slots[NR_SLOTS];
	unsigned used = 0;

	for (unsigned i = 0; i < NR_SLOTS; i++) {
		get_slot(sector, i, &slots[used]);
		if (!is_used(&slots[used]))
			continue;
		if (!slots[used].start || (uint64_t)slots[used].start + slots[used].count > sectors)
			return false;
		for (unsigned k = 0; k < used; k++)
			if (overlap(&slots[k], &slots[used]))
				return false;
		used++;
	}
	return used;
}

/* The dummy in FreeBSD's boot1 (stand/i386/boot2/boot1.S, part4): 50000 sectors from sector 0,
 * whatever the disk. */
static bool is_fictitious(const struct slot *slot)
{
	return slot->type == EXH_MBR_FREEBSD && !slot->start && slot->count == 50000;
}

static enum exh_mbr_kind kind_of(const uint8_t *sector, uint64_t sectors, const char **boot_sector)
{
	unsigned used = 0;
	bool fictitious = false;

	if (!has_signature(sector))
		return EXH_MBR_ABSENT;
	*boot_sector = boot_sector_of(sector);
	if (!is_plausible(sector, *boot_sector != NULL)) {
		if (*boot_sector)
			return EXH_MBR_BOOT_SECTOR;
		return entries_fit(sector, sectors) ? EXH_MBR_TABLE : EXH_MBR_ABSENT;
	}
	for (unsigned i = 0; i < NR_SLOTS; i++) {
		struct slot slot;

		get_slot(sector, i, &slot);
		used += is_used(&slot);
		fictitious |= is_fictitious(&slot);
	}
	return fictitious && used == 1 ? EXH_MBR_FICTITIOUS : EXH_MBR_TABLE;
}

static int add_entry(const struct exh_reader *r, struct exh_mbr *mbr, const struct exh_mbr_entry *e)
{
	if (mbr->nr_entries == mbr->size) {
		size_t size = mbr->size ? mbr->size * 2 : 16;
		struct exh_mbr_entry *grown = realloc(mbr->entries, size * sizeof(*grown));

		if (!grown)
			return exh_fail(r->ctx, EXH_E_NOMEM, "out of memory");
		mbr->entries = grown;
		mbr->size = size;
	}
	mbr->entries[mbr->nr_entries++] = *e;
	mbr->nr_data += e->role == EXH_MBR_DATA;
	return 0;
}

static enum exh_mbr_role role_of(const struct slot *slot)
{
	if (!slot->type)
		return EXH_MBR_UNUSED;
	if (!slot->count)
		return EXH_MBR_BROKEN;
	if (exh_mbr_is_extended(slot->type))
		return EXH_MBR_EXTENDED;
	if (slot->type == EXH_MBR_PROTECTIVE)
		return EXH_MBR_PROTECTS;
	return is_fictitious(slot) ? EXH_MBR_DUMMY : EXH_MBR_DATA;
}

/* 32-bit sector numbers times at most 4096 fit into 64 bits with room to spare. */
static struct exh_mbr_entry entry_of(const struct exh_mbr *mbr, const struct slot *slot,
				     uint64_t base, unsigned number)
{
	return (struct exh_mbr_entry){
		.start = base + (uint64_t)slot->start * mbr->sector_size,
		.length = (uint64_t)slot->count * mbr->sector_size,
		.number = number,
		.type = slot->type,
		.bootable = slot->status == 0x80,
		.role = role_of(slot),
	};
}

static void problem(struct exh_mbr *mbr, json_t *p)
{
	json_array_append_new(mbr->problems, p);
}

static bool may_follow(struct exh_mbr *mbr, struct chain *chain, uint64_t at)
{
	if (at < chain->start || at - chain->start >= chain->length) {
		problem(mbr,
			exh_problem_at(
				EXH_P_CHAIN_OUTSIDE, at, SECTOR,
				"the chain of extended partitions goes on at %llu, outside its "
				"container of %llu bytes at %llu; it was cut there",
				(unsigned long long)at, (unsigned long long)chain->length,
				(unsigned long long)chain->start));
		return false;
	}
	for (unsigned i = 0; i < chain->nr_visited; i++) {
		if (chain->visited[i] != at)
			continue;
		problem(mbr, exh_problem_at(
				     EXH_P_CHAIN_LOOP, at, SECTOR,
				     "the chain of extended partitions comes back to %llu after %u "
				     "links; it was cut there",
				     (unsigned long long)at, chain->nr_visited));
		return false;
	}
	if (chain->nr_visited == EXH_MBR_CHAIN_LIMIT) {
		problem(mbr,
			exh_problem_at(
				EXH_P_CHAIN_TOO_LONG, at, SECTOR,
				"the chain of extended partitions has more than %d links; it was "
				"cut at %llu",
				EXH_MBR_CHAIN_LIMIT, (unsigned long long)at));
		mbr->chain_cut = true;
		return false;
	}
	return true;
}

static bool read_link(const struct exh_reader *r, struct exh_mbr *mbr, uint64_t at, uint8_t *sector)
{
	if (!exh_range_inside(at, SECTOR, r->source->size)) {
		problem(mbr,
			exh_problem_at(
				EXH_P_CHAIN_UNREADABLE, at, mbr->sector_size,
				"the extended partition table at %llu lies behind the end of the "
				"image: logical partitions may be missing",
				(unsigned long long)at));
		return false;
	}
	if (exh_reader_read(r, sector, SECTOR, at) < 0) {
		problem(mbr, exh_problem_at(
				     EXH_P_CHAIN_UNREADABLE, at, mbr->sector_size,
				     "the extended partition table at %llu cannot be read, logical "
				     "partitions may be missing: %s",
				     (unsigned long long)at, r->ctx->text));
		return false;
	}
	if (!has_signature(sector) || !is_plausible(sector, false)) {
		mbr->bad_links++;
		problem(mbr,
			exh_problem_at(
				EXH_P_CHAIN_DAMAGED, at, mbr->sector_size,
				"the extended partition at %llu does not begin with a partition "
				"table: logical partitions may be missing",
				(unsigned long long)at));
		return false;
	}
	mbr->tables[mbr->links++] = at;
	return true;
}

static void take_next(struct exh_mbr *mbr, struct chain *chain, uint64_t at, unsigned slot,
		      uint64_t next_at, uint64_t *next)
{
	if (!*next) {
		*next = next_at;
		return;
	}
	if (next_at < chain->start || next_at - chain->start >= chain->length ||
	    chain->nr_pending == MAX_PENDING)
		return;
	chain->pending[chain->nr_pending++] = next_at;
	problem(mbr, exh_problem_at(EXH_P_CHAIN_BRANCHES, at, SECTOR,
				    "the extended partition table at %llu has a further link in "
				    "slot %u, to %llu, which is followed here and which most "
				    "systems ignore",
				    (unsigned long long)at, slot + 1, (unsigned long long)next_at));
}

/* Slots 3 and 4 of an extended boot record often hold rubbish: an entry there counts only inside
 * the container, as for the kernel. */
static bool is_data(const struct exh_mbr_entry *e, const struct chain *chain, unsigned slot)
{
	if (slot < 2)
		return true;
	return e->start >= chain->start &&
	       exh_range_inside(e->start - chain->start, e->length, chain->length);
}

/* Takes the data entries of one record; returns where the next one is, or 0. */
static int take_link(const struct exh_reader *r, struct exh_mbr *mbr, struct chain *chain,
		     const uint8_t *sector, uint64_t at, uint64_t *next)
{
	*next = 0;
	for (unsigned i = 0; i < NR_SLOTS; i++) {
		struct exh_mbr_entry e;
		struct slot slot;
		int ret;

		get_slot(sector, i, &slot);
		if (!is_used(&slot))
			continue;
		if (exh_mbr_is_extended(slot.type)) {
			take_next(mbr, chain, at, i,
				  chain->start + (uint64_t)slot.start * mbr->sector_size, next);
			continue;
		}
		e = entry_of(mbr, &slot, at, chain->next_number);
		e.role = EXH_MBR_DATA;
		if (!is_data(&e, chain, i))
			continue;
		if (e.start < chain->start ||
		    !exh_range_inside(e.start - chain->start, e.length, chain->length))
			problem(mbr,
				exh_problem_at(
					EXH_P_CHAIN_OUTSIDE, e.start, e.length,
					"logical partition %u is not inside its extended partition",
					e.number));
		ret = add_entry(r, mbr, &e);
		if (ret < 0)
			return ret;
		chain->next_number++;
	}
	return 0;
}

static int follow_chain(const struct exh_reader *r, struct exh_mbr *mbr, struct chain *chain)
{
	uint64_t at = chain->start;
	uint8_t sector[SECTOR];
	int ret = 0;

	for (;;) {
		uint64_t next = 0;

		if (may_follow(mbr, chain, at)) {
			chain->visited[chain->nr_visited++] = at;
			if (read_link(r, mbr, at, sector))
				ret = take_link(r, mbr, chain, sector, at, &next);
		}
		if (ret || mbr->chain_cut || (!next && !chain->nr_pending))
			return ret;
		at = next ? next : chain->pending[--chain->nr_pending];
	}
}

static int read_chains(const struct exh_reader *r, struct exh_mbr *mbr)
{
	_cleanup_free_ uint64_t *visited = calloc(EXH_MBR_CHAIN_LIMIT, sizeof(*visited));
	struct chain chain = {.visited = visited, .next_number = FIRST_LOGICAL};
	size_t nr_primary = mbr->nr_entries;

	mbr->tables = calloc(EXH_MBR_CHAIN_LIMIT, sizeof(*mbr->tables));
	if (!visited || !mbr->tables)
		return exh_fail(r->ctx, EXH_E_NOMEM, "out of memory");
	for (size_t i = 0; i < nr_primary; i++) {
		int ret;

		if (mbr->entries[i].role != EXH_MBR_EXTENDED)
			continue;
		chain.start = mbr->entries[i].start;
		chain.length = mbr->entries[i].length;
		ret = follow_chain(r, mbr, &chain);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static void tell_odd_entry(struct exh_mbr *mbr, const struct slot *slot,
			   const struct exh_mbr_entry *e)
{
	if (has_odd_status(slot))
		problem(mbr, exh_problem_at(EXH_P_ENTRY_STATUS, 0, SECTOR,
					    "slot %u of the MBR has the status 0x%02x, which is "
					    "neither 0x00 nor 0x80: some systems see no table here",
					    e->number, slot->status));
	if (e->role == EXH_MBR_UNUSED)
		problem(mbr, exh_problem_at(EXH_P_ENTRY_UNUSED, e->start, e->length,
					    "slot %u of the MBR is unused (type 0), and still "
					    "describes %llu bytes at %llu",
					    e->number, (unsigned long long)e->length,
					    (unsigned long long)e->start));
	if (e->role == EXH_MBR_BROKEN)
		problem(mbr, exh_problem_at(EXH_P_ENTRY_BROKEN, 0, SECTOR,
					    "slot %u of the MBR has the type 0x%02x and no length",
					    e->number, e->type));
}

static int read_primary(const struct exh_reader *r, struct exh_mbr *mbr, const uint8_t *sector)
{
	for (unsigned i = 0; i < NR_SLOTS; i++) {
		struct exh_mbr_entry e;
		struct slot slot;
		int ret;

		get_slot(sector, i, &slot);
		if (!slot.type && !(slot.count && slot.start))
			continue;
		e = entry_of(mbr, &slot, 0, i + 1);
		tell_odd_entry(mbr, &slot, &e);
		mbr->has_protective |= e.role == EXH_MBR_PROTECTS;
		ret = add_entry(r, mbr, &e);
		if (ret < 0)
			return ret;
	}
	return 0;
}

int exh_mbr_read(const struct exh_reader *r, uint32_t sector_size, struct exh_mbr *mbr)
{
	uint8_t sector[SECTOR];
	int ret;

	memset(mbr, 0, sizeof(*mbr));
	mbr->sector_size = sector_size;
	mbr->problems = json_array();
	if (r->source->size < SECTOR)
		return 1;
	ret = exh_reader_read(r, sector, SECTOR, 0);
	if (ret < 0)
		return ret;
	mbr->kind = kind_of(sector, r->source->size / sector_size, &mbr->boot_sector_of);
	if (mbr->kind != EXH_MBR_TABLE && mbr->kind != EXH_MBR_FICTITIOUS)
		return 1;
	mbr->signature = exh_le32(sector + 440);
	ret = read_primary(r, mbr, sector);
	if (ret || mbr->kind == EXH_MBR_FICTITIOUS)
		return ret ? ret : 1;
	return read_chains(r, mbr);
}
