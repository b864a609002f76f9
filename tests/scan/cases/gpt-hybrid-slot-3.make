#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(16 * MIB)
gpt(disk, {1: (DATA, 2048, 4095, "one"), 2: (LINUX, 8192, 16383, "two")}, protective=[None, None, mbr_entry(0xee, 1, 2047), mbr_entry(0x0c, 2048, 2048)])
