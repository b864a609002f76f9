#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = one_partition(32 * MIB, 0xfb)
disk.put(2 * MIB, struct.pack("<I", 0xc001d00d) + bytes(126) + bytes(range(16)))
disk.put(3 * MIB, struct.pack("<IIB16s4x", 0x2fabf15e, 14, 1, bytes(range(16))) + b"datastore1")
