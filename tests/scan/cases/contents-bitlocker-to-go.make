#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

boot = bytearray(512)
boot[0:3] = b"\xeb\x58\x90"
struct.pack_into("<HBHB", boot, 11, 512, 8, 32, 2)
boot[21] = 0xf8
boot[510:512] = b"\x55\xaa"
disk = one_partition(16 * MIB, 0x0b)
# looks like FAT32 to whoever does not know
boot[3:11] = b"MSWIN4.1"
struct.pack_into("<II", boot, 32, 30720, 500)
struct.pack_into("<I", boot, 44, 2)
boot[66] = 0x29
boot[82:90] = b"FAT32   "
boot[424:440] = guid("4967d63b-2e29-4ad8-8399-f6a339e3d001")
struct.pack_into("<QQQ", boot, 440, MIB, 2 * MIB, 3 * MIB)
disk.put(MIB, bytes(boot))
disk.put(MIB + 32 * 512, b"\xf8\xff\xff\x0f" + b"\xff" * 8)
for at in (1, 2, 3):
    disk.put((1 + at) * MIB, b"-FVE-FS-" + struct.pack("<HH", 96, 2))
