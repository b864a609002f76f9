#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

# data in slots 3 and 4 of an extended record, and the link before the data
disk = Disk(32 * MIB)
disk.put(0, mbr([mbr_entry(0x85, 2048, 20000)]))
disk.put(2048 * 512, mbr([mbr_entry(0x05, 4000, 1000), mbr_entry(0x83, 63, 1000), mbr_entry(0x07, 1100, 500), mbr_entry(0x0b, 1700, 500)]))
disk.put(6048 * 512, mbr([None, None, None, mbr_entry(0x83, 63, 1000)]))
