# SPDX-License-Identifier: Apache-2.0
"""Kinds of file systems for the truth test: how each is made, and how its files are extracted by tools that know nothing of exhibit."""
import lzma, os, re, struct, subprocess, tempfile, time


SECTOR = 512


def run(*argv, **kw):
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kw).stdout


def write(path, data):
    with open(path, "wb") as out:
        out.write(data)


SIZES = [0, 1, 20, 700, 1734, 4096, 5000, 40000, 300001]


def tree(rnd, top, sizes=SIZES):
    """Directories and files of many sizes; returns their paths."""
    paths = []
    for d in range(6):
        parent = "/".join(["d%d" % d] + (["deep"] if d % 2 else []))
        os.makedirs(os.path.join(top, parent))
        for f in range(12):
            path = "%s/file-%d.bin" % (parent, f)
            write(os.path.join(top, path), rnd.randbytes(rnd.choice(sizes)))
            paths.append(path)
    return paths


class Kind:
    """make() returns the paths of all files there are; deleted has the contents of those that were removed, by name."""
    tools = []
    size = 24
    options = []
    gaps = None  # between holes, at least and at most, in bytes

    def spared(self, image):
        """No holes there: nobody could read anything."""
        return []

    def hurt(self, image):
        """Holes that there are beside the random ones."""
        return []

    def needed(self, image):
        """What the tools cannot do without, and is no content: never inverted."""
        return []

    def __init__(self):
        self.deleted = {}

    def extract(self, image, path):
        """The content of a file; raises CalledProcessError or OSError where there is none."""
        raise NotImplementedError

    def extract_all(self, image, paths):
        out = {}
        for path in paths:
            try:
                out[path] = self.extract(image, path)
            except (subprocess.CalledProcessError, OSError):
                out[path] = None
        return out

    def truth(self, image, paths, spoil):
        """What differs in each file between the image as it is and after spoil() inverted the holes."""
        before = self.extract_all(image, paths)
        missing = [p for p in paths if before[p] is None]
        if missing:
            raise SystemExit("%s cannot be extracted as they are" % missing)
        spoil()
        after = self.extract_all(image, paths)
        return {p: r for p, r in ((p, differing(before[p], after[p])) for p in paths) if r}


def differing(a, b):
    """Ranges of a in which b has something else, or nothing."""
    if b is None:
        return [(0, len(a))]
    ranges = []
    for at in range(0, len(a), 4096):
        if a[at:at + 4096] == b[at:at + 4096]:
            continue
        for i in range(at, min(at + 4096, len(a))):
            if a[i:i + 1] == b[i:i + 1]:
                continue
            if ranges and sum(ranges[-1]) == i:
                ranges[-1] = (ranges[-1][0], ranges[-1][1] + 1)
            else:
                ranges.append((i, 1))
    return ranges


class Mounted(Kind):
    """Extracted through a mount of FUSE, which has the same file system in user space."""
    def mount(self, image, at, *options):
        raise NotImplementedError

    def unmounted(self, at):
        pass

    def with_mount(self, image, do, *options):
        with tempfile.TemporaryDirectory() as at:
            self.mount(image, at, *options)
            try:
                return do(at)
            finally:
                subprocess.run(["umount", at], check=True)
                self.unmounted(at)

    def extract_all(self, image, paths):
        def all_of(at):
            out = {}
            for path in paths:
                try:
                    with open(os.path.join(at, path), "rb") as f:
                        out[path] = f.read()
                except OSError:
                    out[path] = None
            return out
        return self.with_mount(image, all_of, "ro")


# ---- ext ----

