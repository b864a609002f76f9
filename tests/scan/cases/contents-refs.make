#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = one_partition(32 * MIB, 0x07)
disk.put(MIB, struct.pack("<3x8s5x4sHHQIIBB", b"ReFS", b"FSRS", 512, 0, 63488, 512, 128, 3, 4))
