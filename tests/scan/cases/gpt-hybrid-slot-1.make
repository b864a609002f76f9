#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(64 * MIB)
ee, extra = mbr_entry(0xee, 1, 2047), mbr_entry(0x0c, 2048, 20480)
gpt(disk, {1: (LINUX, 2048, 22527, "first")}, protective=[extra, ee])
