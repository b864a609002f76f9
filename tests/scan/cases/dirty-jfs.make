#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = one_partition(32 * MIB)
disk.mkfs(MIB, 31 * MIB, "mkfs.jfs", "-q", "{}")
disk.put(MIB + 32768 + 40, struct.pack("<I", 1))
