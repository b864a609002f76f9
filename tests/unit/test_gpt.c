// SPDX-License-Identifier: Apache-2.0
/* The reader of GUID partition tables: copies that are damaged, lie, stand elsewhere or say
 * different things. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libdeflate.h>

#include "base/problem.h"
#include "mapper/scan/sector_size.h"
#include "memory_source.h"

#define SECTORS	   4096
#define NR_ENTRIES 128
#define ARRAY	   (NR_ENTRIES * 128)

struct disk {
	uint8_t *bytes;
	size_t size;
	uint32_t sector;
	uint64_t last; /* sector of the backup */
	struct memory_source media;
	struct exh_reader reader;
	struct exh_gpt gpt;
};

static void put32(uint8_t *p, uint32_t v)
{
	v = htole32(v);
	memcpy(p, &v, sizeof(v));
}

static void put64(uint8_t *p, uint64_t v)
{
	v = htole64(v);
	memcpy(p, &v, sizeof(v));
}

static uint8_t *header_at(struct disk *d, uint64_t lba)
{
	return d->bytes + lba * d->sector;
}

static uint64_t array_lba(const struct disk *d, uint64_t lba)
{
	return lba == 1 ? 2 : lba - ARRAY / d->sector;
}

static void seal_header(struct disk *d, uint64_t lba)
{
	uint8_t *h = header_at(d, lba);

	put32(h + 16, 0);
	put32(h + 16, libdeflate_crc32(0, h, 92));
}

static void seal(struct disk *d, uint64_t lba)
{
	put32(header_at(d, lba) + 88,
	      libdeflate_crc32(0, d->bytes + array_lba(d, lba) * d->sector, ARRAY));
	seal_header(d, lba);
}

static void put_entry(struct disk *d, uint64_t lba, unsigned slot, uint64_t first, uint64_t last,
		      char name)
{
	uint8_t *e = d->bytes + array_lba(d, lba) * d->sector + slot * 128;

	memset(e, 0x11, 16);
	memset(e + 16, 0x22 + (int)slot, 16);
	put64(e + 32, first);
	put64(e + 40, last);
	e[56] = (uint8_t)name;
	seal(d, lba);
}

static void put_copy(struct disk *d, uint64_t lba, uint64_t other)
{
	uint8_t *h = header_at(d, lba);

	memcpy(h, "EFI PART\0\0\1\0", 12);
	put32(h + 12, 92);
	put64(h + 24, lba);
	put64(h + 32, other);
	put64(h + 40, 64);
	put64(h + 48, d->last - 64);
	memset(h + 56, 0x33, 16);
	put64(h + 72, array_lba(d, lba));
	put32(h + 80, NR_ENTRIES);
	put32(h + 84, 128);
	put_entry(d, lba, 0, 64, 127, 'a');
	put_entry(d, lba, 2, 128, 128, 'c');
}

static void make(struct disk *d, uint32_t sector)
{
	d->sector = sector;
	d->size = (size_t)SECTORS * sector;
	d->bytes = calloc(1, d->size + sector);
	d->last = SECTORS - 1;
	put_copy(d, 1, d->last);
	put_copy(d, d->last, 1);
}

static int make_disk(void **state)
{
	struct disk *d = calloc(1, sizeof(*d));

	make(d, 512);
	*state = d;
	return 0;
}

static int free_disk(void **state)
{
	struct disk *d = *state;

	exh_gpt_clear(&d->gpt);
	if (d->media.source)
		memory_source_close(&d->media);
	free(d->bytes);
	free(d);
	return 0;
}

static int read_gpt(struct disk *d, uint64_t protected_sectors)
{
	memory_source_add(&d->media, "disk", d->bytes, d->size);
	assert_int_equal(memory_source_open(&d->media, EXH_NAMED_SINGLE, NULL, false), 0);
	d->reader = (struct exh_reader){&d->media.ctx, d->media.source, NULL};
	return exh_gpt_read(&d->reader, d->sector, protected_sectors, &d->gpt);
}

static bool has(const struct disk *d, enum exh_problem id)
{
	json_t *facts = json_pack("{s:O}", "problems", d->gpt.problems);
	bool found = exh_problems_has(facts, id);

	json_decref(facts);
	return found;
}

static void no_header_is_no_gpt(void **state)
{
	struct disk *d = *state;

	memset(d->bytes, 0, d->size);
	assert_int_equal(read_gpt(d, 0), 1);
	assert_null(d->gpt.used);
}

