#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(64 * MIB)
disk.put(0, mbr([mbr_entry(0x0c, 256, 4096), mbr_entry(0x05, 8192, 4096)]))
disk.fat(256 * 4096, 16 * MIB, "FIRST")
disk.put(8192 * 4096, mbr([mbr_entry(0x83, 256, 1024)]))
