#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Mapfiles of ddrescue through what is attached: errors exactly where nothing was rescued, right bytes beside it, and fillings that are
# recorded.

load ../lib/common
load ../lib/device

# Sectors: one alone, two neighbours with one between, a run that ends at a page, one at the end of the partition.
holes=(2048+1 4096+1 4098+1 9993+7 20479+1)

setup() {
	own_places
	need_fuse
	need_tool sfdisk
	cd "$BATS_TEST_TMPDIR" || return
	head -c $((32768 * 512)) /dev/urandom >media.raw
	sfdisk -q media.raw <<<'label: dos
start=2048, size=18432, type=83'
	a_map
}

teardown() {
	detach_all
}

# a_map: in "map", of the holes.
a_map() {
	local at=0 hole start length
	{
		printf '# Mapfile. Created by GNU ddrescue version 1.27\n0x0 + 1\n'
		for hole in "${holes[@]}"; do
			start=$((${hole%+*} * 512)) length=$((${hole#*+} * 512))
			printf '%#x %#x +\n%#x %#x -\n' "$at" $((start - at)) "$start" "$length"
			at=$((start + length))
		done
		printf '%#x %#x +\n' "$at" $((32768 * 512 - at))
	} >map
}

# attach ARG...: sets disk and part.
attach() {
	exhibit_json attach "$@"
	expect_status 0
	disk=$(jq -r '.attachments[0].devices[] | select(.scope == "disk") | .device // .file' <<<"$output")
	part=$(jq -r '.attachments[0].devices[] | select(.scope == "partition") | .device // .file' <<<"$output")
	[[ -r $disk && -r $part ]]
}

# Every sector of $1, by direct I/O, against the media from sector $2 on: wrong bytes fail; prints those that cannot be read.
unreadable_sectors() {
	python3 - "$1" "$2" media.raw <<-'PY'
		import errno, mmap, os, stat, sys
		path, first, media = sys.argv[1], int(sys.argv[2]), open(sys.argv[3], "rb").read()
		fd = os.open(path, os.O_RDONLY | os.O_DIRECT)
		size = os.lseek(fd, 0, os.SEEK_END)
		buffer = mmap.mmap(-1, 4096)
		bad = []
		for sector in range(size // 512):
		    try:
		        n = os.preadv(fd, [memoryview(buffer)[:512]], sector * 512)
		    except OSError as e:
		        assert e.errno == errno.EIO, e
		        bad.append(first + sector)
		        continue
		    at = (first + sector) * 512
		    if n != 512 or buffer[:512] != media[at:at + 512]:
		        sys.exit("sector %d: wrong bytes" % sector)
		print(*bad)
	PY
}

expected_sectors() {
	local hole i
	for hole in "${holes[@]}"; do
		for ((i = ${hole%+*}; i < ${hole%+*} + ${hole#*+}; i++)); do
			((i >= $1 && i < $2)) && printf '%d ' "$i"
		done
	done
	return 0
}

# same_as_expected FIRST END SECTORS
same_as_expected() {
	[[ $3 == "$(expected_sectors "$1" "$2" | sed 's/ $//')" ]] || fail "unreadable: $3"
}

# What is read through the page cache may fail beside a hole, and is never wrong.
cached_reads() {
	python3 - "$1" "$2" media.raw <<-'PY'
		import os, sys
		path, first, media = sys.argv[1], int(sys.argv[2]) * 512, open(sys.argv[3], "rb").read()
		fd, failed = os.open(path, os.O_RDONLY), 0
		size = os.lseek(fd, 0, os.SEEK_END)
		for step in (512, 4096, 65536):
		    for at in range(0, size, step):
		        try:
		            got = os.pread(fd, step, at)
		        except OSError:
		            failed += 1
		            continue
		        if got != media[first + at:first + at + len(got)]:
		            sys.exit("%d bytes at %d are wrong" % (step, at))
		sys.exit(0 if failed else "no hole was noticed")
	PY
}

@test "FUSE: every sector of a hole is an error, every other one is right" {
	attach --method fuse --mapfile map media.raw
	same_as_expected 0 32768 "$(unreadable_sectors "$disk" 0)"
	same_as_expected 2048 20480 "$(unreadable_sectors "$part" 2048)"
	cached_reads "$disk" 0
	cached_reads "$part" 2048
}

@test "loop device over FUSE: the same" {
	need_loop
	attach --method loop --mapfile map media.raw
	[[ -b $disk && -b $part ]]
	same_as_expected 0 32768 "$(unreadable_sectors "$disk" 0)"
	same_as_expected 2048 20480 "$(unreadable_sectors "$part" 2048)"
	cached_reads "$disk" 0
	cached_reads "$part" 2048
}

@test "ddrescue reads from the device what its map says, and loses the rest" {
	need_loop
	need_tool ddrescue ddrescuelog
	attach --method loop --mapfile map media.raw
	ddrescue -q -d -b 512 -r1 "$disk" again.raw again.map || true
	[[ $(ddrescuelog -b512 -l-'*/?' again.map | sort -n | tr '\n' ' ') == "$(expected_sectors 0 32768)" ]]
	ddrescuelog -P -q map again.map || [[ $(ddrescuelog -b512 -l+ again.map | wc -l) == 32757 ]]
}

# filled WORD: media.raw as it is with that filling.
filled() {
	python3 - "$1" "${holes[@]}" <<-'PY'
		import sys
		data = bytearray(open("media.raw", "rb").read())
		for hole in sys.argv[2:]:
		    first, n = (int(x) * 512 for x in hole.split("+"))
		    data[first:first + n] = bytes(n)
		open("filled.raw", "wb").write(data)
	PY
}

@test "--holes zero: the device has zeros, and status, ledger and report say so" {
	filled zero
	attach --method fuse --mapfile map --holes zero media.raw
	cmp "$disk" filled.raw
	exhibit_json status
	expect_fact '.attachments[0].mapfile.holes' '"zero"'
	exhibit_json examine --case case --method fuse --mapfile map --holes zero media.raw -- true
	grep -q '"holes": *"zero"' case/ledger* case/facts/* || fail "the case does not say what was filled"
	grep -q "$(sha256sum <map | cut -d' ' -f1)" case/ledger* || fail "the ledger does not have the digest of the map"
	expect_problem holes-filled
}

@test "--holes zero through the loop driver: zeros too, whatever the file has there" {
	need_loop
	filled zero
	attach --method loop --mapfile map --holes zero media.raw
	expect_fact '.attachments[0].backing' '"file-server"'
	cmp "$disk" filled.raw
	cmp -i 1048576:0 -n 9437184 filled.raw "$part"
	exhibit_json detach "$(jq -r '.attachments[0].id' <<<"$output")"
	attach --method loop --mapfile map --holes pattern media.raw
	! cmp -s "$disk" media.raw
	! cmp -s "$disk" filled.raw
	cmp -n 1048576 "$disk" media.raw
}

@test "examine with a map: undecided, the command sees the errors, and both passes lose the same" {
	exhibit_json examine --case case --method fuse --mapfile map media.raw -- dd 'if={disk}' of=/dev/null bs=512 iflag=direct
	expect_status 3
	expect_fact .verdict '"undecided"'
	[[ $(fact .command.exit_status) != 0 ]]
	expect_fact '.before.damage == .after.damage' true
	expect_fact '[.before.damage[].length] | add' $((11 * 512))
}

@test "files through a map: what is lost is told, whatever the holes are filled with" {
	need_tool mke2fs debugfs
	mkdir tree
	head -c 100000 /dev/urandom >tree/hit
	head -c 5000 /dev/urandom >tree/whole
	truncate -s 4M fs.raw
	mke2fs -q -t ext4 -b 1024 -d tree fs.raw
	block=$(debugfs -R 'bmap /hit 3' fs.raw 2>/dev/null)
	printf '0 +\n0 %d +\n%d 512 -\n%d %d +\n' $((block * 1024)) $((block * 1024)) $((block * 1024 + 512)) $((4194304 - block * 1024 - 512)) >fs.map
	for holes in eio zero pattern; do
		exhibit files fs.raw --mapfile fs.map --holes "$holes" --format jsonl
		[[ $(jq -c 'select(.path == "/hit") | [.lost, .ranges, .digests]' <<<"$output") == '[512,[{"start":3072,"length":512}],null]' ]]
		[[ $(jq -r 'select(.path == "/whole") | .digests.sha256' <<<"$output") == "$(sha256sum <tree/whole | cut -d' ' -f1)" ]]
	done
}
