#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

# a floppy
disk = Disk(1440 << 10)
disk.fat(0, disk.size, "FLOPPY")
