#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = one_partition(16 * MIB, 0x07)
disk.mkfs(MIB, 15 * MIB, "mkntfs", "-q", "-F", "-L", "WIN", "{}")
# bit 0 of the flags in $VOLUME_INFORMATION of record 3
boot = disk.get(MIB, 512)
record = MIB + struct.unpack_from("<Q", boot, 48)[0] * boot[13] * 512 + 3 * 1024
data = disk.get(record, 1024)
at = struct.unpack_from("<H", data, 20)[0]
while struct.unpack_from("<I", data, at)[0] != 0x70:
    at += struct.unpack_from("<I", data, at + 4)[0]
disk.put(record + at + struct.unpack_from("<H", data, at + 20)[0] + 10, b"\1")
