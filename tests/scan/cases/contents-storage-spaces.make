#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = one_partition(32 * MIB, 0x07)
disk.put(MIB + 4096, b"SPACEDB ")
