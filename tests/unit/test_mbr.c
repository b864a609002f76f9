// SPDX-License-Identifier: Apache-2.0
/* The reader of MBR and extended chains, on tables made here: first those that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/problem.h"
#include "mapper/scan/sector_size.h"
#include "memory_source.h"

#define SECTOR	512
#define SECTORS 8192

struct disk {
	uint8_t *bytes;
	size_t size;
	struct memory_source media;
	struct exh_reader reader;
	struct exh_mbr mbr;
	json_t *never;
};

static int make_disk(void **state)
{
	struct disk *d = calloc(1, sizeof(*d));

	d->size = SECTORS * SECTOR;
	d->bytes = calloc(1, d->size);
	*state = d;
	return 0;
}

static int free_disk(void **state)
{
	struct disk *d = *state;

	exh_mbr_clear(&d->mbr);
	if (d->media.source)
		memory_source_close(&d->media);
	json_decref(d->never);
	free(d->bytes);
	free(d);
	return 0;
}

static void put32(uint8_t *p, uint32_t v)
{
	v = htole32(v);
	memcpy(p, &v, sizeof(v));
}

static void entry(struct disk *d, uint64_t table, unsigned slot, uint8_t type, uint32_t start,
		  uint32_t count)
{
	uint8_t *p = d->bytes + table + 446 + slot * 16;

	p[4] = type;
	put32(p + 8, start);
	put32(p + 12, count);
	d->bytes[table + 510] = 0x55;
	d->bytes[table + 511] = 0xaa;
}

static int read_mbr(struct disk *d, uint32_t sector_size)
{
	memory_source_add(&d->media, "disk", d->bytes, d->size);
	assert_int_equal(memory_source_open(&d->media, EXH_NAMED_SINGLE, NULL, false), 0);
	d->reader = (struct exh_reader){&d->media.ctx, d->media.source, d->never};
	return exh_mbr_read(&d->reader, sector_size, &d->mbr);
}

static bool has(const struct disk *d, enum exh_problem id)
{
	json_t *facts = json_pack("{s:O}", "problems", d->mbr.problems);
	bool found = exh_problems_has(facts, id);

	json_decref(facts);
	return found;
}

/* n links, two sectors each, in a container from sector 1 on; the last one goes on to sector last
 * of the container, if that is not 0. */
static void chain(struct disk *d, unsigned n, uint32_t last)
{
	entry(d, 0, 0, 0x05, 1, SECTORS - 1);
	for (unsigned i = 0; i < n; i++) {
		uint64_t table = (1 + 2ULL * i) * SECTOR;

		entry(d, table, 0, 0x83, 1, 1);
		if (i + 1 < n)
			entry(d, table, 1, 0x05, (i + 1) * 2, 2);
		else if (last)
			entry(d, table, 1, 0x05, last, 2);
	}
}

static void an_image_below_a_sector_has_no_table(void **state)
{
	struct disk *d = *state;

	d->size = 511;
	assert_int_equal(read_mbr(d, SECTOR), 1);
	assert_int_equal(d->mbr.kind, EXH_MBR_ABSENT);
}

static void without_a_signature_there_is_no_table(void **state)
{
	struct disk *d = *state;

	entry(d, 0, 0, 0x83, 1, 10);
	d->bytes[511] = 0;
	assert_int_equal(read_mbr(d, SECTOR), 1);
}

static void an_unknown_status_byte_is_told_where_all_else_fits(void **state)
{
	struct disk *d = *state;

	entry(d, 0, 0, 0x83, 64, 128);
	d->bytes[446] = 0x17;
	assert_int_equal(read_mbr(d, 512), 0);
	assert_int_equal(d->mbr.nr_entries, 1);
	assert_true(has(d, EXH_P_ENTRY_STATUS));
}

static void an_unknown_status_byte_makes_it_no_table_where_something_does_not(void **state)
{
	struct disk *d = *state;

	entry(d, 0, 0, 0x83, 64, 128);
	entry(d, 0, 1, 0x83, 100, 128);
	d->bytes[446] = 0x17;
	assert_int_equal(read_mbr(d, 512), 1);
}

static void a_boot_sector_is_not_a_table(void **state)
{
	struct disk *d = *state;

	memcpy(d->bytes, "\xeb\x52\x90NTFS    ", 11);
	entry(d, 0, 0, 0x72, 0x6f0a0d74, 0);
	d->bytes[446] = 0x20;
	assert_int_equal(read_mbr(d, SECTOR), 1);
	assert_int_equal(d->mbr.kind, EXH_MBR_BOOT_SECTOR);
	assert_string_equal(d->mbr.boot_sector_of, "ntfs");
}

