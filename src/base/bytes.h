/* SPDX-License-Identifier: Apache-2.0 */
/* Integers as they lie on disk, from any alignment. */
#ifndef EXH_BASE_BYTES_H
#define EXH_BASE_BYTES_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#define EXH_BYTES(name, type, convert)                                                             \
	static inline type exh_##name(const void *p)                                               \
	{                                                                                          \
		type v;                                                                            \
                                                                                                   \
		memcpy(&v, p, sizeof(v));                                                          \
		return convert(v);                                                                 \
	}

EXH_BYTES(le16, uint16_t, le16toh)
EXH_BYTES(le32, uint32_t, le32toh)
EXH_BYTES(le64, uint64_t, le64toh)
EXH_BYTES(be16, uint16_t, be16toh)
EXH_BYTES(be32, uint32_t, be32toh)
EXH_BYTES(be64, uint64_t, be64toh)

#undef EXH_BYTES

#endif
