#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(64 * MIB)
gpt(disk, {1: (LINUX, 2048, 22527, "first"), 2: (LINUX, 1 << 62, (1 << 63) - 1, "far"), 3: (LINUX, 9000, 8000, "backwards"),
           4: (LINUX, 40960, (1 << 52), "long")})
