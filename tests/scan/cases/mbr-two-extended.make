#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(32 * MIB)
disk.put(0, mbr([mbr_entry(0x05, 2048, 8000), mbr_entry(0x0f, 12288, 8000)]))
disk.put(2048 * 512, mbr([mbr_entry(0x83, 63, 1000)]))
disk.put(12288 * 512, mbr([mbr_entry(0x83, 63, 1000)]))
