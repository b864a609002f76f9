#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

# neither the signature nor all bits set make a table
disk = Disk(32 * MIB)
disk.put(0, b"\xff" * 510 + b"\x55\xaa")