static void an_image_of_one_sector_is_no_gpt(void **state)
{
	struct disk *d = *state;

	d->size = 512;
	assert_int_equal(read_gpt(d, 0), 1);
}

static void a_flipped_header_leads_to_the_backup(void **state)
{
	struct disk *d = *state;

	header_at(d, 1)[40] ^= 1;
	assert_int_equal(read_gpt(d, 0), 0);
	assert_ptr_equal(d->gpt.used, &d->gpt.backup);
	assert_true(has(d, EXH_P_GPT_PRIMARY_DAMAGED));
}

static void a_flipped_entry_leads_to_the_backup(void **state)
{
	struct disk *d = *state;
	struct exh_gpt_entry e;

	d->bytes[2 * 512 + 32] ^= 1;
	assert_int_equal(read_gpt(d, 0), 0);
	assert_true(d->gpt.primary.header_ok);
	assert_false(d->gpt.primary.entries_ok);
	assert_int_equal(exh_gpt_entry(&d->gpt, 0, &e), 0);
	assert_int_equal(e.start, 64 * 512);
}

static void a_lost_primary_leads_to_the_backup(void **state)
{
	struct disk *d = *state;

	memset(d->bytes, 0, 64 * 512);
	assert_int_equal(read_gpt(d, 0), 0);
	assert_ptr_equal(d->gpt.used, &d->gpt.backup);
	assert_true(has(d, EXH_P_GPT_PRIMARY_DAMAGED));
}

static void a_lost_backup_is_told(void **state)
{
	struct disk *d = *state;

	memset(header_at(d, d->last), 0, 512);
	assert_int_equal(read_gpt(d, 0), 0);
	assert_ptr_equal(d->gpt.used, &d->gpt.primary);
	assert_true(has(d, EXH_P_GPT_BACKUP_DAMAGED));
}

static void two_damaged_copies_are_an_error_and_still_shown(void **state)
{
	struct disk *d = *state;

	d->bytes[2 * 512 + 32] ^= 1;
	header_at(d, d->last)[40] ^= 1;
	assert_int_equal(read_gpt(d, 0), 0);
	assert_true(has(d, EXH_P_GPT_DAMAGED));
	assert_ptr_equal(d->gpt.used, &d->gpt.primary);
}

static void claims_of_many_or_huge_entries_are_refused(void **state)
{
	static const struct {
		uint32_t count, size;
	} claims[] = {{1U << 31, 128}, {UINT32_MAX, UINT32_MAX}, {128, 0}, {128, 64}, {128, 129},
		      {1, 1U << 30}};

	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		struct disk *d;
		void *one;

		make_disk(&one);
		d = one;
		put32(header_at(d, 1) + 80, claims[i].count);
		put32(header_at(d, 1) + 84, claims[i].size);
		seal_header(d, 1);
		assert_int_equal(read_gpt(d, 0), 0);
		assert_false(d->gpt.primary.header_ok);
		assert_ptr_equal(d->gpt.used, &d->gpt.backup);
		free_disk(&one);
	}
	(void)state;
}

static void a_header_larger_than_its_sector_is_refused(void **state)
{
	struct disk *d = *state;

	put32(header_at(d, 1) + 12, 513);
	assert_int_equal(read_gpt(d, 0), 0);
	assert_false(d->gpt.primary.header_ok);
}

static void entries_behind_the_end_are_not_read(void **state)
{
	struct disk *d = *state;

	put64(header_at(d, 1) + 72, UINT64_MAX / 2);
	seal_header(d, 1);
	assert_int_equal(read_gpt(d, 0), 0);
	assert_null(d->gpt.primary.entries);
	assert_ptr_equal(d->gpt.used, &d->gpt.backup);
}

static void a_header_that_was_copied_elsewhere_is_refused(void **state)
{
	struct disk *d = *state;

	put64(header_at(d, 1) + 24, 7);
	seal_header(d, 1);
	assert_int_equal(read_gpt(d, 0), 0);
	assert_false(d->gpt.primary.header_ok);
}

static void an_entry_that_ends_before_it_begins_has_no_length(void **state)
{
	struct disk *d = *state;
	struct exh_gpt_entry e;

	put_entry(d, 1, 5, 900, 100, 'x');
	put_entry(d, 1, 6, UINT64_MAX - 1, UINT64_MAX, 'y');
	assert_int_equal(read_gpt(d, 0), 0);
	assert_int_equal(exh_gpt_entry(&d->gpt, 5, &e), 0);
	assert_int_equal(e.length, 0);
	assert_int_equal(exh_gpt_entry(&d->gpt, 6, &e), 0);
	assert_int_equal(e.length, 0);
}

