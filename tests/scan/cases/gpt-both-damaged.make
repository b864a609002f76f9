#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(64 * MIB)
gpt(disk, {1: (LINUX, 2048, 22527, "first"), 3: (DATA, 40960, 61439, "third")})
disk.put(512 + 40, b"\7")
disk.put(64 * MIB - 512 + 40, b"\7")
