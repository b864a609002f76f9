#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(32 * MIB)
disk.put(0, mbr([mbr_entry(0x05, 2048, 20000)]))
