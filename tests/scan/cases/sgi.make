#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(64 * MIB)
disk.put(0, sgi({1: (4096, 65536, 10), 9: (0, 4096, 0), 11: (0, 131072, 6)}))
