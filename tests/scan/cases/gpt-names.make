#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

# right-to-left override, markup, escape sequence, all ones
disk = Disk(16 * MIB)
gpt(disk, {1: (DATA, 2048, 4095, "a\u202eb<i>\x1b[31m"), 2: (DATA, 8192, 9000, "\uffff" * 36)})
