#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = one_partition(32 * MIB)
disk.mkfs(MIB, 31 * MIB, "mke2fs", "-q", "-F", "-O", "journal_dev", "-U", "6b1f6f2e-1d54-4a39-8f5b-2f0a6d9c0022", "{}")
