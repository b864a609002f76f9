#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

# slot 1 was deleted by clearing its type alone
disk = Disk(32 * MIB)
disk.put(0, mbr([mbr_entry(0, 2048, 5000), mbr_entry(0x83, 8192, 2000)]))
disk.fat(MIB, 2 * MIB, "DELETED")
