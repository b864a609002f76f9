#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Attaching: exactly the bytes of a partition, nothing that can be written, everything undone, and who is in the way is named.

load ../lib/common

setup() {
	need_loop
	need_fuse
	need_tool jq losetup
	export EXHIBIT_RUNTIME_DIR=$BATS_TEST_TMPDIR/run
	a_copy_of demo.raw 'demo.E0?'
}

teardown() {
	[[ -z ${holder-} ]] || kill "$holder" 2>/dev/null || true
	umount "$BATS_TEST_TMPDIR/mnt" 2>/dev/null || true
	"$EXHIBIT" detach --all >/dev/null 2>&1 || true
}

attach() {
	exhibit_json attach "$@"
	expect_status 0
	id=$(fact '.attachments[0].id' | jq -r .)
}

# place N: device or file of partition N; place disk: of the whole media. From the facts of the last attach.
place() {
	fact '.attachments[0].devices[]' | jq -r --arg n "$1" \
		'select(if $n == "disk" then .scope == "disk" else (.partition | tostring) == $n end) | .device // .file'
}

# same_as_media: each device or file holds exactly the bytes of its range.
same_as_media() {
	local row where start length
	while read -r row; do
		where=$(jq -r '.device // .file' <<<"$row") start=$(jq .start <<<"$row") length=$(jq .length <<<"$row")
		cmp <(dd if=demo.raw iflag=skip_bytes,count_bytes skip="$start" count="$length" bs=1M status=none) "$where"
	done < <(fact '.attachments[0].devices[]')
}

nothing_is_left() {
	[[ -z $(losetup -l -n -O BACK-FILE | grep -F "$BATS_TEST_TMPDIR") ]] || fail "devices: $(losetup -l)"
	! grep -F "$EXHIBIT_RUNTIME_DIR" /proc/mounts || fail "a mount is left"
	[[ $(ls "$EXHIBIT_RUNTIME_DIR") == devices && -z $(ls "$EXHIBIT_RUNTIME_DIR/devices") ]] ||
		fail "state is left: $(ls -R "$EXHIBIT_RUNTIME_DIR")"
}

@test "a raw image: block devices of exactly the partitions, read-only, on the evidence file itself" {
	attach demo.raw
	expect_fact '.attachments[0].method' '"loop"'
	expect_fact '[.attachments[0].devices[].read_only] | all' true
	expect_fact '.attachments[0].backing' '"evidence-file"'
	same_as_media
	exhibit detach "$id"
	expect_status 0
	nothing_is_left
}

@test "an E01: block devices on our file server" {
	attach demo.E01
	expect_fact '.attachments[0].backing' '"file-server"'
	same_as_media
	exhibit detach "$id"
	nothing_is_left
}

@test "files instead of devices" {
	attach --method fuse demo.E01
	same_as_media
	run bash -c ': >> "$1"' - "$(place 1)"
	[[ $status != 0 ]]
	run touch "${EXHIBIT_RUNTIME_DIR}/$id/files/new"
	[[ $output == *"Read-only"* ]]
	exhibit detach "$id"
	nothing_is_left
}

@test "a device refuses writing, discarding, and becoming writable" {
	local device
	attach demo.raw
	device=$(place 1)
	run dd if=/dev/zero of="$device" bs=512 count=1 conv=notrunc
	[[ $status != 0 ]]
	run blkdiscard "$device"
	[[ $status != 0 ]]
	blockdev --setrw "$device" || true
	[[ $(blockdev --getro "$device") == 1 ]]
	[[ $(cat "/sys/block/${device#/dev/}/loop/partscan") == 0 ]]
	same_as_media
}

@test "one partition alone" {
	attach -p 2 demo.raw
	expect_fact '[.attachments[0].devices[] | .partition // "disk"]' '["disk", 2]'
	exhibit attach -p 77 demo.raw
	expect_status 2
}

@test "the access time of the evidence stays" {
	touch -a -d 2001-01-01 demo.raw
	attach demo.raw
	cat "$(place disk)" >/dev/null
	exhibit detach "$id"
	[[ $(stat -c %X demo.raw) == $(date -d 2001-01-01 +%s) ]]
}

