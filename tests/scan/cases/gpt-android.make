#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

# slots A and B on a disk with sectors of 4096 bytes
disk = Disk(96 * MIB)
names = ("xbl_a", "xbl_b", "boot_a", "boot_b", "vbmeta_a", "vbmeta_b", "super", "userdata")
gpt(disk, {i + 1: ("0fc63daf-8483-4772-8e79-3d69d8477de4", 256 + i * 2048, 256 + i * 2048 + 2047, name) for i, name in enumerate(names)},
    sector=4096)
disk.ext((256 + 7 * 2048) * 4096, 8 * MIB, "userdata")
disk.put((256 + 2 * 2048) * 4096, b"ANDROID!")
