#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(16 * MIB)
gpt(disk, {1: (DATA, 2048, 4095, "one"), 2: (LINUX, 8192, 16383, "two")})
disk.change_header(512, lambda h: struct.pack_into("<I", h, 12, 0xffffffff))
