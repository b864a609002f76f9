#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = one_partition(320 * MIB)
disk.mkfs(MIB, 319 * MIB, "mkfs.xfs", "-q", "-f", "-m", "uuid=6b1f6f2e-1d54-4a39-8f5b-2f0a6d9c0023", "{}")
