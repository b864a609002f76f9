#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

def header(attributes, journal=0):
    """A volume header of HFS+ (TN1150), 4096 blocks of 4 KiB."""
    h = bytearray(512)
    struct.pack_into(">2sHIII", h, 0, b"H+", 4, attributes, 0x31302e30, journal)
    struct.pack_into(">II", h, 40, 4096, 4096)
    struct.pack_into(">QIIIII", h, 104, 0, 0, 0, 0, 0, 0)
    return bytes(h)

disk = one_partition(17 * MIB, 0xaf)
disk.put(MIB + 1024, header(0x80000100))
