#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = one_partition(5 * MIB, 0xaf)
disk.mkfs(MIB, 4 * MIB, "hformat", "-l", "Mac", "{}")
disk.put(MIB + 1024 + 10, b"\0\0")
