#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = one_partition(64 * MIB, 0x0c)
disk.mkfs(MIB, 63 * MIB, "mkfs.vfat", "--invariant", "-F", "32", "-n", "STICK", "{}")
# the highest bits of the second entry: cleared while it is mounted
reserved = struct.unpack_from("<H", disk.get(MIB, 512), 14)[0]
disk.put(MIB + reserved * 512 + 4, struct.pack("<I", 0x07ffffff))
