#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

# a dynamic disk of Windows
disk = Disk(32 * MIB)
disk.put(0, mbr([mbr_entry(0x42, 63, 63425)]))
header = bytearray(512)
header[0:8] = b"PRIVHEAD"
struct.pack_into(">HH", header, 12, 2, 11)
header[0x30:0x54] = b"1cafeb1e-0000-4111-8222-333344445555"
header[0xb0:0xd4] = b"2cafeb1e-0000-4111-8222-333344445555"
header[0xf0:0xf8] = b"PC-Dg0\0\0"
struct.pack_into(">QQQQ", header, 0x11b, 63, 63425, 63488, 2048)
disk.put(6 * 512, bytes(header))
disk.put(63489 * 512, b"TOCBLOCK")
