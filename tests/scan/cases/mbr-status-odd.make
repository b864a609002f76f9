#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(32 * MIB)
disk.put(0, mbr([mbr_entry(0x83, 2048, 20000), mbr_entry(0x83, 24000, 2000)]))
disk.put(446, b"\x01")
