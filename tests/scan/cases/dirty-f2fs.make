#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = one_partition(64 * MIB)
disk.mkfs(MIB, 63 * MIB, "mkfs.f2fs", "-q", "-f", "{}")
# both checkpoints without the mark of an unmount
sb = disk.get(MIB + 1024, 128)
block = struct.unpack_from("<I", sb, 16)[0]
first = MIB + (struct.unpack_from("<I", sb, 76)[0] << block)
for at in (first, first + (1 << block + struct.unpack_from("<I", sb, 20)[0])):
    flags = struct.unpack("<I", disk.get(at + 132, 4))[0]
    disk.put(at + 132, struct.pack("<I", flags & ~1))
