#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The mapped file: whoever reads it, however, gets the bytes of the media; and it stays small and quick.

load ../lib/common
load ../lib/device

setup() {
	own_places
	need_tool python3
}

teardown() {
	detach_all
}

# map IMAGE: sets file.
map() {
	exhibit_json attach --method fuse "$1"
	expect_status 0
	file=$(jq -r '.attachments[0].devices[] | select(.scope == "disk").file' <<<"$output")
}

# Reads at random and from front to back, from several threads at once, with and without the kernel's cache.
reads_like() {
	python3 - "$1" "$2" <<-'PY'
		import mmap, os, random, sys, threading
		mapped, media = (os.open(p, os.O_RDONLY) for p in sys.argv[1:3])
		size = os.fstat(media).st_size
		assert os.fstat(mapped).st_size == size
		wrong = []

		def same(offset, length):
		    if os.pread(mapped, length, offset) != os.pread(media, length, offset):
		        wrong.append((offset, length))

		def jump(seed):
		    r = random.Random(seed)
		    for _ in range(150):
		        offset = r.randrange(size)
		        same(offset, min(size - offset, r.choice((1, 511, 4096, 4097, 32768, 70000, 300000))))

		def run(start, step):
		    for offset in range(start, size, step):
		        same(offset, step)

		threads = [threading.Thread(target=jump, args=(n,)) for n in range(4)]
		threads += [threading.Thread(target=run, args=a) for a in ((0, 131072), (size // 2, 50001))]
		for t in threads: t.start()
		for t in threads: t.join()
		os.posix_fadvise(mapped, 0, 0, os.POSIX_FADV_DONTNEED)
		run(0, 1 << 20)
		print(wrong[:3])
		sys.exit(bool(wrong))
	PY
}

@test "random and sequential readers of an E01 get the bytes of the media" {
	a_copy_of demo.raw 'demo.E0?'
	map demo.E01
	reads_like "$file" demo.raw
}

@test "the same of split raw" {
	a_copy_of demo.raw 'demo.0??'
	map demo.001
	reads_like "$file" demo.raw
}

@test "large reads reach the server, and its memory stays bounded" {
	local server
	a_copy_of demo.raw 'demo.E0?'
	map demo.E01
	reads_like "$file" demo.raw
	server=$(our_processes | awk '$2 == "fuse" {print $1}' | head -1)
	[[ -n $server ]]
	[[ $(awk '/^VmHWM/ {print $2}' "/proc/$server/status") -lt 262144 ]]
	((EUID)) || [[ $(cat "/sys/class/bdi/$(stat -c '%Hd:%Ld' "$file")/read_ahead_kb") == 1024 ]]
}

# flip_somewhere NUMBER FILE: one bit; every fourth in the first sections, every fourth in the last ones.
flip_somewhere() {
	python3 - "$1" "$2" <<-'PY'
		import random, sys
		number, path = int(sys.argv[1]), sys.argv[2]
		r, data = random.Random(number), bytearray(open(path, "rb").read())
		low, high = ((13, 1400), (0, len(data)), (0, len(data)), (len(data) - 3000, len(data)))[number % 4]
		data[r.randrange(low, high)] ^= 1 << r.randrange(8)
		open(path, "wb").write(data)
	PY
}

# right_or_error FILE MEDIA: prints how many of the reads were errors; fails where one gave other bytes, or fewer.
right_or_error() {
	python3 - "$1" "$2" <<-'PY'
		import errno, os, random, sys
		mapped, media = os.open(sys.argv[1], os.O_RDONLY), open(sys.argv[2], "rb").read()
		r, errors = random.Random(1), 0
		reads = [(r.randrange(len(media)), r.choice((1, 512, 4096, 33000, 200000))) for _ in range(60)]
		reads += [(at, 65536) for at in range(0, len(media), 65536)]
		for at, n in reads:
		    n = min(n, len(media) - at)
		    try:
		        while n:  # what is before an error comes first, as read(2) has it
		            got = os.pread(mapped, n, at)
		            assert got and got == media[at:at + len(got)], (at, n, len(got))
		            at, n = at + len(got), n - len(got)
		    except OSError as e:
		        assert e.errno == errno.EIO, e
		        errors += 1
		print(errors)
	PY
}

@test "a flipped bit anywhere in a container: the bytes of the media or an error" {
	local number errors attached=0 with_errors=0
	need_tool ewfacquire
	cd "$BATS_TEST_TMPDIR"
	{
		seq 1 60000
		head -c 700000 /dev/zero
		openssl enc -aes-128-ctr -pass pass:x -nosalt -pbkdf2 -in /dev/zero 2>/dev/null | head -c 900000
	} >all || true
	head -c $((3800 * 512)) all >media
	ewfacquire -q -u -t sound -d sha1 -f encase6 -c fast media >log 2>&1
	for ((number = 0; number < 16; number++)); do
		cp sound.E01 flipped.E01
		flip_somewhere "$number" flipped.E01
		exhibit_json attach --method fuse --allow-incomplete "a flipped bit" flipped.E01
		file=$(jq -r '[.attachments[]?.devices[] | select(.scope == "disk").file][0] // empty' <<<"$output")
		if [[ -z $file ]]; then
			((status == 3)) || fail "number $number: status $status: $output"
			continue
		fi
		errors=$(right_or_error "$file" media) || fail "number $number: other bytes"
		attached=$((attached + 1)) with_errors=$((with_errors + (errors > 0)))
		"$EXHIBIT" detach -q --all
	done
	((attached >= 8 && with_errors >= 4)) || fail "$attached attached, $with_errors with errors"
}
