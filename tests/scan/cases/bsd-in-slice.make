#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(32 * MIB)
disk.put(0, mbr([mbr_entry(0xa5, 2048, 32768)]))
disk.put(2049 * 512, bsd({"a": (2064, 8192, 7), "c": (2048, 32768, 0)}))
