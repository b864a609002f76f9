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
