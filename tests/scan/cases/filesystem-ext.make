#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(8 * MIB)
disk.ext(0, 8 * MIB, "alone")