class Ext(Kind):
    tools = ["mkfs.ext4", "debugfs"]
    options = ["-t", "ext4"]
    block = "1024"

    def make(self, rnd, image, top):
        paths = tree(rnd, top)
        gone = ["d0/gone-%d.bin" % i for i in range(4)]
        for path in gone:
            self.deleted[os.path.basename(path)] = rnd.randbytes(rnd.choice([3000, 8192, 200001]))
            write(os.path.join(top, path), self.deleted[os.path.basename(path)])
        with open(os.path.join(top, "sparse"), "wb") as out:
            for i in range(0, 40, 2):
                out.seek(i * 8192)
                out.write(rnd.randbytes(4096))
            out.truncate(400000)
        os.symlink("x" * 200, os.path.join(top, "long-link"))
        os.link(os.path.join(top, paths[7]), os.path.join(top, "hard-link"))
        paths += ["sparse", "hard-link"] + self.more(rnd, top)
        run("mkfs.ext4", "-q", "-F", *self.options, "-b", self.block, "-d", top, image, "%dM" % self.size,
            env=dict(os.environ, E2FSPROGS_FAKE_TIME="1700000000"))
        for path in gone:
            run("debugfs", "-w", "-R", "rm /" + path, image)
        self.paths = paths
        return paths

    def more(self, rnd, top):
        return []

    def needed(self, image):
        """Blocks that tell where other blocks are: debugfs stops at one that makes no sense."""
        said = subprocess.run(["debugfs", "-f", "-", image], input="".join('stat "/%s"\n' % p for p in self.paths).encode(),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True).stdout.decode(errors="replace")
        size = int(self.block)
        return [(int(b) * size, size) for b in re.findall(r"\((?:[A-Z]*IND|ETB\d+)\):(\d+)", said)]

    def extract(self, image, path):
        with tempfile.TemporaryDirectory() as work:
            to = os.path.join(work, "extracted")
            run("debugfs", "-R", 'dump "/%s" %s' % (path, to), image)
            with open(to, "rb") as f:
                return f.read()


class ExtPieces(Ext):
    """Files of so many pieces that their extents fill blocks of their own."""
    def more(self, rnd, top):
        for name, step in (("pieces", 2048), ("many-pieces", 3072)):
            with open(os.path.join(top, name), "wb") as out:
                for i in range(600):
                    out.seek(i * step)
                    out.write(rnd.randbytes(1024))
        return ["pieces", "many-pieces"]


class ExtInline(Ext):
    """Contents that stand in the inode, and behind it."""
    options = ["-t", "ext4", "-O", "inline_data", "-I", "256"]

    def more(self, rnd, top):
        os.mkdir(os.path.join(top, "small"))
        names = ["small/%d" % n for n in (1, 30, 59, 60, 61, 100, 140, 200)]
        for name in names:
            write(os.path.join(top, name), rnd.randbytes(int(name.split("/")[1])))
        return names


class ExtPlain(Ext):
    options = ["-t", "ext4", "-O", "^64bit,^metadata_csum,^flex_bg"]


class Ext2(Ext):
    options = ["-t", "ext2"]


class Ext3(Ext):
    options = ["-t", "ext3"]


class Indirect(Ext):
    """Blocks behind one, two and three levels of indirect blocks."""
    def more(self, rnd, top):
        with open(os.path.join(top, "levels"), "wb") as out:
            for at, n in ((0, 300000), (20 << 20, 70000), (66 << 20, 90000), (68 << 20, 5000)):
                out.seek(at)
                out.write(rnd.randbytes(n))
        return ["levels"]


class Ext2Indirect(Indirect):
    options = ["-t", "ext2"]


class Ext3Indirect(Indirect):
    options = ["-t", "ext3"]


# ---- FAT and exFAT ----

