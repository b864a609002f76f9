#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(1 << 30)
gpt(disk, {i: (LINUX, 2048 * i, 2048 * i + 1023, f"p{i}") for i in range(1, 1001)}, slots=1024)
