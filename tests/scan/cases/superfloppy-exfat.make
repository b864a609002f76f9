#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(16 * MIB)
disk.mkfs(0, disk.size, "mkfs.exfat", "-L", "STICK", "{}")
