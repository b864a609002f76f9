#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(64 * MIB)
gpt(disk, {1: (LINUX, 2048, 22527, "first")})
good = disk.get(0, 34 * 512)
gpt(disk, {1: (LINUX, 2048, 30000, "first")})
disk.put(0, good)
