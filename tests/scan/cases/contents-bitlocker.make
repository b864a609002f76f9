#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

boot = bytearray(512)
boot[0:3] = b"\xeb\x58\x90"
struct.pack_into("<HBHB", boot, 11, 512, 8, 32, 2)
boot[21] = 0xf8
boot[510:512] = b"\x55\xaa"
disk = one_partition(16 * MIB, 0x07)
boot[3:11] = b"-FVE-FS-"
boot[160:176] = guid("4967d63b-2e29-4ad8-8399-f6a339e3d001")
struct.pack_into("<QQQ", boot, 176, MIB, 2 * MIB, 3 * MIB)
disk.put(MIB, bytes(boot))
for at in (1, 2, 3):
    disk.put((1 + at) * MIB, b"-FVE-FS-" + struct.pack("<HH", 96, 2))
