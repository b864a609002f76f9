#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = one_partition(160 * MIB)
disk.mkfs(MIB, 159 * MIB, "mkfs.nilfs2", "-f", "{}")
# s_state, and the checksum of the superblock that libblkid looks at
sb = bytearray(disk.get(MIB + 1024, 1024))
size, seed = struct.unpack_from("<H", sb, 8)[0], struct.unpack_from("<I", sb, 12)[0]
struct.pack_into("<H", sb, 116, 0)
struct.pack_into("<I", sb, 16, 0)
struct.pack_into("<I", sb, 16, zlib.crc32(bytes(sb[:size]), seed ^ 0xffffffff) ^ 0xffffffff)
disk.put(MIB + 1024, bytes(sb))
