#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = one_partition(64 * MIB)
disk.mkfs(MIB, 63 * MIB, "mkreiserfs", "-f", "-f", "-q", "-u", "6b1f6f2e-1d54-4a39-8f5b-2f0a6d9c0025", "{}")
disk.put(MIB + 65536 + 50, b"\2\0")
