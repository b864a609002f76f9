#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

def crc(data):
    """lvm2's, lib/misc/crc.c."""
    return zlib.crc32(data, 0xf597a6cf ^ 0xffffffff) ^ 0xffffffff

disk = one_partition(32 * MIB, 0x8e)
label = bytearray(512)
struct.pack_into("<8sQII8s", label, 0, b"LABELONE", 1, 0, 32, b"LVM2 001")
struct.pack_into("<32sQ", label, 32, b"abcdefghijklmnopqrstuvwxyz012345", 31 * MIB)
struct.pack_into("<QQQQQQQQ", label, 72, MIB, 0, 0, 0, 4096, 1020 << 10, 0, 0)
struct.pack_into("<I", label, 16, crc(bytes(label[20:])))
disk.put(MIB + 512, bytes(label))
text = b'evidence_vg {\nid = "x"\n}\n'
header = bytearray(512)
struct.pack_into("<16sIQQ", header, 4, b"\x20LVM2 x[5A%r0N*>", 1, 4096, 1020 << 10)
struct.pack_into("<QQII", header, 40, 512, len(text), crc(text), 0)
struct.pack_into("<I", header, 0, crc(bytes(header[4:])))
disk.put(MIB + 4096, bytes(header))
disk.put(MIB + 4608, text)
