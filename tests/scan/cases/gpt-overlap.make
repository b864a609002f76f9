#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(16 * MIB)
gpt(disk, {1: (DATA, 2048, 8191, "a"), 2: (DATA, 4096, 6000, "b"), 3: (DATA, 2048, 8191, "same")})
