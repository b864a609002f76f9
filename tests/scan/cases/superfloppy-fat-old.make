#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

# an early DOS floppy: no 55 AA at the end of its first sector
disk = Disk(720 << 10)
disk.fat(0, disk.size, "OLD")
disk.put(510, bytes(2))
