#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A difference has a place: windows, what a case records of them, and what a later verify says.

load common

setup() {
	export EXHIBIT_KEY_DIR=$BATS_TEST_TMPDIR/keys
}

# sha256_of FILE START LENGTH
sha256_of() {
	tail -c "+$(($2 + 1))" "$1" | head -c "$3" | sha256sum | cut -c 1-64
}

@test "a case gets windows of 64 MiB, others only when asked" {
	a_copy_of demo.raw
	exhibit_json verify demo.raw
	expect_fact 'has("windows")' false
	exhibit_json verify demo.raw --case case
	expect_fact .windows.size 67108864
	expect_fact '[.windows.list[].length] | add' "$(stat -c %s demo.raw)"
	expect_fact '.windows.list[0].sha256' "\"$(sha256_of demo.raw 0 67108864)\""
}

@test "the size of windows is bytes, or K, M, G" {
	a_copy_of demo.raw
	exhibit_json verify demo.raw --window 4M
	expect_fact .windows.size 4194304
	expect_fact '.windows.list[1].sha256' "\"$(sha256_of demo.raw 4194304 4194304)\""
	exhibit_json verify demo.raw --window 1000
	expect_status 2
	exhibit_json verify demo.raw --window 4Q
	expect_status 2
}

@test "a later verify names the window that differs" {
	a_copy_of demo.raw
	exhibit_json verify demo.raw --case case --window 1M
	printf 'changed' | dd of=demo.raw bs=1 seek=3145730 conv=notrunc status=none
	exhibit_json verify demo.raw --case case
	expect_status 1
	expect_fact .verdict '"mismatch"'
	expect_fact '[.windows.list[] | select(.status) | [.start, .status]]' '[[3145728,"differs"]]'
	expect_problem window-differs
}

@test "--ranges reads the windows of a case and leaves the case as it is" {
	local before
	a_copy_of 'demo.E0?'
	exhibit_json verify demo.E01 --case case --window 1M
	expect_status 0
	before=$(cd case && find . -type f -exec sha256sum {} + | sort)
	exhibit_json verify demo.E01 --against case --ranges
	expect_status 0
	expect_fact .verdict '"match"'
	expect_fact 'has("digests")' false
	expect_fact '.windows.root | length' 64
	[[ $(cd case && find . -type f -exec sha256sum {} + | sort) == "$before" ]]
}

@test "a window with lost bytes has no digest, and the rest is still compared" {
	local range start
	a_copy_of 'demo.E0?'
	exhibit_json verify demo.E01 --case case --window 1M
	range=$(damage flip-chunk 700 demo.E0?)
	start=${range% *}
	for ranges in "" --ranges; do
		exhibit_json verify demo.E01 --against case $ranges
		expect_status 3
		expect_fact .verdict '"undecided"'
		expect_fact '[.windows.list[] | select(.status) | [.start, .status, .sha256]]' \
			"[[$((start / 1048576 * 1048576)),\"unreadable\",null]]"
		expect_fact '.windows | has("root")' false
	done
}

@test "windows need a case that has them" {
	a_copy_of demo.raw
	exhibit_json verify demo.raw --ranges
	expect_status 2
	exhibit_json verify demo.raw --against nothing-here --ranges
	expect_status 3
	exhibit_json verify demo.raw --case case --window 1M
	exhibit_json verify demo.raw --against case --window 2M
	expect_problem windows-not-compared
}
