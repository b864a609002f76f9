#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = one_partition(4 * MIB, 0x83)
disk.put(MIB, b"To whom it may concern\n" * 100000)
