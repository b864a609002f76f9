#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

import random
disk = one_partition(4 * MIB, 0x83)
disk.put(MIB, random.Random(1).randbytes(3 * MIB))
