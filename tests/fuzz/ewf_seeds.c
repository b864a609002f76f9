// SPDX-License-Identifier: Apache-2.0
/* ewf_seeds DIRECTORY: small containers of many kinds, for the fuzz target ewf. */
#include <stdio.h>
#include <stdlib.h>

#include "../unit/ewf2_writer.h"

#define MEDIA (40 * 512)

static void save(const char *directory, const char *name, size_t i, struct ewf_set *set)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s-%zu", directory, name, i);
	f = fopen(path, "we");
	if (!f || fwrite(set->files[0].bytes, 1, set->files[0].size, f) != set->files[0].size ||
	    fclose(f))
		exit(1);
	ewf_set_free(set);
}

int main(int argc, char **argv)
{
	static const struct ewf_recipe first[] = {
		{0},
		{.plain_every = 2, .chunks_per_table = 4},
		{.smart = true},
		{.segments = 2, .without_table2 = true},
		{.sectors_per_chunk = 16},
	};
	static const struct ewf2_recipe second[] = {
		{.storing = EWF2_STORE_DEFLATE, .fill = true},
		{.storing = EWF2_STORE_BZIP2},
		{.storing = EWF2_STORE_DEFLATE, .plain_every = 2, .chunks_per_table = 3},
		{.storing = EWF2_STORE_PLAIN, .segments = 2},
	};
	static uint8_t media[MEDIA];
	struct ewf_set set;

	if (argc != 2)
		return 2;
	for (size_t i = 0; i < MEDIA; i++)
		media[i] = i % 4096 < 1024 ? (uint8_t)(i * 2654435761U >> 13) : (uint8_t)(i / 700);
	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		ewf_write(&first[i], media, MEDIA, &set);
		save(argv[1], "ewf", i, &set);
	}
	for (size_t i = 0; i < sizeof(second) / sizeof(second[0]); i++) {
		ewf2_write(&second[i], media, MEDIA, &set);
		save(argv[1], "ewf2", i, &set);
	}
	return 0;
}
