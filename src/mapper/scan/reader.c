// SPDX-License-Identifier: Apache-2.0
#include "reader.h"

#include "base/facts.h"

bool exh_reader_never_acquired(const struct exh_reader *r, uint64_t offset, uint64_t n)
{
	const json_t *range;
	size_t i;

	json_array_foreach (r->never_acquired, i, range) {
		uint64_t start = exh_json_u64(range, "start", UINT64_MAX);
		uint64_t length = exh_json_u64(range, "length", 0);

		if (start < offset + n && (start >= offset || offset - start < length))
			return true;
	}
	return false;
}

int exh_reader_read(const struct exh_reader *r, void *buf, size_t n, uint64_t offset)
{
	int ret = exh_source_read(r->ctx, r->source, buf, n, offset);

	if (ret < 0 || !exh_reader_never_acquired(r, offset, n))
		return ret;
	return exh_fail(r->ctx, EXH_E_IO,
			"%zu bytes at %llu: the acquiring tool could not read them", n,
			(unsigned long long)offset);
}