static void the_dummy_of_a_bsd_boot_block_is_no_partition(void **state)
{
	struct disk *d = *state;

	entry(d, 0, 3, EXH_MBR_FREEBSD, 0, 50000);
	assert_int_equal(read_mbr(d, SECTOR), 1);
	assert_int_equal(d->mbr.kind, EXH_MBR_FICTITIOUS);
	assert_int_equal(d->mbr.nr_data, 0);
}

static void a_chain_that_comes_back_is_cut(void **state)
{
	struct disk *d = *state;

	chain(d, 10, 4);
	assert_int_equal(read_mbr(d, SECTOR), 0);
	assert_int_equal(d->mbr.nr_data, 10);
	assert_true(has(d, EXH_P_CHAIN_LOOP));
}

static void a_chain_to_its_own_first_link_is_cut(void **state)
{
	struct disk *d = *state;

	entry(d, 0, 0, 0x05, 1, 100);
	entry(d, SECTOR, 0, 0x83, 1, 1);
	entry(d, SECTOR, 1, 0x0f, 0, 100);
	assert_int_equal(read_mbr(d, SECTOR), 0);
	assert_int_equal(d->mbr.nr_data, 1);
	assert_true(has(d, EXH_P_CHAIN_LOOP));
}

static void a_chain_out_of_its_container_is_cut(void **state)
{
	struct disk *d = *state;

	chain(d, 3, SECTORS);
	assert_int_equal(read_mbr(d, SECTOR), 0);
	assert_int_equal(d->mbr.nr_data, 3);
	assert_true(has(d, EXH_P_CHAIN_OUTSIDE));
}

static void an_endless_chain_is_cut_at_the_limit(void **state)
{
	struct disk *d = *state;

	chain(d, EXH_MBR_CHAIN_LIMIT + 100, 0);
	assert_int_equal(read_mbr(d, SECTOR), 0);
	assert_int_equal(d->mbr.nr_data, EXH_MBR_CHAIN_LIMIT);
	assert_true(d->mbr.chain_cut);
	assert_true(has(d, EXH_P_CHAIN_TOO_LONG));
}

static void a_link_that_is_no_table_is_told(void **state)
{
	struct disk *d = *state;

	chain(d, 3, 0);
	d->bytes[3 * SECTOR + 510] = 0;
	assert_int_equal(read_mbr(d, SECTOR), 0);
	assert_int_equal(d->mbr.nr_data, 1);
	assert_true(has(d, EXH_P_CHAIN_DAMAGED));
}

static void a_link_behind_the_end_is_told(void **state)
{
	struct disk *d = *state;

	chain(d, 3, 0);
	d->size = 3 * SECTOR + 100;
	assert_int_equal(read_mbr(d, SECTOR), 0);
	assert_int_equal(d->mbr.nr_data, 1);
	assert_true(has(d, EXH_P_CHAIN_UNREADABLE));
}

static void a_link_that_was_never_acquired_is_not_believed(void **state)
{
	struct disk *d = *state;

	chain(d, 3, 0);
	d->never = json_pack("[{s:i, s:i}]", "start", 3 * SECTOR, "length", SECTOR);
	assert_int_equal(read_mbr(d, SECTOR), 0);
	assert_int_equal(d->mbr.nr_data, 1);
	assert_true(has(d, EXH_P_CHAIN_UNREADABLE));
}

static void a_first_sector_that_was_never_acquired_is_an_error(void **state)
{
	struct disk *d = *state;

	entry(d, 0, 0, 0x83, 1, 10);
	d->never = json_pack("[{s:i, s:i}]", "start", 0, "length", 4096);
	assert_int_equal(read_mbr(d, SECTOR), -EXH_E_IO);
}

static void a_logical_partition_outside_is_listed_and_told(void **state)
{
	struct disk *d = *state;

	entry(d, 0, 0, 0x05, 1, 100);
	entry(d, SECTOR, 0, 0x83, 1, 500);
	assert_int_equal(read_mbr(d, SECTOR), 0);
	assert_int_equal(d->mbr.nr_data, 1);
	assert_true(has(d, EXH_P_CHAIN_OUTSIDE));
}

static void the_largest_numbers_do_not_overflow(void **state)
{
	struct disk *d = *state;

	entry(d, 0, 0, 0x83, UINT32_MAX, UINT32_MAX);
	entry(d, 0, 1, 0x05, UINT32_MAX, UINT32_MAX);
	assert_int_equal(read_mbr(d, 4096), 0);
	assert_int_equal(d->mbr.entries[0].start, (uint64_t)UINT32_MAX * 4096);
	assert_true(has(d, EXH_P_CHAIN_UNREADABLE));
}

