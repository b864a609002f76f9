#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(16 * MIB)
disk.fat(0, 16 * MIB, "FIRST")
table = int.from_bytes(disk.get(14, 2), "little") * 512
disk.put(table + 2, b"\xff\x7f")
