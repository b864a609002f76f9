#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(64 * MIB)
disk.put(0, sun({1: (0, 8192, 2), 2: (64, 16384, 3), 3: (0, 131072, 5)}, 8, 16))
