#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
from disk import *

disk = one_partition(32 * MIB)
with open("word", "w") as f:
    f.write("word")
disk.mkfs(MIB, 31 * MIB, "cryptsetup", "luksFormat", "-q", "--type", "luks1", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000",
          "--uuid", "6b1f6f2e-1d54-4a39-8f5b-2f0a6d9c0020", "{}", "word")
