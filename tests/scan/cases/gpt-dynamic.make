#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = Disk(64 * MIB)
gpt(disk, {1: ("5808c8aa-7e8f-42e0-85d2-e1e90434cfb3", 34, 2081, "LDM metadata partition"),
           2: ("e3c9e316-0b5c-4db8-817d-f92df00215ae", 2082, 4129, "Microsoft reserved partition"),
           3: ("af9b60a0-1431-4f62-bc68-3311714a69ad", 4130, 100000, "LDM data partition")})
header = bytearray(512)
header[0:8] = b"PRIVHEAD"
header[0x30:0x54] = b"1cafeb1e-0000-4111-8222-333344445555"
header[0xf0:0xf8] = b"PC-Dg0\0\0"
struct.pack_into(">QQQQ", header, 0x11b, 4130, 95871, 34, 2047)
disk.put(2081 * 512, bytes(header))
