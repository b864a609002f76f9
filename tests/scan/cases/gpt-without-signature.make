#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

# the first sector does not end in 55 AA
disk = Disk(16 * MIB)
gpt(disk, {1: (DATA, 2048, 4095, "one"), 2: (LINUX, 8192, 16383, "two")})
disk.put(510, bytes(2))