class Fat(Kind):
    tools = ["mkfs.fat", "mcopy"]
    bits, size, options = "16", 24, []

    def make(self, rnd, image, top):
        paths = tree(rnd, top)
        with open(image, "wb") as out:
            out.truncate(self.size << 20)
        run("mkfs.fat", "-F", self.bits, *self.options, image)
        for d in sorted(os.listdir(top)):
            run("mcopy", "-s", "-i", image, os.path.join(top, d), "::/")
        # holes in the allocation, so that what comes now is in pieces
        for path in paths[::3]:
            run("mdel", "-i", image, "::/" + path)
        late = ["late-%d.bin" % i for i in range(4)]
        gone = ["a-deleted-file-%d.bin" % i for i in range(4)]
        for name in late + gone:
            write(os.path.join(top, name), rnd.randbytes(350001 if name in late else rnd.choice([700, 5000, 150001])))
            run("mcopy", "-i", image, os.path.join(top, name), "::/" + name)
        for name in gone:
            with open(os.path.join(top, name), "rb") as f:
                self.deleted[name] = f.read()
            run("mdel", "-i", image, "::/" + name)
        return [p for i, p in enumerate(paths) if i % 3] + late

    def extract(self, image, path):
        return run("mtype", "-i", image, "::/" + path)


class Fat12(Fat):
    bits, size, options = "12", 8, ["-s", "8"]


class Fat32(Fat):
    bits, size, options = "32", 40, ["-s", "1"]


class FatOnce(Fat):
    """One FAT, and holes in it: behind them nobody knows where a file goes on."""
    options = ["-f", "1", "-R", "4", "-s", "4"]

    def make(self, rnd, image, top):
        paths = super().make(rnd, image, top)
        # whether the clusters of deleted files went to others is not known either
        self.deleted = {}
        return paths

    def hurt(self, image):
        return [(2048 + n * SECTOR, SECTOR) for n in (3, 11, 17)]


class Exfat(Mounted):
    tools = ["mkfs.exfat", "mount.exfat-fuse"]
    cluster = "4K"

    def fat(self, image):
        with open(image, "rb") as f:
            return int.from_bytes(f.read(84)[80:], "little") << 9

    def spared(self, image):
        """Where the root directory goes on stands in the first sector of the FAT."""
        return [(self.fat(image), SECTOR)]

    def hurt(self, image):
        return [(self.fat(image) + SECTOR, SECTOR)]

    def mount(self, image, at, *options):
        self.loop = run("losetup", "-f", "--show", *(["-r"] if "ro" in options else []), image).decode().strip()
        try:
            run("mount.exfat-fuse", *(["-o", ",".join(options)] if options else []), self.loop, at)
        except subprocess.CalledProcessError:
            self.unmounted(at)
            raise

    def unmounted(self, at):
        # fuseblk lets go of its device a moment later
        for _ in range(100):
            if subprocess.run(["losetup", "-d", self.loop], stderr=subprocess.DEVNULL).returncode == 0:
                return
            time.sleep(.05)

    def make(self, rnd, image, top):
        with open(image, "wb") as out:
            out.truncate(self.size << 20)
        run("mkfs.exfat", "-c", self.cluster, image)
        return self.with_mount(image, lambda at: self.fill(rnd, at))

    def fill(self, rnd, at):
        paths = tree(rnd, at)
        for path in paths[::3]:
            os.unlink(os.path.join(at, path))
        # two that grow by turns have chains
        late = ["grown-0", "grown-1"]
        for _ in range(40):
            for name in late:
                with open(os.path.join(at, name), "ab") as out:
                    out.write(rnd.randbytes(5000))
        for i in range(4):
            late.append("late-%d" % i)
            write(os.path.join(at, late[-1]), rnd.randbytes(150001))
        gone = ["a-deleted-file-%d" % i for i in range(4)]
        for name in gone:
            self.deleted[name] = rnd.randbytes(rnd.choice([700, 5000, 150001]))
            write(os.path.join(at, name), self.deleted[name])
        for name in gone:
            os.unlink(os.path.join(at, name))
        return [p for i, p in enumerate(paths) if i % 3] + late


class ExfatSmall(Exfat):
    cluster = "512"


# ---- NTFS ----

