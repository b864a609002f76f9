#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

kernel, root, future = "fe3a2a5d-4f32-41a7-b725-accc3285a309", "3cb8e202-3b7e-47dd-8a3c-7ff2a13cfcec", "2e0a753d-9e48-43b0-8337-b15192cb1b5e"
disk = Disk(64 * MIB)
gpt(disk, {1: (DATA, 40960, 90111, "STATE"), 2: (kernel, 20480, 24575, "KERN-A"), 3: (root, 24576, 28671, "ROOT-A"),
           4: (kernel, 28672, 32767, "KERN-B"), 5: (root, 32768, 36863, "ROOT-B"), 6: (kernel, 64, 64, "KERN-C"),
           7: (root, 65, 65, "ROOT-C"), 8: (DATA, 36864, 40959, "OEM"), 9: (future, 66, 66, "reserved"),
           10: (future, 67, 67, "reserved"), 11: ("cab6e88e-abf3-4102-a07a-d4bb9be3c1d3", 128, 16511, "RWFW"),
           12: ("c12a7328-f81f-11d2-ba4b-00a0c93ec93b", 16512, 20479, "EFI-SYSTEM")})
# the kernel's priority, tries and success are in its attributes
for at in (1024, disk.size - 512 - 128 * 128):
    disk.put(at + 128 + 48, struct.pack("<Q", 0x0151 << 48))
array = disk.get(1024, 128 * 128)
for at in (512, disk.size - 512):
    disk.change_header(at, lambda h: struct.pack_into("<I", h, 88, zlib.crc32(array)))
disk.ext(40960 * 512, 24 * MIB, "STATE")
disk.fat(16512 * 512, 3968 * 512, "EFI-SYSTEM")
