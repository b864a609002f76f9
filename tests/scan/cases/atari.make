#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

# AHDI, with an extended (XGM) partition: the second table counts its data from itself, and its link from the first extended one
def table(entries):
    sector = bytearray(512)
    for i, (flag, kind, start, count) in enumerate(entries):
        sector[0x1c6 + i * 12:0x1d2 + i * 12] = struct.pack(">B3sII", flag, kind, start, count)
    return sector

disk = Disk(32 * MIB)
root = table([(1, b"GEM", 2, 16000), (1, b"XGM", 20000, 40000)])
struct.pack_into(">I", root, 0x1c2, 65536)
disk.put(0, bytes(root))
disk.put(20000 * 512, bytes(table([(1, b"BGM", 1, 15000), (1, b"XGM", 16000, 10000)])))
disk.put(36000 * 512, bytes(table([(1, b"LNX", 1, 5000)])))
