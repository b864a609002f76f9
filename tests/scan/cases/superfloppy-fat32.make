#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(64 * MIB)
disk.mkfs(0, disk.size, "mkfs.vfat", "--invariant", "-F", "32", "-n", "STICK", "{}")
