#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(32 * MIB)
disk.put(0, mbr([mbr_entry(0x83, 2048, 0), mbr_entry(0x83, 2048, 2000)]))
