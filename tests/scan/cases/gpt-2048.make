#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(64 * MIB)
gpt(disk, {1: (LINUX, 512, 5631, "first")}, sector=2048)
