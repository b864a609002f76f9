#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = one_partition(128 * MIB)
disk.mkfs(MIB, 127 * MIB, "mkfs.btrfs", "-q", "-U", "6b1f6f2e-1d54-4a39-8f5b-2f0a6d9c0024", "--csum", "sha256", "{}")
# a root of the log tree; the checksum is made again
import hashlib
sb = bytearray(disk.get(MIB + 65536, 4096))
struct.pack_into("<Q", sb, 0x60, 30490624)
sb[0:32] = hashlib.sha256(bytes(sb[32:])).digest()
disk.put(MIB + 65536, bytes(sb))
