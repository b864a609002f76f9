#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

# not sparse: only reading tells that there is nothing
disk = one_partition(16 * MIB)
for at in range(1, 16):
    disk.put(at * MIB, bytes(MIB))
