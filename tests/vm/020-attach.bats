#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Attaching by wploop: exactly the bytes, errors exactly where there are none, and nobody who can change the evidence meanwhile.

load ../lib/common
load ../lib/device
load guest

setup() {
	need_wploop
	set_up
}

teardown() {
	[[ -z ${holder-} ]] || kill "$holder" 2>/dev/null || true
	detach_all
	[[ -z ${scrap-} ]] || losetup -d "$scrap" 2>/dev/null || true
}

@test "a raw image: wploop is taken by itself, and the devices are exactly the partitions" {
	small_disk disk.raw
	before=$(state_of disk.raw)
	attach disk.raw
	expect_facts '.attachments[0] | .method, .backing, .hold.files, .hold.pinned, (.devices[] | .read_only, .refused_writes)' \
		wploop evidence-file 1 true true 0 true 0 true 0
	expect_facts '[.problems[].code] | index("writes-detected-only")' null
	same_as_media disk.raw
	exhibit detach "$id"
	expect_status 0
	[[ $(state_of disk.raw) == "$before" ]]
	no_device_is_left "a raw image"
}

@test "split raw: one device of all pieces, without a file server" {
	small_disk disk.raw
	split -b 1500000 -d -a 3 --numeric-suffixes=1 disk.raw part.
	age part.*
	before=$(state_of part.*)
	attach part.001
	expect_facts '.attachments[0] | .backing, .hold.files' evidence-files 3
	[[ ! -e $EXHIBIT_RUNTIME_DIR/$id/files ]]
	same_as_media disk.raw
	exhibit detach "$id"
	[[ $(state_of part.*) == "$before" ]]
	no_device_is_left "a split set"
}

@test "split raw with a piece missing: errors exactly there, and the bytes everywhere else" {
	small_disk disk.raw
	split -b 1048576 -d -a 3 --numeric-suffixes=1 disk.raw part.
	rm part.003
	exhibit_json attach part.001
	expect_status 3
	exhibit_json attach --allow-incomplete "a test" part.001
	expect_status 3
	expect_problem segment-missing
	expect_facts '.attachments[0].devices[0] | .unreadable, .direct_io' 1048576 true
	device=$(place disk)
	expect_unreadable "$device" 2095104 2099200 2097152-2099200
	expect_unreadable "$device" 3143680 3147776 3143680-3145728
	cmp -n 2097152 disk.raw "$device"
	cmp -i 3145728 disk.raw "$device"
}

@test "what ddrescue did not rescue: extents that cannot be read, beside bytes that can" {
	small_disk disk.raw
	cp disk.raw plain
	age disk.raw
	before=$(state_of disk.raw)
	printf '0 ? 1\n0 1049088 +\n1049088 512 -\n1049600 2096128 +\n3145728 8192 *\n3153920 1040384 +\n' >map
	attach --mapfile map disk.raw
	expect_facts '.attachments[0] | .method, .backing, (.devices[] | .unreadable)' wploop evidence-file 8704 512 null
	[[ ! -e $EXHIBIT_RUNTIME_DIR/$id/files ]]
	device=$(place disk)
	expect_unreadable "$device" 1044480 1053696 1049088-1049600
	expect_unreadable "$device" 3141632 3158016 3145728-3153920
	cmp -n 1048576 plain "$device"
	cmp -i 3153920 plain "$device"
	expect_unreadable "$(place 1)" 1012224 1020928 1016320-1016832
	exhibit_json detach "$id"
	expect_status 0
	[[ $(state_of disk.raw) == "$before" ]]
	no_device_is_left "an image with holes"
}

@test "holes that are to read as something: through the file server, held by the module" {
	need_long
	small_disk disk.raw
	printf '0 ? 1\n0 1049088 +\n1049088 512 -\n1049600 3144704 +\n' >map
	attach --mapfile map --holes zero disk.raw
	expect_facts '.attachments[0] | .method, .backing' wploop file-server
	cmp -n 512 /dev/zero <(dd if="$(place disk)" bs=512 skip=2049 count=1 status=none)
	cmp -n 1049088 disk.raw "$(place disk)"
	cmp -i 1049600 disk.raw "$(place disk)"
	exhibit detach "$id"
	expect_status 0
	no_device_is_left "an image with filled holes"
}

@test "a partition that ends past the media: errors behind the end" {
	need_long
	small_disk disk.raw
	truncate -s 2560000 disk.raw
	exhibit_json attach --allow-incomplete "a test" disk.raw
	expect_status 3
	device=$(place 2)
	[[ $(blockdev --getsize64 "$device") == 1048576 ]]
	expect_unreadable "$device" 460800 464896 462848-464896
	cmp -n 462848 <(tail -c +2097153 disk.raw) "$device"
}

