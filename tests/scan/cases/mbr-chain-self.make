#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(32 * MIB)
disk.put(0, mbr([mbr_entry(0x05, 2048, 20000)]))
disk.put(2048 * 512, mbr([mbr_entry(0x83, 63, 1000), mbr_entry(0x05, 0, 1000)]))