static void an_empty_table_is_a_table(void **state)
{
	struct disk *d = *state;

	d->bytes[510] = 0x55;
	d->bytes[511] = 0xaa;
	assert_int_equal(read_mbr(d, SECTOR), 0);
	assert_int_equal(d->mbr.nr_entries, 0);
}

static void slots_and_logical_partitions_have_their_numbers(void **state)
{
	struct disk *d = *state;

	entry(d, 0, 1, 0x07, 4000, 100);
	entry(d, 0, 3, 0x0f, 100, 1000);
	d->bytes[446 + 16] = 0x80;
	entry(d, 100 * SECTOR, 0, 0x83, 1, 10);
	entry(d, 100 * SECTOR, 1, 0x05, 200, 50);
	entry(d, 300 * SECTOR, 0, 0x82, 2, 20);
	entry(d, 300 * SECTOR, 2, 0x83, 30, 5);
	assert_int_equal(read_mbr(d, SECTOR), 0);
	assert_int_equal(json_array_size(d->mbr.problems), 0);
	assert_int_equal(d->mbr.nr_entries, 5);
	assert_int_equal(d->mbr.entries[0].number, 2);
	assert_true(d->mbr.entries[0].bootable);
	assert_int_equal(d->mbr.entries[1].role, EXH_MBR_EXTENDED);
	assert_int_equal(d->mbr.entries[2].number, 5);
	assert_int_equal(d->mbr.entries[2].start, 101 * SECTOR);
	assert_int_equal(d->mbr.entries[3].number, 6);
	assert_int_equal(d->mbr.entries[3].start, 302 * SECTOR);
	assert_int_equal(d->mbr.entries[3].length, 20 * SECTOR);
	assert_int_equal(d->mbr.entries[4].number, 7);
	assert_int_equal(d->mbr.entries[4].start, 330 * SECTOR);
}

static void sectors_of_4096_bytes_show_in_the_chain(void **state)
{
	struct disk *d = *state;
	struct exh_tables tables;

	entry(d, 0, 0, 0x05, 8, 100);
	entry(d, 8 * 4096, 0, 0x83, 1, 2);
	assert_int_equal(read_mbr(d, SECTOR), 0);
	assert_int_equal(exh_tables_read(&d->reader, 0, SECTOR, &tables), 0);
	assert_int_equal(tables.sector_size, 4096);
	assert_int_equal(tables.mbr.nr_data, 1);
	assert_int_equal(tables.mbr.entries[1].start, 9 * 4096);
	exh_tables_clear(&tables);
}

static void the_users_sector_size_is_taken(void **state)
{
	struct disk *d = *state;
	struct exh_tables tables;

	entry(d, 0, 0, 0x83, 8, 100);
	assert_int_equal(read_mbr(d, SECTOR), 0);
	assert_int_equal(exh_tables_read(&d->reader, 2048, SECTOR, &tables), 0);
	assert_int_equal(tables.sector_size, 2048);
	assert_int_equal(tables.mbr.entries[0].start, 8 * 2048);
	exh_tables_clear(&tables);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_disk, free_disk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_image_below_a_sector_has_no_table),
		TEST(without_a_signature_there_is_no_table),
		TEST(an_unknown_status_byte_is_told_where_all_else_fits),
		TEST(an_unknown_status_byte_makes_it_no_table_where_something_does_not),
		TEST(a_boot_sector_is_not_a_table),
		TEST(the_dummy_of_a_bsd_boot_block_is_no_partition),
		TEST(a_chain_that_comes_back_is_cut),
		TEST(a_chain_to_its_own_first_link_is_cut),
		TEST(a_chain_out_of_its_container_is_cut),
		TEST(an_endless_chain_is_cut_at_the_limit),
		TEST(a_link_that_is_no_table_is_told),
		TEST(a_link_behind_the_end_is_told),
		TEST(a_link_that_was_never_acquired_is_not_believed),
		TEST(a_first_sector_that_was_never_acquired_is_an_error),
		TEST(a_logical_partition_outside_is_listed_and_told),
		TEST(the_largest_numbers_do_not_overflow),
		TEST(an_empty_table_is_a_table),
		TEST(slots_and_logical_partitions_have_their_numbers),
		TEST(sectors_of_4096_bytes_show_in_the_chain),
		TEST(the_users_sector_size_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