static void whole_copies_that_differ_are_told(void **state)
{
	struct disk *d = *state;

	put_entry(d, d->last, 0, 64, 200, 'a');
	assert_int_equal(read_gpt(d, 0), 0);
	assert_true(has(d, EXH_P_GPT_COPIES_DIFFER));
	assert_ptr_equal(d->gpt.used, &d->gpt.primary);
}

static void a_cut_image_keeps_its_primary(void **state)
{
	struct disk *d = *state;

	d->size = 100 * 512;
	assert_int_equal(read_gpt(d, 0), 0);
	assert_ptr_equal(d->gpt.used, &d->gpt.primary);
	assert_true(has(d, EXH_P_GPT_BACKUP_DAMAGED));
}

static void a_backup_before_the_end_is_found_and_told(void **state)
{
	struct disk *d = *state;

	d->size += 512;
	assert_int_equal(read_gpt(d, 0), 0);
	assert_true(exh_gpt_is_whole(&d->gpt.backup));
	assert_true(has(d, EXH_P_GPT_BACKUP_MISPLACED));
}

static void the_protective_size_finds_a_backup_before_the_end(void **state)
{
	struct disk *d = *state;

	d->size += 512;
	memset(header_at(d, 1), 0, 512);
	assert_int_equal(read_gpt(d, SECTORS), 0);
	assert_ptr_equal(d->gpt.used, &d->gpt.backup);
}

static void two_whole_copies_have_no_problem(void **state)
{
	struct disk *d = *state;
	struct exh_gpt_entry e;
	char guid[37];

	assert_int_equal(read_gpt(d, 0), 0);
	assert_int_equal(json_array_size(d->gpt.problems), 0);
	assert_int_equal(exh_gpt_entry(&d->gpt, 0, &e), 0);
	assert_int_equal(e.start, 64 * 512);
	assert_int_equal(e.length, 64 * 512);
	assert_int_equal(exh_gpt_entry(&d->gpt, 1, &e), 1);
	assert_int_equal(exh_gpt_entry(&d->gpt, 2, &e), 0);
	assert_int_equal(e.number, 3);
	assert_int_equal(e.length, 512);
	assert_int_equal(exh_gpt_entry(&d->gpt, NR_ENTRIES, &e), 1);
	exh_guid_text(
		(const uint8_t *)"\x28\x73\x2a\xc1\x1f\xf8\xd2\x11\xba\x4b\x00\xa0\xc9\x3e\xc9\x3b",
		guid);
	assert_string_equal(guid, "C12A7328-F81F-11D2-BA4B-00A0C93EC93B");
	assert_string_equal(exh_gpt_type_name(guid), "EFI system");
}

static void each_sector_size_is_found(void **state)
{
	static const uint32_t sizes[] = {512, 1024, 2048, 4096};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct disk *d = calloc(1, sizeof(*d));
		void *one = d;
		struct exh_tables tables;

		make(d, sizes[i]);
		assert_int_equal(read_gpt(d, 0), 0);
		assert_int_equal(exh_tables_read(&d->reader, 0, 512, &tables), 0);
		assert_int_equal(tables.sector_size, sizes[i]);
		assert_ptr_equal(tables.gpt.used, &tables.gpt.primary);
		exh_tables_clear(&tables);
		free_disk(&one);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_disk, free_disk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_header_is_no_gpt),
		TEST(an_image_of_one_sector_is_no_gpt),
		TEST(a_flipped_header_leads_to_the_backup),
		TEST(a_flipped_entry_leads_to_the_backup),
		TEST(a_lost_primary_leads_to_the_backup),
		TEST(a_lost_backup_is_told),
		TEST(two_damaged_copies_are_an_error_and_still_shown),
		cmocka_unit_test(claims_of_many_or_huge_entries_are_refused),
		TEST(a_header_larger_than_its_sector_is_refused),
		TEST(entries_behind_the_end_are_not_read),
		TEST(a_header_that_was_copied_elsewhere_is_refused),
		TEST(an_entry_that_ends_before_it_begins_has_no_length),
		TEST(whole_copies_that_differ_are_told),
		TEST(a_cut_image_keeps_its_primary),
		TEST(a_backup_before_the_end_is_found_and_told),
		TEST(the_protective_size_finds_a_backup_before_the_end),
		TEST(two_whole_copies_have_no_problem),
		cmocka_unit_test(each_sector_size_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
