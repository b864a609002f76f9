#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

# an entry that ends before it begins, one up to the largest sector there is, one over the table itself, one past the end
disk = Disk(16 * MIB)
gpt(disk, {1: (DATA, 9000, 100, "reversed"), 2: (DATA, 2**64 - 2, 2**64 - 1, "largest"), 3: (DATA, 1, 100, "over the table"),
           4: (DATA, 8192, 100000, "past the end"), 5: (DATA, 2048, 4095, "good")})
