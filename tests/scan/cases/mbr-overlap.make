#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(64 * MIB)
disk.put(0, mbr([mbr_entry(0x83, 2048, 20480), mbr_entry(0x83, 10240, 20480)]))
