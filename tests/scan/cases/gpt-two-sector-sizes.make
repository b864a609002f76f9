#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

# a table in sectors of 4096 bytes behind which one in sectors of 512 bytes was left
disk = Disk(64 * MIB)
gpt(disk, {1: (DATA, 256, 1023, "of 4096")}, sector=4096)
old = Disk.get(disk, 0, 0)
array = gpt_array({1: (LINUX, 4096, 8191, "of 512")})
disk.put(512, gpt_header(1, disk.size // 512 - 1, 2, array, 100000, 128, 34))
disk.put(1024, array[:3072])
