#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(64 * MIB)
gpt(disk, {1: (LINUX, 256, 2815, "first")}, sector=4096)
