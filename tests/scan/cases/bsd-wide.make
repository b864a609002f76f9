#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(3 << 40)
disk.put(512, bsd({"a": (4096, 8192, 7), "b": (1 << 32, 1 << 20, 7), "c": (0, 3 << 31, 0)}, version=1, slots=16))
