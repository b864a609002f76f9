#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

# the first record holds a link and no data, as when the first logical partition was deleted
disk = Disk(32 * MIB)
disk.put(0, mbr([mbr_entry(0x05, 2048, 20000)]))
disk.put(2048 * 512, mbr([None, mbr_entry(0x05, 4000, 1000)]))
disk.put(6048 * 512, mbr([mbr_entry(0x83, 63, 1000)]))
