// SPDX-License-Identifier: Apache-2.0
/* Identities that this machine has too: where they are looked for, and how they are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "mapper/scan/host.h"

static char root[] = "/tmp/exhibit-host.XXXXXX";

static void directory(const char *path)
{
	char full[512];

	for (const char *p = path + 1; p; p = strchr(p, '/') ? strchr(p, '/') + 1 : NULL) {
		const char *end = strchr(p, '/');
		int n = end ? (int)(end - path) : (int)strlen(path);

		snprintf(full, sizeof(full), "%s%.*s", root, n, path);
		mkdir(full, 0700);
	}
}

static void file(const char *path, const char *text)
{
	char full[512];
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	f = fopen(full, "we");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int make_host(void **state)
{
	char full[512];

	(void)state;
	if (!mkdtemp(root))
		return -1;
	directory("/dev/disk/by-uuid");
	directory("/run/blkid");
	directory("/sys/block/dm-0/dm");
	directory("/sys/dev/block/8:1");
	directory("/sys/dev/block/7:1");
	directory("/etc/lvm/backup");
	snprintf(full, sizeof(full), "%s/dev/disk/by-uuid/1234-ABCD", root);
	if (symlink("../../sda1", full))
		return -1;
	file("/run/blkid/blkid.tab",
	     "<device DEVNO=\"0x0801\" UUID=\"11111111-2222-4333-8444-555555555555\" "
	     "TYPE=\"ext4\">/dev/sdb2</device>\nrubbish\n<device>\n"
	     "<device DEVNO=\"0x0701\" UUID=\"22222222-2222-4333-8444-555555555555\" "
	     "TYPE=\"ext4\">/dev/loop1</device>\n"
	     "<device DEVNO=\"0x0811\" UUID=\"33333333-2222-4333-8444-555555555555\" "
	     "TYPE=\"ext4\">/dev/sdb1</device>\n");
	file("/sys/dev/block/8:1/size", "2048\n");
	file("/sys/dev/block/7:1/size", "0\n");
	file("/sys/block/dm-0/dm/uuid", "LVM-abc\n");
	file("/sys/block/dm-0/dm/name", "my--group-root\n");
	file("/etc/lvm/backup/other", "");
	return 0;
}

static int remove_host(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

static json_t *clashes_of(const char *contents)
{
	_cleanup_json_ json_t *identities = exh_host_identities(root);
	json_t *facts = exh_facts_new("scan");

	json_object_set_new(facts, "partitions",
			    json_pack("[{s:i, s:i, s:i, s:o}]", "number", 1, "start", 512, "length",
				      1024, "contents", json_loads(contents, 0, NULL)));
	exh_host_clashes(facts, identities);
	return facts;
}

static void identities_of_every_place_clash(void **state)
{
	static const char *const contents[] = {
		"{\"uuid\": \"1234-abcd\"}",
		"{\"uuid\": \"11111111-2222-4333-8444-555555555555\"}",
		"{\"volume_group\": \"my-group\"}",
		"{\"volume_group\": \"other\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		_cleanup_json_ json_t *facts = clashes_of(contents[i]);

		assert_true(exh_problems_has(facts, EXH_P_HOST_CLASH));
	}
}

static void the_device_of_the_machine_is_named(void **state)
{
	_cleanup_json_ json_t *facts = clashes_of("{\"uuid\": \"1234-ABCD\"}");
	const char *text =
		exh_json_str(json_array_get(json_object_get(facts, "problems"), 0), "text");

	(void)state;
	assert_non_null(strstr(text, "/dev/sda1"));
}

static void others_do_not(void **state)
{
	static const char *const contents[] = {
		"{}",
		"{\"uuid\": \"\"}",
		"{\"uuid\": \"99999999-2222-4333-8444-555555555555\"}",
		"{\"volume_group\": \"my\"}",
		"{\"label\": \"1234-ABCD\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		_cleanup_json_ json_t *facts = clashes_of(contents[i]);

		assert_false(exh_problems_has(facts, EXH_P_HOST_CLASH));
	}
}

static void a_cached_device_that_is_gone_does_not(void **state)
{
	_cleanup_json_ json_t *unbound =
		clashes_of("{\"uuid\": \"22222222-2222-4333-8444-555555555555\"}");
	_cleanup_json_ json_t *pulled =
		clashes_of("{\"uuid\": \"33333333-2222-4333-8444-555555555555\"}");

	(void)state;
	assert_false(exh_problems_has(unbound, EXH_P_HOST_CLASH));
	assert_false(exh_problems_has(pulled, EXH_P_HOST_CLASH));
}

static void a_machine_that_says_nothing_has_no_identities(void **state)
{
	_cleanup_json_ json_t *identities = exh_host_identities("/nonexistent");

	(void)state;
	assert_int_equal(json_object_size(json_object_get(identities, "uuids")), 0);
	assert_int_equal(json_object_size(json_object_get(identities, "groups")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identities_of_every_place_clash),
		cmocka_unit_test(the_device_of_the_machine_is_named),
		cmocka_unit_test(others_do_not),
		cmocka_unit_test(a_cached_device_that_is_gone_does_not),
		cmocka_unit_test(a_machine_that_says_nothing_has_no_identities),
	};

	return cmocka_run_group_tests(tests, make_host, remove_host);
}
