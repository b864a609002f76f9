#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Sets of many segments, up to the last name that there is.

load common

# write NAME COUNT: a set of so many segments with one chunk each, and its media as NAME.raw.
write() {
	python3 - "$1" "$2" <<-'PY'
		import struct, sys, zlib
		name, count = sys.argv[1], int(sys.argv[2])

		def summed(b):
		    return b + struct.pack("<I", zlib.adler32(b))

		def section(kind, at, payload, last=False):
		    size = 76 + len(payload)
		    return summed(kind.ljust(16, b"\0") + struct.pack("<QQ", at if last else at + size, size) + bytes(40)) + payload

		def extension(n):
		    if n < 99:
		        return f"E{n + 1:02}"
		    n -= 99
		    return chr(ord("E") + n // 676) + chr(65 + n % 676 // 26) + chr(65 + n % 26)

		with open(name + ".raw", "wb") as media:
		    for n in range(count):
		        chunk = f"{n:08}".encode() * 64
		        media.write(chunk)
		        data = b"EVF\x09\x0d\x0a\xff\0\x01" + struct.pack("<HH", n + 1, 0)
		        volume = struct.pack("<IIIIQ", 1, count, 1, 512, count).ljust(1048, b"\0")
		        data += section(b"data" if n else b"volume", len(data), summed(volume))
		        entry = struct.pack("<I", (len(data) + 76) | 0x80000000)
		        data += section(b"sectors", len(data), zlib.compress(chunk))
		        for kind in (b"table", b"table2"):
		            data += section(kind, len(data), summed(struct.pack("<I", 1) + bytes(16)) + summed(entry))
		        data += section(b"next" if n + 1 < count else b"done", len(data), b"", True)
		        with open(f"{name}.{extension(n)}", "wb") as f:
		            f.write(data)
	PY
}

# expect_media NAME COUNT
expect_media() {
	exhibit_json verify "$1.E01"
	expect_fact '.problems' '[]'
	expect_fact '.image.segments | length' "$2"
	expect_fact .digests.sha256 "\"$(sha256sum <"$1.raw" | cut -c 1-64)\""
}

@test "1500 segments where a process may have 512 files open" {
	need_tool python3
	cd "$BATS_TEST_TMPDIR"
	write set 1500
	ulimit -Sn 512
	expect_media set 1500
}

@test "a set that is larger than the limit is named as such" {
	need_tool python3
	cd "$BATS_TEST_TMPDIR"
	write set 700
	ulimit -Sn 600
	ulimit -Hn 600
	exhibit_json verify set.E01
	expect_status 3
	expect_message 'ulimit -Hn'
}

@test "14971 segments, the last one .ZZZ" {
	need_long
	need_tool python3
	cd "$BATS_TEST_TMPDIR"
	write set 14971
	[[ -e set.ZZZ ]]
	expect_media set 14971
}