class Ntfs(Kind):
    tools = ["mkntfs", "ntfscp", "ntfscat", "ntfsinfo"]
    cluster = "1024"

    def make(self, rnd, image, top):
        with open(image, "wb") as out:
            out.truncate(self.size << 20)
        run("mkntfs", "-q", "-F", "-f", "-c", self.cluster, image)
        paths = []
        for f in range(40):
            size = rnd.choice([0, 1, 20, 600, 700, 1734, 4096, 5000, 40000, 300001])
            name = "file-%d.bin" % f
            source = os.path.join(top, name)
            write(source, rnd.randbytes(size))
            run("ntfscp", "-q", image, source, name)
            paths.append(name)
            if f % 10 == 3:
                run("ntfscp", "-q", "-N", "more", image, source, name)
                paths.append(name + ":more")
        return paths

    def needed(self, image):
        """$AttrDef and $UpCase: without them there is no mount."""
        return [(c * size, size) for size in [int(self.cluster)] for i in ("4", "10") for c in self.clusters(image, "-i", i) if c]

    def clusters(self, image, *file):
        """Addresses of the clusters of the unnamed data, in the file's order; None for a hole."""
        said = run("ntfsinfo", "-f", "-v", *file, image).decode(errors="replace")
        data = said[said.index("Dumping attribute $DATA"):]
        data = data[:data.index("Dumping attribute", 10)] if "Dumping attribute" in data[10:] else data
        found = []
        for _, lcn, length in re.findall(r"^\s+0x([0-9a-f]+)\s+(0x[0-9a-f]+|<[A-Z_]+>)\s+0x([0-9a-f]+)\s*$", data, re.M):
            first = None if lcn[0] == "<" else int(lcn, 16)
            found += [None if first is None else first + i for i in range(int(length, 16))]
        return found

    def extract(self, image, path):
        name, _, stream = path.partition(":")
        return run("ntfscat", "-f", *(["-n", stream] if stream else []), image, name)


class NtfsMounted(Ntfs, Mounted):
    """Sparse and deleted files, streams of all sizes."""
    tools = ["mkntfs", "ntfs-3g", "ntfscat", "ntfsinfo"]
    extract_all = Kind.extract_all
    cluster = "4096"

    def mount(self, image, at, *options):
        run("ntfs-3g", "-o", ",".join(["streams_interface=windows", "compression", *options]), image, at)

    def make(self, rnd, image, top):
        with open(image, "wb") as out:
            out.truncate(self.size << 20)
        run("mkntfs", "-q", "-F", "-f", "-c", self.cluster, image)
        return self.with_mount(image, lambda at: self.fill(rnd, at))

    def fill(self, rnd, at):
        paths = tree(rnd, at)
        for i in range(3):
            paths.append("sparse-%d" % i)
            with open(os.path.join(at, paths[-1]), "wb") as out:
                for piece in range(12):
                    out.seek((piece * 5 + i) * 65536 + rnd.choice([0, 4096, 777]))
                    out.write(rnd.randbytes(rnd.choice([1000, 4096, 30000])))
                out.truncate(5000000)
        for path in paths[3:20:4]:
            for size in (10, 900, 60000):
                paths.append("%s:stream-%d" % (path, size))
                write(os.path.join(at, paths[-1]), rnd.randbytes(size))
        for i in range(4):
            name = "a-deleted-file-%d" % i
            self.deleted[name] = rnd.randbytes(rnd.choice([3000, 5000, 150001]))
            write(os.path.join(at, name), self.deleted[name])
        for name in self.deleted:
            os.unlink(os.path.join(at, name))
        return paths


