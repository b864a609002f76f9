#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

# a chain may go back, as partitioning tools leave it when a partition is made in a gap
disk = Disk(32 * MIB)
disk.put(0, mbr([mbr_entry(0x0f, 2048, 20000)]))
disk.put(2048 * 512, mbr([mbr_entry(0x83, 63, 1000), mbr_entry(0x05, 4000, 1000)]))
disk.put(6048 * 512, mbr([mbr_entry(0x83, 63, 1000), mbr_entry(0x05, 2000, 1000)]))
disk.put(4048 * 512, mbr([mbr_entry(0x83, 63, 500)]))
