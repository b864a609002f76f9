#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = one_partition(32 * MIB, 0x07)
disk.mkfs(MIB, 31 * MIB, "mkfs.exfat", "-L", "STICK", "{}")
disk.put(MIB + 106, b"\2")
