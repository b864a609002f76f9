#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

# the largest numbers a record can hold
disk = Disk(32 * MIB)
disk.put(0, mbr([mbr_entry(0x05, 2048, 20000)]))
disk.put(2048 * 512, mbr([mbr_entry(0x83, 0xfffffff0, 0xffffffff), mbr_entry(0x05, 0xfffffff0, 1000)]))
