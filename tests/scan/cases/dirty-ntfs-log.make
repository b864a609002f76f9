#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = one_partition(16 * MIB, 0x07)
disk.mkfs(MIB, 15 * MIB, "mkntfs", "-q", "-F", "-L", "WIN", "{}")
# a log that a client has open: both restart pages, the newer one second
boot = disk.get(MIB, 512)
cluster = boot[13] * 512
record = disk.get(MIB + struct.unpack_from("<Q", boot, 48)[0] * cluster + 2 * 1024, 1024)
at = struct.unpack_from("<H", record, 20)[0]
while struct.unpack_from("<I", record, at)[0] != 0x80:
    at += struct.unpack_from("<I", record, at + 4)[0]
run = at + struct.unpack_from("<H", record, at + 32)[0]
lengths, offsets = record[run] & 15, record[run] >> 4
log = MIB + int.from_bytes(record[run + 1 + lengths:run + 1 + lengths + offsets], "little") * cluster
for i, (lsn, client, flags) in enumerate(((1000, 0xffff, 2), (2000, 0, 0))):
    page = bytearray(4096)
    struct.pack_into("<4sHHQIIHhH", page, 0, b"RSTR", 30, 9, 0, 4096, 4096, 48, 1, 1)
    struct.pack_into("<QHHHH", page, 48, lsn, 1, 0xffff, client, flags)
    disk.put(log + i * 4096, bytes(page))
