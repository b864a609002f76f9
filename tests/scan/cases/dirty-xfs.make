#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = one_partition(320 * MIB)
disk.mkfs(MIB, 319 * MIB, "mkfs.xfs", "-q", "-f", "-m", "uuid=6b1f6f2e-1d54-4a39-8f5b-2f0a6d9c0023", "{}")
# behind the record of the unmount another one, of two operations, as a mount writes it
sb = disk.get(MIB, 512)
block, agblocks, log = struct.unpack_from(">I", sb, 4)[0], struct.unpack_from(">I", sb, 84)[0], struct.unpack_from(">Q", sb, 48)[0]
at = MIB + ((log >> sb[124]) * agblocks + (log & ((1 << sb[124]) - 1))) * block
record = bytearray(disk.get(at, 1024))
struct.pack_into(">I", record, 40, 2)
record[512 + 9] = 0
disk.put(at + 1024, bytes(record))
