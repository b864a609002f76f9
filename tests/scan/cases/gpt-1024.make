#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(16 * MIB)
gpt(disk, {1: (DATA, 1024, 2047, "one"), 2: (LINUX, 4096, 8191, "two")}, sector=1024)
