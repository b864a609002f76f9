// SPDX-License-Identifier: Apache-2.0
#include "ewf_media.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/facts.h"

uint8_t media[MEDIA];

uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525U + 1013904223U;
	return *state >> 8;
}

int make_media(void **state)
{
	uint32_t random = 1;

	(void)state;
	for (size_t i = 0; i < MEDIA; i++)
		media[i] = i % 4096 < 1024 ? (uint8_t)next_random(&random) : (uint8_t)(i / 700);
	return 0;
}

void open_set(struct memory_source *m, const struct ewf_set *set, int skip)
{
	memset(m, 0, sizeof(*m));
	for (unsigned i = 0; i < set->nr_files; i++) {
		char name[24];

		snprintf(name, sizeof(name), "t.E%02u", i + 1);
		if ((int)i != skip)
			memory_source_add(m, name, set->files[i].bytes, set->files[i].size);
	}
}

void expect_equal(struct memory_source *m)
{
	uint8_t buf[MEDIA];
	uint32_t random = 7;

	assert_int_equal(m->source->size, MEDIA);
	assert_int_equal(exh_source_read(&m->ctx, m->source, buf, MEDIA, 0), 0);
	assert_memory_equal(buf, media, MEDIA);
	for (int i = 0; i < 500; i++) {
		size_t at = next_random(&random) % MEDIA,
		       n = next_random(&random) % (MEDIA - at) + 1;

		assert_int_equal(exh_source_read(&m->ctx, m->source, buf, n, at), 0);
		assert_memory_equal(buf, media + at, n);
	}
	assert_int_equal(exh_source_read(&m->ctx, m->source, buf, 1, MEDIA), -EXH_E_RANGE);
	assert_int_equal(exh_source_read(&m->ctx, m->source, buf, 2, UINT64_MAX), -EXH_E_RANGE);
}

bool tells(const struct memory_source *m, const char *code)
{
	const json_t *problem;
	size_t i;

	json_array_foreach (m->source->problems, i, problem)
		if (!strcmp(exh_json_str(problem, "code"), code))
			return true;
	return false;
}