@test "a size that is no multiple of the sector: a shorter device, and a file of every byte" {
	head -c 1049089 demo.raw >odd.raw
	exhibit_json attach odd.raw
	expect_problem device-shortened
	expect_fact '.attachments[0].devices[0].length' 1049088
	exhibit_json detach --all
	exhibit_json attach --method fuse odd.raw
	expect_fact '.attachments[0].devices[0].length' 1049089
	cmp odd.raw "$(place disk)"
}

@test "a partition that ends past the media: only with a reason, and then with errors where nothing is" {
	local device start
	truncate -s 60M demo.raw
	exhibit_json attach demo.raw
	expect_problem not-attached
	[[ -z $(place 2) ]]
	exhibit_json detach --all
	exhibit_json attach --allow-incomplete "test" demo.raw
	device=$(place 2)
	start=$(fact '.attachments[0].devices[] | select(.partition == 2) | .start')
	[[ $(blockdev --getsize64 "$device") == "$(fact '.attachments[0].devices[] | select(.partition == 2) | .length')" ]]
	cmp <(dd if="$device" bs=64k status=none 2>/dev/null) <(tail -c +$((start + 1)) demo.raw)
	run dd if="$device" of=/dev/null bs=512 count=1 iflag=direct,skip_bytes skip=$((60 * 1048576 - start))
	[[ $output == *"Input/output error"* ]]
}

@test "a device in use is not detached: its user is named and all stays as it was" {
	local device
	attach demo.raw
	device=$(place 1)
	sleep 100 <"$device" 3>&- &
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
	holder=
	exhibit detach "$id"
	expect_status 0
	nothing_is_left
}

@test "a file system is mounted with safe options and unmounted by detach" {
	mkdir mnt
	attach demo.raw
	exhibit mount "$id" -p 1 mnt
	expect_status 0
	grep -F "$BATS_TEST_TMPDIR/mnt" /proc/mounts | grep -E '\bro,nosuid,nodev,noexec,noatime,norecovery'
	exhibit_json detach "$id"
	expect_status 0
	nothing_is_left
	! grep -F "$BATS_TEST_TMPDIR/mnt" /proc/mounts
}

@test "who opens evidence for writing is seen, named and recorded" {
	attach demo.raw
	expect_fact '.attachments[0].leases.held' 1
	perl -e 'open(my $f, "+<", "demo.raw") or die; sleep 3'
	sleep 1.5
	exhibit_json detach "$id"
	expect_problem lease-broken
	expect_message "perl"
	expect_fact '[.attachments[0].events[].event]' '["lease-broken", "lease-retaken"]'
	expect_fact '.attachments[0].events[1].changed' false
}

@test "attach gives its output back: nothing keeps the pipe open" {
	run timeout 20 bash -c '"$EXHIBIT" attach demo.E01 2>&1 | cat'
	[[ $status == 0 ]]
}

@test "the case that an image was attached for hears of its end" {
	export EXHIBIT_KEY_DIR=$BATS_TEST_TMPDIR/keys
	attach --case case demo.raw
	mkdir elsewhere
	cd elsewhere
	exhibit_json detach "$id"
	expect_status 0
	cd ..
	exhibit case show --json case
	expect_fact '[.steps[].step]' '["attach", "detach"]'
	exhibit case verify --json case
	expect_fact .verdict '"intact"'
}

@test "twenty times attached and detached" {
	for _ in $(seq 20); do
		exhibit attach demo.E01
		expect_status 0
		exhibit detach --all
		expect_status 0
	done
	nothing_is_left
}

@test "without root: files through fusermount3" {
	need_tool setpriv fusermount3
	run setpriv --reuid=nobody --regid=nogroup --clear-groups test -x "$EXHIBIT"
	[[ $status == 0 ]] || skip "another user cannot run the program from here"
	theirs=$(mktemp -d /tmp/exhibit-theirs.XXXXXX)
	cp demo.raw demo.E0? "$theirs"
	chown -R nobody "$theirs"
	as_user() {
		setpriv --reuid=nobody --regid=nogroup --clear-groups env -u EXHIBIT_RUNTIME_DIR XDG_RUNTIME_DIR="$theirs" "$@"
	}
	output=$(as_user "$EXHIBIT" attach --json "$theirs/demo.E01")
	expect_problem root-missing
	expect_fact '.attachments[0].method' '"fuse"'
	as_user cmp "$(place disk)" "$theirs/demo.raw"
	as_user "$EXHIBIT" detach --all
	run grep -F "$theirs" /proc/mounts
	rm -rf "$theirs"
	[[ $status == 1 ]]
}