class NtfsCompressed(NtfsMounted):
    """Compressed files. Their truth is that of the stored chunks: a chunk of which a byte is lost is lost as a whole, and where the two
    bytes before it are, so is all behind them in its unit. Where the chunks are, ntfsinfo tells."""
    tools = ["mkntfs", "ntfs-3g", "ntfscat", "ntfsinfo", "setfattr"]
    UNIT, CHUNK = 16, 4096

    def fill(self, rnd, at):
        os.mkdir(os.path.join(at, "packed"))
        run("setfattr", "-h", "-v", "0x00000800", "-n", "system.ntfs_attrib_be", os.path.join(at, "packed"))
        paths = []
        for i in range(10):
            paths.append("packed/text-%d" % i)
            text = b"".join(b"%d is %s, and %s.\n" % (n, rnd.randbytes(rnd.choice([1, 4, 30])).hex().encode(), b"so on" * rnd.randrange(9))
                            for n in range(rnd.choice([10, 300, 2000, 6000])))
            # a unit that cannot be compressed, and one of zeros
            extra = rnd.choice([b"", rnd.randbytes(150000), bytes(200000)])
            write(os.path.join(at, paths[-1]), text + extra + text)
        return paths

    def units(self, image, path):
        clusters = self.clusters(image, "-F", path)
        for at in range(0, len(clusters), self.UNIT):
            yield [c for c in clusters[at:at + self.UNIT] if c is not None]

    def stored(self, image, clusters):
        size = int(self.cluster)
        with open(image, "rb") as f:
            return b"".join(os.pread(f.fileno(), size, c * size) for c in clusters)

    def lost_of_unit(self, before, after, size):
        """Which of the size bytes of a unit are not told by after."""
        if len(before) == self.UNIT * int(self.cluster):
            return [i for i in range(min(size, len(before))) if before[i] != after[i]]
        at = out = 0
        lost = []
        while at + 2 <= len(before) and out < size:
            header = int.from_bytes(before[at:at + 2], "little")
            if before[at:at + 2] != after[at:at + 2]:
                return lost + list(range(out, size))
            if not header:
                break
            end = at + (header & 0xfff) + 3
            if before[at:end] != after[at:end]:
                lost += range(out, min(out + self.CHUNK, size))
            at, out = end, out + self.CHUNK
        return lost

    def truth(self, image, paths, spoil):
        sizes = {p: len(self.extract(image, p)) for p in paths}
        units = {p: list(self.units(image, p)) for p in paths}
        before = {p: [self.stored(image, u) for u in units[p]] for p in paths}
        spoil()
        unit_size, truth = self.UNIT * int(self.cluster), {}
        for p in paths:
            lost = []
            for i, clusters in enumerate(units[p]):
                left = min(unit_size, sizes[p] - i * unit_size)
                if clusters and left > 0:
                    lost += [i * unit_size + b for b in self.lost_of_unit(before[p][i], self.stored(image, clusters), left)]
            for b in lost:
                if p in truth and sum(truth[p][-1]) == b:
                    truth[p][-1] = (truth[p][-1][0], truth[p][-1][1] + 1)
                else:
                    truth.setdefault(p, []).append((b, 1))
        return truth


# ---- the others ----

class Tsk(Kind):
    """Extracted by the tools of the Sleuth Kit, where Debian has nothing else that reads the file system."""
    tsk = []

    def listed(self, image):
        said = run("fls", "-r", "-p", "-F", *self.tsk, image).decode(errors="surrogateescape")
        return re.findall(r"^r\S+ ([^:*\s]+):\t(.*)$", said, re.M)

    def extract_all(self, image, paths):
        inodes = {name: number for number, name in self.listed(image)}
        out = {}
        for path in paths:
            try:
                out[path] = run("icat", *self.tsk, image, inodes[path])
            except (subprocess.CalledProcessError, KeyError):
                out[path] = None
        return out


class Fixture(Tsk):
    """An image of other people; its files are what the Sleuth Kit lists."""
    gaps = (512, 12000)
    image = None

    def make(self, rnd, image, top):
        with lzma.open(os.path.join(os.environ["EXHIBIT_TESTDATA"], self.image)) as f:
            write(image, f.read())
        self.find(image)
        names = [name for _, name in self.listed(image) if not name.startswith("$")]
        return [name for name, content in self.extract_all(image, names).items() if content is not None]

    def find(self, image):
        pass


