#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

# a container whose volumes cannot be read is not empty
disk = one_partition(32 * MIB, 0xaf)
disk.put(MIB, struct.pack("<24xII4sIQ24x16s", 0x80000001, 0, b"NXSB", 4096, 7936, bytes(range(16))))
