#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(64 * MIB)
dasd(disk, [("LINUX.V0X0001.PART0001.NATIVE", 2, 43), ("LINUX.V0X0001.PART0002.SWAP", 44, 85)])