class HfsPlus(Fixture):
    tools = ["fls", "icat", "istat"]
    tsk = ["-f", "hfs"]
    image = "filesystems/dfvfs_hfsplus.raw.xz"

    def listed(self, image):
        """fls does not list resource forks."""
        found = super().listed(image)
        for number, name in list(found):
            if re.search(r"RSRC \(4353-1\)", run("istat", *self.tsk, image, number).decode(errors="replace")):
                found.append((number + "-4353-1", name + ":RSRC"))
        return found

    def spared(self, image):
        """The volume header, and the extents of the catalog: libtsk gives up without them (Apple TN1150)."""
        with open(image, "rb") as f:
            header = f.read(1536)[1024:]
        size = int.from_bytes(header[40:44], "big")
        extents = struct.unpack(">16I", header[288:352])
        return [(1024, 512)] + [(a * size, n * size) for a, n in zip(extents[::2], extents[1::2])]


class Apfs(Fixture):
    tools = ["fls", "icat", "pstat"]
    image = "filesystems/dfvfs_apfs.raw.xz"

    def spared(self, image):
        return [(0, 1 << 40)]  # libtsk does without nothing of what it reads

    def hurt(self, image):
        with open(image, "rb") as f:
            whole = f.read()
        names = [name for _, name in self.listed(image)]
        found = []
        for content in self.extract_all(image, names).values():
            at = whole.find(content) if content and len(content) > 64 else -1
            if at >= 0:
                found.append((at + len(content) // 3, len(content) // 3))
        return sorted(set(found))

    def find(self, image):
        block = re.search(r"APSB Block Number: (\d+)", run("pstat", image).decode()).group(1)
        self.tsk = ["-P", "apfs", "-B", block]


class Ufs1(Tsk):
    tools = ["makefs", "fls", "icat"]
    tsk = ["-f", "ufs"]
    options = ["-t", "ffs", "-o", "version=1"]

    def spared(self, image):
        return [(8192, 8192)]

    def make(self, rnd, image, top):
        paths = tree(rnd, top, SIZES + [900001])
        run("makefs", *self.options, "-s", "%dm" % self.size, image, top)
        return paths


class Iso(Kind):
    """Two trees, of which Rock Ridge has the longer names."""
    tools = ["genisoimage", "isoinfo"]
    options, reader = ["-R", "-J"], ["-J"]

    def spared(self, image):
        """Volume descriptors, path tables, and where root directories begin (ECMA-119, 8 and 9.4)."""
        found = []
        with open(image, "rb") as f:
            for sector in range(16, 32):
                d = os.pread(f.fileno(), 2048, sector * 2048)
                found.append((sector * 2048, 2048))
                if d[0] == 255:
                    return found
                tables = struct.unpack("<2I", d[140:148]) + struct.unpack(">2I", d[148:156])
                found += [(t * 2048, int.from_bytes(d[132:136], "little")) for t in tables if t and d[0] in (1, 2)]
                found.append((int.from_bytes(d[158:162], "little") * 2048, 2048))

    def make(self, rnd, image, top):
        paths = tree(rnd, top)
        paths.append("a name that is longer than the old ones may be, with.dots")
        write(os.path.join(top, paths[-1]), rnd.randbytes(12345))
        run("genisoimage", "-quiet", *self.options, "-o", image, top)
        return paths

    def extract(self, image, path):
        return run("isoinfo", "-i", image, *self.reader, "-x", "/" + path)


class IsoJoliet(Iso):
    options, reader = ["-J", "-joliet-long"], ["-J"]


KINDS = {"ext4": Ext, "ext2": Ext2, "ext3": Ext3, "ext4-plain": ExtPlain, "ext4-pieces": ExtPieces, "ext4-inline": ExtInline,
         "ext2-indirect": Ext2Indirect, "ext3-indirect": Ext3Indirect, "ntfs": Ntfs, "ntfs-mounted": NtfsMounted,
         "ntfs-compressed": NtfsCompressed, "fat12": Fat12, "fat16": Fat, "fat32": Fat32, "fat16-once": FatOnce, "exfat": Exfat, "exfat-small": ExfatSmall,
         "hfsplus": HfsPlus, "apfs": Apfs, "ufs1": Ufs1, "iso": Iso, "iso-joliet": IsoJoliet}
