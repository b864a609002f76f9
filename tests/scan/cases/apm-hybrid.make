#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

# an Apple hybrid disc: a map, an ISO 9660 file system and an MBR over the same bytes
disk = Disk(8 * MIB)
apm(disk, [(1, 15, "Apple", "Apple_partition_map"), (4096, 8192, "Mac", "Apple_HFS")])
disk.put(446, mbr([mbr_entry(0xaf, 4096, 8192)])[446:])
volume = bytearray(2048)
volume[0:7] = b"\x01CD001\x01"
volume[40:72] = b"HYBRID".ljust(32)
struct.pack_into("<I", volume, 80, 4096)
struct.pack_into("<H", volume, 128, 2048)
disk.put(32768, bytes(volume))
disk.put(34816, b"\xffCD001\x01")
