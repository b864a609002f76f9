#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

# in both copies, with good checksums
disk = Disk(16 * MIB)
gpt(disk, {1: (DATA, 2048, 4095, "one"), 2: (LINUX, 8192, 16383, "two")})
for at in (512, disk.size - 512):
    disk.change_header(at, lambda h: struct.pack_into("<I", h, 80, 0))
