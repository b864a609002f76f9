#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = one_partition(32 * MIB, 0x82)
disk.mkfs(MIB, 31 * MIB, "mkswap", "-p", "65536", "-U", "6b1f6f2e-1d54-4a39-8f5b-2f0a6d9c0021", "{}")
