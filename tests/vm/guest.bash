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
	id=$(jq -r '.attachments[0].id' <<<"$output")
}

# place N: device of partition N of the last attach; place disk: of the whole media.
place() {
	jq <<<"$output" -r --arg n "$1" '.attachments[0].devices[] |
		select(if $n == "disk" then .scope == "disk" else (.partition | tostring) == $n end) | .device // .file'
}

# same_as_media RAW: each device of the last attach holds exactly the bytes of its range.
same_as_media() {
	local where start length
	while read -r where start length; do
		cmp <(dd if="$1" iflag=skip_bytes,count_bytes,noatime skip="$start" count="$length" bs=1M status=none) "$where"
	done < <(jq -r '.attachments[0].devices[] | "\(.device // .file) \(.start) \(.length)"' <<<"$output")
}

# expect_facts FILTER VALUE...: all by one question; VALUEs are as jq -r prints them.
expect_facts() {
	local got
	got=$(jq -r "$1" <<<"$output" | xargs)
	[[ $got == "${*:2}" ]] || fail "$1 is $got instead of ${*:2}: $output"
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

# expect_unreadable DEVICE FROM TO RANGES: exactly these bytes between FROM and TO.
expect_unreadable() {
	local found
	found=$(unreadable_sectors "$1" "$2" "$3" | xargs)
	[[ $found == "$4" ]] || fail "$1: $found cannot be read, instead of $4"
}

no_device_is_left() {
	[[ -z $(ls -d /sys/block/wploop* 2>/dev/null) ]] || fail "left: $(ls -d /sys/block/wploop*)"
	nothing_is_left "$1"
}
