#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(1 << 30)
disk.put(0, mbr([mbr_entry(0x05, 64, 30001 * 64)]))
for i in range(30000):
    disk.put((64 + i * 64) * 512, mbr([mbr_entry(0x83, 1, 62), mbr_entry(0x05, (i + 1) * 64, 64)]))
