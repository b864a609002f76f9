# SPDX-License-Identifier: Apache-2.0
"""Writers of partition tables for the cases of tests/scan, each from the specification of its format and not from the readers."""
import os
import struct
import subprocess
import sys
import zlib

MIB = 1 << 20
LINUX = "0fc63daf-8483-4772-8e79-3d69d8477de4"
DATA = "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7"


class Disk:
    """A sparse file of so many bytes at the path that the case was given."""

    def __init__(self, size):
        self.file = open(sys.argv[1], "w+b")
        self.size = size
        self.file.truncate(size)

    def put(self, at, data):
        self.file.seek(at)
        self.file.write(data)

    def get(self, at, n):
        self.file.seek(at)
        return self.file.read(n)

    def cut(self, size):
        self.file.truncate(size)

    def fat(self, at, size, label):
        """A FAT of its own maker's, the same bytes every time."""
        self.file.flush()
        name = sys.argv[1] + ".fs"
        with open(name, "wb") as f:
            f.truncate(size)
        subprocess.run(["mkfs.vfat", "--invariant", "-n", label, name], check=True, stdout=subprocess.DEVNULL)
        with open(name, "rb") as f:
            self.put(at, f.read())
        os.unlink(name)

    def ext(self, at, size, label, options=()):
        self.file.flush()
        name = sys.argv[1] + ".fs"
        with open(name, "wb") as f:
            f.truncate(size)
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-L", label, "-U", "6b1f6f2e-1d54-4a39-8f5b-2f0a6d9c0041", *options,
                        name], check=True)
        with open(name, "rb") as f:
            self.put(at, f.read().rstrip(b"\0"))
        os.unlink(name)

    def mkfs(self, at, size, *command):
        """A file system of its own maker's; {} in command is the file."""
        self.file.flush()
        name = sys.argv[1] + ".fs"
        with open(name, "wb") as f:
            f.truncate(size)
        subprocess.run([word.format(name) for word in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.copy(at, name)
        os.unlink(name)

    def copy(self, at, name):
        """The bytes of a file, and its holes."""
        with open(name, "rb") as f:
            end, data = os.fstat(f.fileno()).st_size, 0
            while data < end:
                try:
                    data = os.lseek(f.fileno(), data, os.SEEK_DATA)
                except OSError:
                    return
                hole = os.lseek(f.fileno(), data, os.SEEK_HOLE)
                self.put(at + data, os.pread(f.fileno(), hole - data, data))
                data = hole

    def change_header(self, at, change):
        """Lets change() alter the 92 bytes of a GPT header, and makes its checksum again."""
        header = bytearray(self.get(at, 92))
        change(header)
        struct.pack_into("<I", header, 16, 0)
        struct.pack_into("<I", header, 16, zlib.crc32(bytes(header)))
        self.put(at, bytes(header))


def one_partition(size, kind=0x83):
    """A disk with one MBR partition from 1 MiB to its end."""
    disk = Disk(size)
    disk.put(0, mbr([mbr_entry(kind, 2048, size // 512 - 2048)]))
    return disk


def mbr_entry(kind, start, count, active=False):
    return struct.pack("<B3xB3xII", 0x80 if active else 0, kind, start, count)


def mbr(entries, signature=0):
    """entries: up to four of mbr_entry() or None."""
    slots = [e or bytes(16) for e in entries] + [bytes(16)] * (4 - len(entries))
    return bytes(440) + struct.pack("<IH", signature, 0) + b"".join(slots) + b"\x55\xaa"


def guid(text):
    a, b, c, d, e = text.split("-")
    return struct.pack("<IHH", int(a, 16), int(b, 16), int(c, 16)) + bytes.fromhex(d + e)


def gpt_array(entries, slots=128):
    """entries: {slot: (type, first, last, name)}, slots from 1."""
    array = bytearray(slots * 128)
    for slot, (kind, first, last, name) in entries.items():
        array[(slot - 1) * 128:slot * 128] = struct.pack("<16s16sQQQ72s", guid(kind), guid(f"00000000-0000-4000-8000-{slot:012x}"), first,
                                                        last, 0, name.encode("utf-16-le"))
    return bytes(array)


def gpt_header(my, other, array_lba, array, last, slots, first_usable):
    def packed(crc):
        return struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, crc, 0, my, other, first_usable, last,
                           guid("6b1f6f2e-1d54-4a39-8f5b-2f0a6d9c0010"), array_lba, slots, 128, zlib.crc32(array))
    return packed(zlib.crc32(packed(0)))


def gpt(disk, entries, sector=512, slots=128, protective=None):
    """Both copies and the MBR before them."""
    array, end = gpt_array(entries, slots), disk.size // sector - 1
    length = -(-len(array) // sector)
    first, last = 2 + length, end - length - 1
    protective = protective or [mbr_entry(0xee, 1, min(end, 0xffffffff))]
    disk.put(0, mbr(protective))
    disk.put(sector, gpt_header(1, end, 2, array, last, slots, first))
    disk.put(2 * sector, array)
    disk.put((end - length) * sector, array)
    disk.put(end * sector, gpt_header(end, 1, end - length, array, last, slots, first))


def bsd(partitions, big=False, version=0, slots=8):
    """partitions: {letter: (offset, count, type)} in sectors."""
    order = ">" if big else "<"
    label = bytearray(148 + slots * 16)
    struct.pack_into(order + "I", label, 0, 0x82564557)
    struct.pack_into(order + "I", label, 40, 512)
    struct.pack_into(order + "H", label, 114, version)
    struct.pack_into(order + "IHH", label, 132, 0x82564557, 0, slots)
    for letter, (offset, count, kind) in partitions.items():
        at = 148 + (ord(letter) - ord("a")) * 16
        struct.pack_into(order + "II", label, at, count & 0xffffffff, offset & 0xffffffff)
        if version:
            struct.pack_into(order + "HH", label, at + 8, offset >> 32, count >> 32)
        label[at + 12] = kind
    total = 0
    for (word,) in struct.iter_unpack(order + "H", label):
        total ^= word
    struct.pack_into(order + "H", label, 136, total)
    return bytes(label)


def bsd64(partitions, total):
    """partitions: {letter: (offset, length, type)} in bytes, to be put where the slice begins."""
    label = bytearray(512 + 200 + 16 * 64)
    struct.pack_into("<IIII16sQQQQQ", label, 512, 0xc4464c59, 0, 4096, 16, bytes(range(16)), total, 4096, 32768, total, 0)
    for letter, (offset, length, kind) in partitions.items():
        struct.pack_into("<QQB", label, 712 + (ord(letter) - ord("a")) * 64, offset, length, kind)
    struct.pack_into("<I", label, 516, zlib.crc32(bytes(label[512:])))
    return bytes(label)


def apm(disk, partitions, block=512):
    """partitions: [(start, count, name, type)] in blocks, the map itself first."""
    disk.put(0, struct.pack(">2sHI", b"ER", block, disk.size // block))
    for i, (start, count, name, kind) in enumerate(partitions):
        disk.put((i + 1) * block, struct.pack(">2sHIII32s32sIII", b"PM", 0, len(partitions), start, count, name.encode(),
                                                     kind.encode(), 0, count, 0x33))


def sun(partitions, heads, sectors):
    """partitions: {slot: (cylinder, sectors, tag)}, slots from 1."""
    label = bytearray(512)
    struct.pack_into(">I8sH", label, 128, 1, b"", 8)
    struct.pack_into(">I", label, 188, 0x600ddeee)
    struct.pack_into(">HH", label, 436, heads, sectors)
    for slot, (cylinder, count, tag) in partitions.items():
        struct.pack_into(">HH", label, 142 + (slot - 1) * 4, tag, 0)
        struct.pack_into(">II", label, 444 + (slot - 1) * 8, cylinder, count)
    struct.pack_into(">H", label, 508, 0xdabe)
    total = 0
    for (word,) in struct.iter_unpack(">H", label):
        total ^= word
    struct.pack_into(">H", label, 510, total)
    return bytes(label)


def sgi(partitions):
    """partitions: {slot: (start, count, type)} in sectors, slots from 1."""
    label = bytearray(512)
    struct.pack_into(">I", label, 0, 0x0be5a941)
    for slot, (start, count, kind) in partitions.items():
        struct.pack_into(">III", label, 312 + (slot - 1) * 12, count, start, kind)
    total = sum(word for (word,) in struct.iter_unpack(">I", label))
    struct.pack_into(">I", label, 504, -total & 0xffffffff)
    return bytes(label)


def dasd(disk, data_sets, block=4096, per_track=12, heads=15, cylinders=100):
    """A compatible disk; data_sets: [(name, first track, last track)]."""
    def cchh(track):
        return struct.pack(">HH", track // heads, track % heads)
    volume = bytearray(80)
    volume[0:8] = "VOL1VOL1".encode("cp037")
    volume[8:14] = "0X0001".encode("cp037")
    volume[15:20] = cchh(1) + b"\1"
    disk.put(2 * block, bytes(volume))
    f4 = bytearray(140)
    f4[0:44] = b"\x04" * 44
    f4[44] = 0xf4
    struct.pack_into(">HH", f4, 62, cylinders, heads)
    f4[74] = per_track
    disk.put(per_track * block, bytes(f4))
    for i, (name, first, last) in enumerate(data_sets):
        f1 = bytearray(140)
        f1[0:44] = name.ljust(44).encode("cp037")
        f1[44] = 0xf1
        f1[59] = 1
        f1[105] = 1
        f1[107:115] = cchh(first) + cchh(last)
        disk.put((per_track + 1 + i) * block, bytes(f1))
