#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(64 * MIB)
disk.put(0, mbr([mbr_entry(0x6c, 2048, 65536)]))
disk.put(2048 * 512, bsd64({"a": (MIB, 8 * MIB, 7), "d": (9 * MIB, 4 * MIB, 22)}, 32 * MIB))
