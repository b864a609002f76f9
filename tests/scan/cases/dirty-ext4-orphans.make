#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = one_partition(32 * MIB)
disk.ext(MIB, 31 * MIB, "data", ("-O", "^metadata_csum"))
disk.put(MIB + 1024 + 0xe8, struct.pack("<I", 12))
