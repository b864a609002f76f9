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
		blockdev --setrw $DEVICE && false
		mke2fs -F $DEVICE
	LINES
}

@test "status counts what each device refused and says who tried" {
	attach disk.raw
	try_all "$(place 1)"
	exhibit_json status
	expect_problem writes-refused
	expect_fact '.attachments[0].devices[] | select(.partition == 1) | .refused_writes >= 8' true
	expect_fact '.attachments[0].devices[] | select(.partition == 2) | .refused_writes' 0
	expect_fact '.attachments[0].devices[] | select(.partition == 1) | .refused | has("open-for-writing") and has("set-writable")' true
	expect_fact '.attachments[0].devices[] | select(.partition == 1) | .first_refusal | .operation, .process.name, .process.uid' \
		$'"open-for-writing"\n"bash"\n0'
	expect_fact '.attachments[0] | .refused_writes == ([.devices[].refused_writes] | add)' true
	expect_message "by bash (process"
	exhibit status
	[[ $output == *"REFUSED WRITES"* ]]
	[[ $(state_of disk.raw) == "$before" ]]
}

@test "detach tells all of it, one event for each" {
	attach disk.raw
	try_all "$(place disk)"
	exhibit_json status
	count=$(fact '.attachments[0].refused_writes')
	exhibit_json detach "$id"
	expect_status 0
	expect_problem writes-refused
	expect_fact '.attachments[0].refused_writes' "$count"
	expect_fact '[.attachments[0].events[] | select(.event == "write-refused")] | length' "$count"
	expect_fact '[.attachments[0].events[] | select(.event == "write-refused") | .sequence] | . == sort' true
	expect_fact '[.attachments[0].events[] | select(.process.name == "mke2fs")] | length > 0' true
	no_device_is_left "refusals"
	[[ $(state_of disk.raw) == "$before" ]]
}

@test "mounting by hand and file system checkers do not get through" {
	truncate -s 4M fs.raw
	mke2fs -q -F -t ext4 fs.raw
	age fs.raw
	before=$(state_of fs.raw)
	attach fs.raw
	device=$(place disk)
	! e2fsck -fy "$device"
	! tune2fs -L other "$device"
	mkdir mnt
	! mount -o rw "$device" mnt || umount mnt
	mount "$device" mnt
	! touch mnt/new
	! mount -o remount,rw mnt
	umount mnt
	exhibit_json detach "$id"
	expect_fact '.attachments[0].refused_writes > 0' true
	expect_fact '[.attachments[0].events[].process.name] | index("e2fsck") != null and index("tune2fs") != null' true
	[[ $(state_of fs.raw) == "$before" ]]
}
