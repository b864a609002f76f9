/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fuzz target is LLVMFuzzerTestOneInput() in a file of its own. With clang and -fsanitize=fuzzer
 * it is one of libFuzzer's; with replay.c it runs files, and for a moment changed copies of them.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <string.h>

#include "base/ctx.h"
#include "mapper/scan/reader.h"

/* Media whose bytes are the input. */
struct fuzz_media {
	struct exh_ctx ctx;
	struct exh_source source;
	struct exh_reader reader;
	const uint8_t *bytes;
};

static inline size_t fuzz_read(struct exh_source *s, void *buf, uint64_t offset, size_t n,
			       struct exh_loss *loss)
{
	const uint8_t *bytes = s->priv;

	(void)loss;
	memcpy(buf, bytes + offset, n);
	return n;
}

static inline const struct exh_reader *fuzz_open(struct fuzz_media *m, const uint8_t *bytes,
						 size_t n)
{
	static const struct exh_source_ops ops = {.format = "memory", .read = fuzz_read};

	*m = (struct fuzz_media){
		.ctx = {.helper = -1},
		.source = {.ops = &ops, .format = "memory", .size = n, .priv = (void *)bytes},
	};
	m->reader = (struct exh_reader){.ctx = &m->ctx, .source = &m->source};
	return &m->reader;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#endif
