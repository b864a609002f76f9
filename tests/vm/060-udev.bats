#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The udev rule, among the rules that Debian ships: nothing looks into a device with evidence. Each program that would is a stub here
# that writes down that it was called; a device of somebody else shows that it would have been.

load ../lib/common
load ../lib/device
load guest

setup_file() {
	[[ -x /lib/systemd/systemd-udevd ]] || return 0
	local program
	for program in /sbin/lvm /sbin/mdadm /lib/udev/probe-bcache /lib/udev/bcache-register; do
		# shellcheck disable=SC2016
		printf '#!/bin/bash\necho "${0##*/} $*" >>/run/touched\n' >"$program"
		chmod +x "$program"
	done
	cp "$EXHIBIT_SOURCE/60-exhibit.rules" /lib/udev/rules.d
	/lib/systemd/systemd-udevd --daemon --resolve-names=never 3>&-
	udevadm settle
}

teardown_file() {
	udevadm control --exit 2>/dev/null || true
}

setup() {
	need_wploop
	[[ -x /lib/systemd/systemd-udevd ]] || skip "udev could not be fetched"
	set_up
	# where the rule looks
	unset EXHIBIT_RUNTIME_DIR
	: >/run/touched
}

teardown() {
	[[ -z ${stranger-} ]] || losetup -d "$stranger"
	"$EXHIBIT" detach --all >/dev/null 2>&1 || true
	# what udev does about that must not be taken for the next test's
	udevadm settle 2>/dev/null || true
}

# property DEVICE NAME: as udev has it.
property() {
	udevadm info -q property --property="$2" --value "$1"
}

# left_alone DEVICE
left_alone() {
	[[ $(property "$1" UDISKS_IGNORE) == 1 ]] || fail "$1: $(udevadm info "$1")"
	[[ $(property "$1" SYSTEMD_READY) == 0 ]]
	[[ -z $(property "$1" ID_FS_TYPE) ]]
	[[ -z $(property "$1" ID_BTRFS_READY) ]]
	[[ -z $(property "$1" LVM_VG_NAME_COMPLETE) ]]
	[[ ! -e /run/udev/watch/b$(stat -c '%Hr:%Lr' "$1") ]]
	[[ ! -s /run/touched ]] || fail "called for $1: $(cat /run/touched)"
}

# both_methods FILE
both_methods() {
	local method row
	for method in wploop loop; do
		exhibit_json attach --method "$method" "$1"
		udevadm settle
		while read -r row; do
			left_alone "$row"
		done < <(fact '.attachments[0].devices[].device' | jq -r .)
		exhibit detach --all
		expect_status 0
		# a loop device that holds nothing any more is anybody's
		udevadm settle
		: >/run/touched
	done
}

# a_strangers FILE: a loop device without exhibit.
a_strangers() {
	stranger=$(losetup -r -f --show "$1")
	udevadm settle
}

@test "LVM" {
	both_methods /work/lvm.raw
	a_strangers /work/lvm.raw
	grep -q "^lvm pvscan" /run/touched
}

@test "md" {
	need_long
	both_methods /work/md.raw
	a_strangers /work/md.raw
	grep -q "^mdadm --incremental" /run/touched
}

@test "btrfs" {
	modprobe btrfs
	truncate -s 32M btrfs.raw
	mkfs.btrfs -q -M btrfs.raw
	both_methods "$PWD/btrfs.raw"
	a_strangers "$PWD/btrfs.raw"
	[[ $(property "$stranger" ID_FS_TYPE) == btrfs ]] || fail "$(udevadm info "$stranger")"
}

@test "bcache" {
	need_long
	both_methods /work/bcache.raw
	a_strangers /work/bcache.raw
	grep -q "^bcache-register\|^probe-bcache" /run/touched
}

@test "doctor says whether the rule is there" {
	need_long
	exhibit_json doctor
	expect_fact '.checks[] | select(.name == "udev-rule") | .state' '"ok"'
	mv /lib/udev/rules.d/60-exhibit.rules /root
	exhibit_json doctor
	expect_fact '.checks[] | select(.name == "udev-rule") | .state' '"missing"'
	mv /root/60-exhibit.rules /lib/udev/rules.d
}
