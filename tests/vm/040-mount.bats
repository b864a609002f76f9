#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Dirty file systems: mounting them with the options that exhibit takes changes nothing, whatever the device is made by. That the images
# are dirty is shown on copies: there the same kernel, mounting read-only, writes.

load ../lib/common
load ../lib/device
load guest

setup() {
	need_wploop
	set_up
	mkdir mnt
}

teardown() {
	umount mnt 2>/dev/null || true
	[[ -z ${scrap-} ]] || losetup -d "$scrap" 2>/dev/null || true
	detach_all
}

# make_dirty FILE TYPE MKFS...: FILE is a copy that was taken while the file system was in use.
make_dirty() {
	local file=$1 type=$2
	grep -qw "$type" /proc/filesystems || modprobe "$type" 2>/dev/null || skip "this kernel has no $type"
	truncate -s 32M used
	"${@:3}" used >/dev/null
	scrap=$(losetup -f --show used)
	mount -t "$type" "$scrap" mnt
	mkdir mnt/dir
	cp /etc/passwd mnt/dir/first
	# with a log that is not replayed only this is surely there
	umount mnt
	mount -t "$type" "$scrap" mnt
	# what is in the journal, or the log, and nowhere else yet
	for name in a b c; do
		echo "$name" >"mnt/dir/$name"
		sync mnt/dir/$name
	done
	cp --sparse=always used "$file"
	umount mnt
	losetup -d "$scrap"
	scrap=
	age "$file"
}

# is_dirty FILE TYPE: a read-only mount on a device that can be written changes it.
is_dirty() {
	cp --sparse=always "$1" copy
	scrap=$(losetup -f --show copy)
	mount -t "$2" -o ro "$scrap" mnt
	umount mnt
	losetup -d "$scrap"
	scrap=
	! cmp -s "$1" copy || fail "$1 is not dirty: this test shows nothing"
}

# mounts_unchanged FILE
mounts_unchanged() {
	local method before
	before=$(state_of "$1")
	for method in wploop ${EXHIBIT_LONG_TESTS:+loop}; do
		attach --method "$method" "$1"
		exhibit_json mount "$id" -p 0 mnt
		expect_status 0
		grep -q " $PWD/mnt .* ro," /proc/self/mountinfo
		cat mnt/dir/first >/dev/null
		! touch mnt/new || fail "it can be written"
		! mount -o remount,rw mnt || fail "it became writable"
		exhibit umount mnt
		expect_status 0
		exhibit_json detach "$id"
		expect_status 0
		[[ $(state_of "$1") == "$before" ]] || fail "$method: $before is now $(state_of "$1")"
	done
	no_device_is_left "mounting"
}

@test "ext4 with a journal to be replayed" {
	make_dirty image.raw ext4 mke2fs -q -F -t ext4
	is_dirty image.raw ext4
	mounts_unchanged image.raw
}

@test "XFS with a log to be replayed" {
	TEST_DIR=. TEST_DEV=. QA_CHECK_FS=1 make_dirty image.raw xfs mkfs.xfs -q -l size=8m
	is_dirty image.raw xfs
	mounts_unchanged image.raw
}

@test "btrfs with a log tree" {
	need_long
	make_dirty image.raw btrfs mkfs.btrfs -q -M
	is_dirty image.raw btrfs
	mounts_unchanged image.raw
}

@test "NTFS that was not unmounted" {
	need_long
	make_dirty image.raw ntfs3 mkfs.ntfs -q -F -Q
	mounts_unchanged image.raw
}

@test "FAT that was not unmounted" {
	need_long
	make_dirty image.raw vfat mkfs.vfat
	mounts_unchanged image.raw
}

@test "without the safe options nothing is written either: the driver refuses it" {
	make_dirty image.raw ext4 mke2fs -q -F -t ext4
	before=$(state_of image.raw)
	attach image.raw
	! mount -t ext4 "$(place disk)" mnt || fail "a journal was replayed"
	! mount -t ext4 -o ro "$(place disk)" mnt || fail "a journal was replayed"
	exhibit_json detach "$id"
	expect_fact '.attachments[0].refused_writes > 0' true
	[[ $(state_of image.raw) == "$before" ]]
}
