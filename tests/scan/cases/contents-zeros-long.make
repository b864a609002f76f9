#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

# more zeros than a quick scan reads
disk = one_partition(80 * MIB)
for at in range(1, 80):
    disk.put(at * MIB, bytes(MIB))
