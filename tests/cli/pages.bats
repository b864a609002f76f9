#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A reading of everything does not push everything else out of memory.

load common

pages() {
	fincore -b -n -r -o PAGES "$1"
}

@test "what a verify brought into the page cache goes again, what was there stays" {
	local before
	need_tool fincore
	cd "$BATS_TEST_TMPDIR"
	head -c 100M /dev/urandom >random.dd
	dd of=random.dd oflag=nocache conv=notrunc,fdatasync count=0 status=none
	(($(pages random.dd) == 0)) || skip "this file system does not let go of its pages"
	head -c 20M random.dd >/dev/null
	before=$(pages random.dd)
	exhibit_json verify random.dd
	expect_fact .read_from '"cache"'
	printf 'pages: %d before, %d after\n' "$before" "$(pages random.dd)"
	(($(pages random.dd) >= 5120 && $(pages random.dd) <= before + 16))
}
