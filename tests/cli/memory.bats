#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a whole reading costs the machine: its page cache, and memory that does not grow with the image.

load common

readonly LIMIT_KIB=262144 # 256 MiB
# the shadow memory of sanitizers counts as resident
is_sanitized() {
	[[ -n ${EXHIBIT_SANITIZE-} ]]
}

# resident FILE: ranges of its pages that are in the page cache, in MiB: "0-16 40-41"
resident() {
	python3 - "$1" <<-'PY'
		import ctypes, mmap, os, sys
		fd = os.open(sys.argv[1], os.O_RDONLY)
		size = os.fstat(fd).st_size
		libc = ctypes.CDLL(None, use_errno=True)
		libc.mmap.restype = ctypes.c_void_p
		libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
		at = libc.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, fd, 0)
		vec = (ctypes.c_ubyte * ((size + 4095) // 4096))()
		assert libc.mincore(ctypes.c_void_p(at), ctypes.c_size_t(size), vec) == 0
		mib = [sum(v & 1 for v in vec[i:i + 256]) for i in range(0, len(vec), 256)]
		print(*mib)
	PY
}

# pages BEFORE NOW: of each 1000 pages of whole MiB that were there before, how many are there now; and how many new ones are.
pages() {
	paste -d ' ' <(tr ' ' '\n' <<<"$1") <(tr ' ' '\n' <<<"$2") |
		awk '$1 == 256 {was += 256; is += $2} $1 == 0 {new += $2} END {print was ? int(is * 1000 / was) : 0, new + 0}'
}

forget() {
	sync "$1"
	dd if="$1" of=/dev/null iflag=nocache count=0 status=none
}

@test "pages that were there stay, pages that verify brought in go" {
	local before after kept new
	need_tool python3
	cd "$BATS_TEST_TMPDIR"
	head -c 100663296 /dev/urandom >disk.raw
	forget disk.raw
	[[ $(resident disk.raw) != *256* ]] || skip "this file system keeps its pages"
	dd if=disk.raw of=/dev/null bs=1M count=24 skip=32 status=none
	before=$(resident disk.raw)
	exhibit_json verify disk.raw
	after=$(resident disk.raw)
	read -r kept new < <(pages "$before" "$after")
	((kept > 980 && new < 1024)) || fail "$kept of 1000 kept, $new new: $before | $after"
}

# largest COMMAND...: the largest resident size of one of its processes, in KiB.
largest() {
	python3 - "$@" <<-'PY'
		import os, subprocess, sys
		largest = 0
		child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
		def family():
		    parents = {}
		    for pid in filter(str.isdigit, os.listdir("/proc")):
		        try:
		            with open(f"/proc/{pid}/stat") as f:
		                parents[int(pid)] = int(f.read().rsplit(")", 1)[1].split()[1])
		        except OSError:
		            pass
		    known = {child.pid}
		    while True:
		        more = {p for p, parent in parents.items() if parent in known} - known
		        if not more:
		            return known
		        known |= more
		while True:
		    for pid in family():
		        try:
		            with open(f"/proc/{pid}/status") as f:
		                largest = max([largest] + [int(l.split()[1]) for l in f if l.startswith("VmHWM")])
		        except OSError:
		            pass
		    try:
		        child.wait(0.05)
		        break
		    except subprocess.TimeoutExpired:
		        pass
		print(largest)
	PY
}

generate() {
	"$EXHIBIT_BUILD/tests/bench/bench_parts" generate "$1" "$2"
}

# milliseconds COMMAND...
milliseconds() {
	local from=${EPOCHREALTIME/./}
	"$@" >/dev/null
	echo $(((${EPOCHREALTIME/./} - from) / 1000))
}

@test "verify needs the same memory for a large image as for a small one" {
	local small large
	is_sanitized && skip "sanitizers have memory of their own"
	need_tool python3
	cd "$BATS_TEST_TMPDIR"
	generate 1 small.E01
	generate 8 large.E01
	small=$(largest "$EXHIBIT" verify -q -a sha1 small.E01)
	large=$(largest "$EXHIBIT" verify -q -a sha1 large.E01)
	((large < LIMIT_KIB && large < small + 8192)) || fail "$small KiB, $large KiB"
}

@test "64 GiB: info answers in less than a second, in the memory that a small image needs" {
	local small large
	is_sanitized && skip "sanitizers have times and memory of their own"
	need_tool python3
	cd "$BATS_TEST_TMPDIR"
	generate 1 small.E01
	generate 64 large.E01
	"$EXHIBIT" info large.E01 >/dev/null
	[[ $(milliseconds "$EXHIBIT" info large.E01) -lt 1000 ]]
	small=$(largest "$EXHIBIT" info small.E01)
	large=$(largest "$EXHIBIT" info large.E01)
	((large < small + 4096)) || fail "$small KiB, $large KiB"
}

@test "1 TiB: info in less than a second, verify in 256 MiB" {
	local most
	need_long
	is_sanitized && skip "sanitizers have memory of their own"
	need_tool python3
	cd "$BATS_TEST_TMPDIR"
	generate 1024 large.E01
	"$EXHIBIT" info large.E01 >/dev/null
	[[ $(milliseconds "$EXHIBIT" info large.E01) -lt 1000 ]]
	most=$(largest "$EXHIBIT" verify -q -a sha1 large.E01)
	((most < LIMIT_KIB)) || fail "$most KiB"
}
