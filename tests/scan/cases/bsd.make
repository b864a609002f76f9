#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(16 * MIB)
disk.put(512, bsd({"a": (16, 8192, 7), "b": (8208, 4096, 1), "c": (0, 32768, 0)}))
