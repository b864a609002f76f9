#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(400 << 10)
root = bytearray(512)
struct.pack_into(">I", root, 0x1c2, 800)
for i, (name, start, count) in enumerate(((b"GEM", 2, 300), (b"XGM", 400, 400))):
    root[0x1c6 + i * 12:0x1d2 + i * 12] = struct.pack(">B3sII", 1, name, start, count)
disk.put(0, bytes(root))
link = bytearray(512)
link[0x1c6:0x1d2] = struct.pack(">B3sII", 1, b"GEM", 1, 300)
disk.put(400 * 512, bytes(link))
