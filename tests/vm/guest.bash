# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# For the tests that run in the guest: load ../lib/common, load ../lib/device, load guest

need_guest() {
	[[ -n ${EXHIBIT_IN_GUEST-} ]] || skip "runs in the virtual machine of tests/vm/run"
}

need_wploop() {
	need_guest
	[[ -e /dev/wploop-control ]] || skip "the wploop module is not loaded: $(cat /run/wploop.why 2>/dev/null)"
}

# set_up: the places of a test; its directory is the current one.
set_up() {
	export EXHIBIT_RUNTIME_DIR=$BATS_TEST_TMPDIR/run EXHIBIT_KEY_DIR=$BATS_TEST_TMPDIR/keys
	cd "$BATS_TEST_TMPDIR" || return
}

# small_disk FILE: 4 MiB of noise with two partitions.
small_disk() {
	head -c 4M /dev/urandom >"$1"
	printf 'start=64, size=2048, type=83\nstart=4096, size=2048, type=83\n' | sfdisk -q --wipe never "$1"
	age "$1"
}

attach() {
	exhibit_json attach "$@"
	expect_status 0
	id=$(fact '.attachments[0].id' | jq -r .)
}

# place N: device of partition N of the last attach; place disk: of the whole media.
place() {
	fact '.attachments[0].devices[]' | jq -r --arg n "$1" \
		'select(if $n == "disk" then .scope == "disk" else (.partition | tostring) == $n end) | .device // .file'
}

# same_as_media RAW: each device of the last attach holds exactly the bytes of its range.
same_as_media() {
	local row where start length
	while read -r row; do
		where=$(jq -r '.device // .file' <<<"$row") start=$(jq .start <<<"$row") length=$(jq .length <<<"$row")
		cmp <(dd if="$1" iflag=skip_bytes,count_bytes,noatime skip="$start" count="$length" bs=1M status=none) "$where"
	done < <(fact '.attachments[0].devices[]')
}

# unreadable_sectors DEVICE: those that cannot be read, as START-END in bytes (END behind the last), each sector asked for by itself.
unreadable_sectors() {
	local size at=0 begin=-1
	size=$(blockdev --getsize64 "$1")
	for ((at = ${2-0}; at < ${3-$size}; at += 512)); do
		if dd if="$1" of=/dev/null bs=512 count=1 skip=$((at / 512)) iflag=direct status=none 2>/dev/null; then
			((begin < 0)) || echo "$begin-$at"
			begin=-1
		elif ((begin < 0)); then
			begin=$at
		fi
	done
	((begin < 0)) || echo "$begin-$at"
}

no_device_is_left() {
	[[ -z $(ls -d /sys/block/wploop* 2>/dev/null) ]] || fail "left: $(ls -d /sys/block/wploop*)"
	nothing_is_left "$1"
}
