#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

# a table that was left behind when the disk was partitioned again
disk = Disk(16 * MIB)
gpt(disk, {1: (DATA, 2048, 4095, "one"), 2: (LINUX, 8192, 16383, "two")}, protective=[mbr_entry(0x07, 2048, 20000)])
