#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

# isohybrid: the first entry is the whole image from sector 0, the second the boot image inside it
disk = Disk(8 * MIB)
disk.put(0, mbr([mbr_entry(0x17, 0, 16384, True), mbr_entry(0xef, 4096, 2880)]))
disk.mkfs(MIB * 2, 1440 << 10, "mkfs.vfat", "--invariant", "{}")
volume = bytearray(2048)
volume[0:7] = b"\x01CD001\x01"
volume[40:72] = b"LIVE".ljust(32)
struct.pack_into("<I", volume, 80, 4096)
struct.pack_into("<H", volume, 128, 2048)
disk.put(32768, bytes(volume))
disk.put(34816, b"\xffCD001\x01")
