#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What is read through attached devices and files when the evidence is damaged: errors where it is lost, right bytes around it.

load ../lib/common

setup() {
	need_fuse
	a_copy_of 'demo.E0?' demo.raw
}

teardown() {
	[[ -z ${id-} ]] || "$EXHIBIT" detach "$id" || true
}

# attach ARG...: sets id and disk (a file or device of the whole media).
attach() {
	exhibit_json attach "$@"
	id=$(fact '.attachments[0].id' | jq -r .)
	disk=$(fact '.attachments[0].devices[] | select(.scope == "disk") | .file // .device' | jq -r .)
	[[ -e $disk ]] || fail "no file or device of the whole media: $output $stderr"
}

# same_bytes START LENGTH: direct I/O, so that no read-ahead or page of a neighbour takes part.
same_bytes() {
	cmp <(dd if="$disk" iflag=skip_bytes,count_bytes,fullblock skip="$1" count="$2" bs=32k status=none) \
		<(dd if=demo.raw iflag=skip_bytes,count_bytes,fullblock skip="$1" count="$2" bs=32k status=none)
}

unreadable() {
	! dd if="$disk" of=/dev/null iflag=skip_bytes,count_bytes,fullblock skip="$1" count="$2" bs="$2" 2>dd.errors ||
		fail "bytes $1 + $2 can be read"
	grep -q "Input/output error" dd.errors
}

@test "a sound image reads as its media, byte for byte" {
	attach --method fuse demo.E01
	cmp "$disk" demo.raw
}

@test "a damaged chunk: an error inside, right bytes up to the page on both sides" {
	range=$(damage flip-chunk 700 demo.E0?)
	start=${range% *} length=${range#* }
	attach --method fuse demo.E01
	unreadable "$start" 4096
	unreadable $((start + length - 4096)) 4096
	same_bytes 0 "$start"
	same_bytes $((start + length)) $((100663296 - start - length))
}

@test "a set with a missing middle segment is not attached" {
	rm demo.E02
	exhibit_json attach --method fuse demo.E01
	expect_status 3
	expect_message demo.E02
	expect_fact '[.attachments[]?]' '[]'
}

@test "a set with a missing middle segment, allowed: errors for what it held, right bytes for the rest" {
	held=$(damage chunks demo.E0? | awk -F '\t' '$2 == "demo.E02" {print $5, $6}')
	first=$(head -n 1 <<<"$held")
	last=$(tail -n 1 <<<"$held")
	rm demo.E02
	attach --method fuse --allow-incomplete "test of a missing segment" demo.E01
	unreadable "${first% *}" 4096
	unreadable "${last% *}" 4096
	same_bytes 0 "${first% *}"
	after=$((${last% *} + ${last#* }))
	same_bytes "$after" $((100663296 - after))
}

@test "examine of damaged evidence: status 3, the range in the report's facts, and a report" {
	range=$(damage flip-chunk 700 demo.E0?)
	exhibit_json examine --no-progress --case case demo.E01
	expect_status 3
	expect_message "${range% *}"
	expect_fact '.report | length > 0' true
	"$EXHIBIT" case verify case
}
