#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

# the headers of both copies do not hold, the arrays they lead to do
disk = Disk(16 * MIB)
gpt(disk, {1: (DATA, 2048, 4095, "one"), 2: (LINUX, 8192, 16383, "two")})
for at in (512, disk.size - 512):
    disk.put(at + 16, b"\0\1\2\3")
