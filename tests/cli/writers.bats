#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What libewf writes in every dialect that it knows, we read as the media that it was given.

load common

setup() {
	need_tool ewfacquire sha256sum
	cd "$BATS_TEST_TMPDIR"
	# bytes that pack, bytes that do not, and chunks of zeros; the end is not a whole chunk
	{
		seq 1 120000
		head -c 900000 /dev/zero
		openssl enc -aes-128-ctr -pass pass:x -nosalt -pbkdf2 -in /dev/zero 2>/dev/null | head -c 1000000
		seq 1 30000
	} >all || true
	head -c $((2780 * 512)) all >media
	sum=$(sha256sum <media | cut -c 1-64)
}

# write NAME OPTION...: media as NAME.E01 or NAME.s01
write() {
	local name=$1
	shift
	ewfacquire -q -u -t "$name" -d sha1 "$@" media >log 2>&1 || {
		cat log
		return 1
	}
}

# expect_media FIRST-SEGMENT: a match, and exactly the media.
expect_media() {
	exhibit_json verify "$1"
	expect_status 0
	expect_fact .digests.sha256 "\"$sum\""
	expect_fact .bytes $((2780 * 512))
	expect_fact '.image.complete' true
}

@test "every dialect of the first version" {
	local format
	for format in ewf smart ftk encase1 encase2 encase3 encase4 encase5 encase6 encase7 linen5 linen6 linen7 ewfx; do
		write "$format" -f "$format" -c fast -b 64 -C "case $format" -D what -E 7 -e "O. Examiner" -N "two  words"
		expect_media "$(find . -name "$format.[Ees]01" | head -n 1)"
		expect_fact '.image.header | {case_number, description, evidence_number, examiner, notes}' "$(jq -n --arg case "case $format" \
			'{case_number: $case, description: "what", evidence_number: "7", examiner: "O. Examiner", notes: "two  words"}')"
	done
}

@test "what people wrote is read from a segment that is cut" {
	write cut -f encase6 -c none -S 1048576 -C "case 3" -D what -E 7 -e somebody -N words
	truncate -s 600000 cut.E01
	exhibit_json info cut.E01
	expect_fact '.image.header | {case_number, examiner}' '{"case_number": "case 3", "examiner": "somebody"}'
}

@test "chunks from 16 to 32768 sectors, at every level" {
	local sectors level
	for sectors in 16 128 2048 32768; do
		for level in none empty-block fast best; do
			write "b$sectors-$level" -f encase6 -c "$level" -b "$sectors"
			expect_media "b$sectors-$level.E01"
		done
	done
}

@test "many segments" {
	write small -f encase6 -c none -S 1048576
	cat media media media media media media media media >eight
	ewfacquire -q -u -t many -f encase6 -c none -S 1048576 -d sha1 eight >log 2>&1
	[[ -e many.E10 ]]
	exhibit_json verify many.E01
	expect_status 0
	expect_fact '.image.segments | length' "$(find . -name 'many.E*' | wc -l)"
}
