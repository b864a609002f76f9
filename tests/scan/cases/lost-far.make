#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(64 * MIB)
disk.put(0, mbr([mbr_entry(0x83, 2048, 2048)]))
disk.fat(MIB, MIB, "FIRST")
disk.ext(3 * MIB, 8 * MIB, "near")
disk.fat(20 * MIB + 63 * 512, 16 * MIB, "FAR")
