#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(64 * MIB)
disk.put(0, mbr([mbr_entry(0x83, 2048, 20480, active=True), mbr_entry(0x05, 24576, 65536)], 0x1234abcd))
disk.put(24576 * 512, mbr([mbr_entry(0x83, 2048, 10240), mbr_entry(0x05, 16384, 16384)]))
disk.put((24576 + 16384) * 512, mbr([mbr_entry(0x07, 2048, 8192)]))