@test "an E01: the same bytes through the file server, and its segments are held" {
	cp --preserve=timestamps /work/small.E0? .
	age small.E0?
	before=$(state_of small.E0?)
	attach small.E01
	expect_facts '.attachments[0] | .method, .backing, .hold.files' wploop file-server 3
	same_as_media /work/small.raw
	for line in ': >>small.E02' 'truncate -s 1 small.E01' 'mv small.E03 elsewhere' 'rm -f small.E01'; do
		! bash -c "$line" 2>>errors || fail "this was allowed: $line"
	done
	grep -q "Text file busy" errors
	exhibit detach "$id"
	expect_status 0
	[[ $(state_of small.E0?) == "$before" ]]
	no_device_is_left "an E01"
	: >>small.E01
}

@test "an E01 with a damaged chunk: errors for exactly that chunk" {
	read -r start length </work/damaged/range
	attach /work/damaged/small.E01
	device=$(place disk)
	expect_unreadable "$device" $((start - 4096)) $((start + length + 4096)) "$start-$((start + length))"
	cmp -n "$start" /work/small.raw "$device"
	cmp -i $((start + length)) /work/small.raw "$device"
	exhibit_json status
	expect_fact '.attachments[0].devices[0].read_errors > 0' true
	exhibit_json detach "$id"
	expect_status 0
	expect_fact '[.attachments[0].events[] | select(.event == "damage-met")] | length' 1
	no_device_is_left "a damaged E01"
}

@test "the sector is that of the image" {
	need_long
	head -c 4M /dev/urandom >disk.raw
	attach --sector-size 4096 disk.raw
	[[ $(blockdev --getss "$(place disk)") == 4096 ]]
	same_as_media disk.raw
}

@test "a block device that is read-only is evidence like a file" {
	need_long
	small_disk disk.raw
	scrap=$(losetup -r -f --show disk.raw)
	attach "$scrap"
	expect_facts '.attachments[0].method' wploop
	same_as_media disk.raw
	exhibit detach "$id"
	expect_status 0
}

@test "while a raw image is attached nobody writes, cuts, renames or removes it" {
	small_disk disk.raw
	before=$(state_of disk.raw)
	: >other
	attach disk.raw
	local line
	while read -r line; do
		! bash -c "$line" 2>>errors || fail "this was allowed: $line"
	done <<-'LINES'
		: >>disk.raw
		: >disk.raw
		dd if=/dev/zero of=disk.raw bs=512 count=1 conv=notrunc
		truncate -s 1M disk.raw
		fallocate -p -o 0 -l 4096 disk.raw
		mv disk.raw other.raw
		mv -f other disk.raw
		rm -f disk.raw
	LINES
	grep -q "Text file busy" errors
	exhibit detach "$id"
	[[ $(state_of disk.raw) == "$before" ]]
	: >>disk.raw
	rm disk.raw
}

@test "nothing is attached while somebody has the evidence open for writing, and who it is is said" {
	need_long
	small_disk disk.raw
	sleep 100 3>&- 9>>disk.raw &
	holder=$!
	exhibit_json attach disk.raw
	expect_status 3
	expect_message "open for writing by" "process $holder"
	no_device_is_left "a refused attach"
	kill "$holder"
	wait "$holder" || true
	attach disk.raw
}

@test "a device in use is not detached and its user is named; then it goes" {
	small_disk disk.raw
	attach disk.raw
	device=$(place 1)
	sleep 100 3>&- <"$device" &
	holder=$!
	until [[ $(readlink "/proc/$holder/exe") == */sleep ]]; do
		sleep 0.1
	done
	exhibit_json detach "$id"
	expect_status 3
	expect_problem device-busy
	expect_message "process $holder"
	exhibit_json status
	expect_fact '.attachments[0].phase' '"attached"'
	kill "$holder"
	wait "$holder" || true
	exhibit detach "$id"
	expect_status 0
	no_device_is_left "a busy device"
}

@test "what a crash leaves is found by its label and undone" {
	need_long
	small_disk disk.raw
	attach disk.raw
	kill -9 "$(jq .keeper.pid "$EXHIBIT_RUNTIME_DIR/$id/state.json")"
	jq 'del(.devices[].wploop)' "$EXHIBIT_RUNTIME_DIR/$id/state.json" >state && cp state "$EXHIBIT_RUNTIME_DIR/$id/state.json"
	exhibit_json status
	expect_problem stale-state
	exhibit_json recover
	no_device_is_left "a crash"
}

@test "the module cannot be removed under an attachment" {
	need_long
	small_disk disk.raw
	attach disk.raw
	! rmmod wploop || fail "this was allowed"
	same_as_media disk.raw
}
