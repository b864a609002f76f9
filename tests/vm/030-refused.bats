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
	: >done
	[[ -z ${holder-} ]] || wait "$holder" || true
	DM_DISABLE_UDEV=1 dmsetup remove late 2>/dev/null || true
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

# the_kernel_writes DEVICE: by a worker of the kernel, at sector 8; then by that of a device mapper above it, at sector 16.
the_kernel_writes() {
	wptool bio "$1" 8 worker
	DM_DISABLE_UDEV=1 dmsetup create late --readonly --table "0 $(blockdev --getsz "$1") delay $1 0 20"
	wptool bio /dev/mapper/late 16 | grep "^write"
	DM_DISABLE_UDEV=1 dmsetup remove late
}

# is_attached: sets device to the whole media of the only attachment.
is_attached() {
	exhibit_json status
	device=$(jq -r '.attachments[0].devices[0].device // empty' <<<"$output")
	[[ -b $device ]]
}

# A thread of the kernel has a number as well, and it must not be taken for that of somebody who tried.
@test "what the kernel itself tried is its own: status, events, record and report name no process" {
	modprobe wploop_test
	modprobe dm-delay
	# shellcheck disable=SC2016
	"$EXHIBIT" examine --json --no-progress -a sha256 --case case disk.raw -- bash -c 'until [[ -e $0 ]]; do sleep 0.2; done' "$PWD/done" \
		>facts 2>said 3>&- &
	holder=$!
	until is_attached; do
		kill -0 "$holder" || fail "$(cat facts said)"
		sleep 0.2
	done
	the_kernel_writes "$device"
	exhibit_json status
	expect_facts '.attachments[0].devices[0] | (.first_refusal, .last_refusal) | .operation, .start, .by_kernel, (.thread | length > 0), .process' \
		write 4096 true true null write 8192 true true null
	expect_message "by a thread of the kernel (kworker/"
	exhibit status
	[[ $output == *"kworker/"*"(a thread of the kernel)"* && $output != *"(process "* ]] || fail "$output"
	: >done
	wait "$holder" || fail "$(cat facts said)"
	output=$(<facts)
	expect_fact .verdict '"unchanged"'
	expect_facts '.refused_writes == ([.attachments[0].events[] | select(.event == "write-refused")] | length),
		([.attachments[0].events[] | select(.event == "write-refused") | .by_kernel and .thread != null and .process == null] | unique | tostring)' \
		true '[true]'
	[[ $(jq -s '[.[] | .. | objects | select(.event? == "write-refused") | .by_kernel] | unique == [true]' <(find case/facts -type f -exec cat {} +)) == true ]] ||
		fail "not in the record: $(ls -R case)"
	grep -qE 'kworker/[^<]* \(a thread of the kernel\)' case/report/*.html || fail "not in the report"
	[[ $(state_of disk.raw) == "$before" ]]
	no_device_is_left "a writing kernel"
}
