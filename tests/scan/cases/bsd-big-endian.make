#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(16 * MIB)
disk.put(64, bsd({"a": (16, 8192, 7), "c": (0, 32768, 0)}, big=True))
