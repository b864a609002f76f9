#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a device refuses is counted and on record, with who tried.

load ../lib/common
load ../lib/device
load guest

setup() {
	need_wploop
	set_up
	small_disk disk.raw
	before=$(state_of disk.raw)
}

teardown() {
	detach_all
}

# try_all DEVICE: everything that user space has to write with; nothing may succeed.
try_all() {
	local line
	while read -r line; do
		! DEVICE=$1 bash -c "$line" 2>>errors || fail "this was allowed: $line"
	done <<-'LINES'
		: >>$DEVICE
		dd if=/dev/zero of=$DEVICE bs=512 count=1
		dd if=/dev/zero of=$DEVICE bs=4096 count=1 oflag=direct
		blkdiscard -f $DEVICE
		blkdiscard -z -f $DEVICE
		blkdiscard -s -f $DEVICE
		blockdev --setrw $DEVICE
		mke2fs -F $DEVICE
	LINES
}

@test "status counts what each device refused and says who tried; detach tells all of it, one event for each" {
	attach disk.raw
	try_all "$(place 1)"
	exhibit_json status
	expect_problem writes-refused
	expect_facts '.attachments[0].devices[] | select(.partition == 1) | .refused_writes >= 8, .refused["set-writable"] >= 1,
		(.first_refusal | .operation, .process.name, .process.uid)' true true open-for-writing bash 0
	expect_facts '.attachments[0] | (.devices[] | select(.partition == 2) | .refused_writes),
		.refused_writes == ([.devices[].refused_writes] | add)' 0 true
	expect_message "by bash (process"
	count=$(fact '.attachments[0].refused_writes')
	exhibit status
	[[ $output == *"REFUSED WRITES"* && $output == *"open-for-writing"* ]]
	exhibit_json detach "$id"
	expect_status 0
	expect_problem writes-refused
	expect_facts '.attachments[0] | .refused_writes, ([.events[] | select(.event == "write-refused")] | length, (map(.sequence) | . == sort)),
		([.events[].process.name] | index("mke2fs") != null)' "$count" "$count" true true
	no_device_is_left "refusals"
	[[ $(state_of disk.raw) == "$before" ]]
}

@test "mounting by hand and file system checkers do not get through" {
	need_long
	truncate -s 4M fs.raw
	mke2fs -q -F -t ext4 fs.raw
	age fs.raw
	before=$(state_of fs.raw)
	attach fs.raw
	device=$(place disk)
	! e2fsck -fy "$device" || fail "this was allowed"
	! tune2fs -L other "$device" || fail "this was allowed"
	mkdir mnt
	! mount -o rw "$device" mnt || umount mnt
	mount "$device" mnt
	! touch mnt/new || fail "this was allowed"
	! mount -o remount,rw mnt || fail "this was allowed"
	umount mnt
	exhibit_json detach "$id"
	expect_fact '.attachments[0].refused_writes > 0' true
	expect_fact '[.attachments[0].events[].process.name] | index("e2fsck") != null and index("tune2fs") != null' true
	[[ $(state_of fs.raw) == "$before" ]]
}
