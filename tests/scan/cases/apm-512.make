#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(16 * MIB)
n = 512
apm(disk, [(1, 3, "Apple", "Apple_partition_map"), (MIB // n, 4 * MIB // n, "disk image", "Apple_HFS"),
           (5 * MIB // n, MIB // n, "", "Apple_Free")], n)
