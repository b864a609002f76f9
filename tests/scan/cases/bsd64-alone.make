#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(32 * MIB)
disk.put(0, bsd64({"a": (MIB, 8 * MIB, 7), "d": (9 * MIB, 4 * MIB, 22)}, 32 * MIB))
