#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

# the superblock of an ext4 that was there before the FAT
disk = one_partition(32 * MIB)
disk.ext(MIB, 31 * MIB, "before")
old = disk.get(MIB + 1024, 1024)
disk.mkfs(MIB, 31 * MIB, "mkfs.vfat", "--invariant", "-n", "AFTER", "-R", "8", "{}")
disk.put(MIB + 1024, old)
