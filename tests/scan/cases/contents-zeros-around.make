#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

# zeros at both ends, and something between
disk = one_partition(40 * MIB)
disk.put(20 * MIB + 5, b"x")
