#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Damaged evidence is an error that names the range or the file; never zeros, a crash or a hang.

load ../lib/common

# flip_middle_chunk: one bit in the middle chunk of ./demo.E01; sets start and length of what it holds.
flip_middle_chunk() {
	local range
	range=$(damage flip-chunk 700 demo.E0?)
	start=${range% *} length=${range#* }
}

@test "a sound set verifies against its stored hashes" {
	a_copy_of 'demo.E0?'
	exhibit_json verify demo.E01
	expect_status 0
	expect_fact .verdict '"match"'
	expect_fact .damage '[]'
	expect_fact .digests.sha256 "$(fixture_fact '.sha256 | tojson')"
	expect_fact '[.segments_digests[].sha256]' "$(sha256sum demo.E0? | jq -Rn '[inputs | split(" ")[0]]')"
}

@test "a set is found from any of its segments" {
	a_copy_of 'demo.E0?'
	exhibit_json info demo.E02
	expect_status 0
	expect_fact '.image.segments | length' 3
	expect_fact .image.media_size "$(fixture_fact .media_size)"
}

@test "one flipped bit in a chunk: undecided, and exactly that chunk is lost" {
	a_copy_of 'demo.E0?'
	flip_middle_chunk
	exhibit_json verify demo.E01
	expect_status 3
	expect_fact .verdict '"undecided"'
	expect_fact '[.damage[] | {start, length}]' "[{\"start\": $start, \"length\": $length}]"
	expect_fact '.damage[0].reason | IN("checksum", "decompress")' true
	expect_fact 'has("digests")' false
	expect_problem chunk-damaged
	expect_message "$start"
}

@test "one flipped bit, allowed: hashed with zeros, marked so, and never a match" {
	a_copy_of 'demo.E0?'
	flip_middle_chunk
	exhibit_json verify --allow-incomplete "test of a damaged chunk" demo.E01
	expect_status 3
	expect_fact .fill '"zero"'
	expect_fact '[.references[]? | select(.verdict == "match")]' '[]'
	expect_fact '.verdict != "match"' true
}

@test "one flipped bit on disk does not keep the partitions from being found" {
	a_copy_of 'demo.E0?'
	flip_middle_chunk
	exhibit_json scan demo.E01
	expect_fact '[.partitions[] | {number, start, length}]' "$(fixture_fact '[.partitions[] | {number, start, length}] | tojson')"
}

@test "a flipped bit in a chunk that holds the partition table is no empty disk" {
	a_copy_of 'demo.E0?'
	damage flip-chunk 0 demo.E0?
	exhibit_json scan demo.E01
	expect_status 3
	expect_message demo.E01
}

@test "the end of the last segment is cut: refused, the file is named" {
	a_copy_of 'demo.E0?'
	damage cut demo.E03 -200000
	exhibit_json verify demo.E01
	expect_status 3
	expect_message demo.E03
	expect_problem segment-truncated
	exhibit_json info demo.E01
	expect_status 3
	expect_fact .image.complete false
}

@test "the end of the last segment is cut, allowed: lost ranges, nothing invented" {
	a_copy_of 'demo.E0?'
	damage cut demo.E03 -200000
	exhibit_json verify --allow-incomplete "test of a cut set" demo.E01
	expect_status 3
	expect_problem incomplete-allowed
	expect_fact '(.damage | length) > 0' true
	expect_fact '.verdict' '"undecided"'
	expect_fact '[.references[]? | select(.verdict == "match")]' '[]'
}

@test "a few bytes less at the very end of a set are noticed" {
	a_copy_of 'demo.E0?'
	damage cut demo.E03 -7
	exhibit_json info demo.E01
	expect_status 3
	expect_message demo.E03
}

@test "a middle segment is missing: refused, the missing file is named" {
	a_copy_of 'demo.E0?'
	rm demo.E02
	for command in info scan verify; do
		exhibit_json "$command" demo.E01
		expect_status 3
		expect_message demo.E02
	done
	expect_problem segment-missing
}

@test "the last segment is missing: refused, and which one" {
	a_copy_of 'demo.E0?'
	rm demo.E03
	exhibit_json verify demo.E01
	expect_status 3
	expect_message "segment 3"
	expect_problem segment-missing
}

@test "a segment of another set in its place is noticed" {
	a_copy_of 'demo.E0?'
	truncate -s 12M other.raw
	openssl enc -aes-128-ctr -K 00 -iv 00 -in other.raw -out random.raw 2>/dev/null
	ewfacquire -u -q -S 2097152 -t other random.raw </dev/null >/dev/null
	cp other.E02 demo.E02
	exhibit_json verify demo.E01
	expect_status 3
	expect_message demo.E02
}

@test "a stored hash that does not fit the media is a mismatch, status 1" {
	a_copy_of 'demo.E0?'
	# The hash section ("hash", "digest") begins with the digest; its checksum is recomputed so that only the statement is false.
	python3 - demo.E03 <<-'PY'
		import sys, zlib
		data = bytearray(open(sys.argv[1], "rb").read())
		for kind, length in ((b"hash", 32), (b"digest", 76)):
		    at = data.index(kind.ljust(16, b"\0")) + 76
		    data[at] ^= 0xff
		    data[at + length:at + length + 4] = zlib.adler32(bytes(data[at:at + length])).to_bytes(4, "little")
		open(sys.argv[1], "wb").write(data)
	PY
	exhibit_json verify demo.E01
	expect_status 1
	expect_fact .verdict '"mismatch"'
	expect_fact '.damage' '[]'
}

@test "a raw image that ends inside a partition: named, status 3" {
	a_copy_of demo.raw
	truncate -s 30000000 demo.raw
	exhibit_json scan demo.raw
	expect_status 3
	expect_problem partition-past-end
	expect_problem image-shorter-than-table
	expect_fact '.partitions | length' 2
	expect_message demo.raw
}

@test "a raw image that ends inside its partition table is not called empty" {
	a_copy_of demo.raw
	truncate -s 700 demo.raw
	exhibit_json scan demo.raw
	expect_status 3
	expect_message demo.raw
}

@test "a raw image shorter than its side-car hash says: mismatch" {
	a_copy_of demo.raw
	truncate -s 90000000 demo.raw
	printf '%s  demo.raw\n' "$(fixture_fact .md5)" >demo.raw.md5
	exhibit_json verify demo.raw
	expect_status 1
	expect_fact .verdict '"mismatch"'
	expect_fact '[.references[] | {source, algorithm, verdict}]' '[{"source": "sidecar", "algorithm": "md5", "verdict": "mismatch"}]'
}

@test "split raw: a gap is refused and the missing file named" {
	a_copy_of 'demo.00?'
	rm demo.002
	exhibit_json verify demo.001
	expect_status 3
	expect_message demo.002
}

@test "split raw: a shortened middle segment is noticed" {
	a_copy_of 'demo.00?'
	damage cut demo.002 -512
	exhibit_json info demo.001
	expect_status 3
	expect_message demo.002
}

@test "split raw: whole, the same media as raw" {
	a_copy_of 'demo.00?'
	exhibit_json verify --expect "sha256:$(fixture_fact .sha256)" demo.003
	expect_status 0
	expect_fact .verdict '"match"'
	expect_fact .bytes "$(fixture_fact .media_size)"
}

@test "files that are no evidence are refused, each with a reason that names it" {
	cd "$BATS_TEST_TMPDIR"
	: >empty.E01
	printf 'EVF\t\r\n\xff\0\1\1\0\0\0' >head.E01
	{
		printf 'EVF\t\r\n\xff\0\1\1\0\0\0'
		head -c 5000 /dev/zero
	} >zeros.E01
	{
		printf 'EVF\t\r\n\xff\0\1\1\0\0\0'
		printf 'header\0\0\0\0\0\0\0\0\0\0\r\0\0\0\0\0\0\0\r\0\0\0\0\0\0\0'
		head -c 5000 /dev/zero
	} >loop.E01
	: >empty.raw
	for file in empty.E01 head.E01 zeros.E01 loop.E01 empty.raw; do
		exhibit info --json "$file"
		expect_status 3
		expect_message "$file"
		exhibit verify --json "$file"
		expect_status 3
		expect_message "$file"
	done
}

@test "a container that is not read is named, and never taken for raw media" {
	cd "$BATS_TEST_TMPDIR"
	{
		printf 'LEF2\r\n\x81\0'
		head -c 100000 /dev/zero
	} >second.Lx01
	exhibit_json info second.Lx01
	expect_fact .image.format '"ewf2-logical"'
	expect_problem format-not-supported
	expect_status 3
	for command in scan verify; do
		exhibit_json "$command" second.Lx01
		expect_status 3
		expect_message second.Lx01 Lx01
	done
}

@test "a directory, a missing file and a pipe are refused" {
	cd "$BATS_TEST_TMPDIR"
	mkdir folder
	mkfifo pipe
	for file in folder absent.E01 pipe; do
		EXHIBIT_SECONDS=10 exhibit info --json "$file"
		expect_status 3
		expect_message "$file"
	done
}

@test "every bit of the first sections may be flipped: no crash, no hang, no wrong bytes" {
	a_copy_of 'demo.E0?'
	sha256=$(fixture_fact .sha256)
	for offset in 0 8 9 13 20 29 37 80 100 1300 1460 1500 1600 1680 1700 1990 2010 2078; do
		damage flip demo.E01 "$offset"
		EXHIBIT_SECONDS=20 exhibit verify --json demo.E01
		if [[ $(fact .digests.sha256 2>/dev/null) != "\"$sha256\"" ]]; then
			[[ $status == 1 || $status == 3 ]] || fail "offset $offset: other bytes with status $status"
		fi
		damage flip demo.E01 "$offset"
	done
}
