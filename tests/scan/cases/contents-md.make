#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

def superblock(at, sectors):
    """Version 1 of md's superblock (md_p.h), for a member that has it at this byte."""
    sb = bytearray(4096)
    struct.pack_into("<IIII16s32sQII", sb, 0, 0xa92b4efc, 1, 0, 0, bytes(range(16)), b"host:0", 0, 1, 0)
    struct.pack_into("<QQQ", sb, 0x80, 2048, sectors, at // 512)
    total = sum(struct.unpack("<64I", bytes(sb[:256])))
    total = (total & 0xffffffff) + (total >> 32)
    struct.pack_into("<I", sb, 0xd8, (total & 0xffffffff) + (total >> 32))
    return bytes(sb)

disk = one_partition(32 * MIB, 0xfd)
disk.put(MIB + 4096, superblock(4096, 50000))
