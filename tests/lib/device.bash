# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# For the tests that attach and examine: load ../lib/common, then load ../lib/device

# What a test attaches, and the keys of its cases, lie in its own directory.
own_places() {
	need_loop
	need_fuse
	need_tool jq losetup
	export EXHIBIT_RUNTIME_DIR=$BATS_TEST_TMPDIR/run EXHIBIT_KEY_DIR=$BATS_TEST_TMPDIR/keys
}

detach_all() {
	"$EXHIBIT" recover >/dev/null 2>&1 || true
	"$EXHIBIT" detach --all >/dev/null 2>&1 || true
}

# case_verify CASE: sets output as exhibit_json does.
case_verify() {
	exhibit case verify --json "$1"
}

# our_processes: of this test, that still run; one that has ended and waits for its parent does not.
our_processes() {
	local proc
	for proc in /proc/[0-9]*; do
		[[ $proc/exe -ef $EXHIBIT ]] || continue
		tr '\0' '\n' <"$proc/environ" 2>/dev/null | grep -qF "EXHIBIT_RUNTIME_DIR=$EXHIBIT_RUNTIME_DIR" || continue
		echo "${proc#/proc/} $(cat "$proc/comm" 2>/dev/null)"
	done
}

# nothing_is_left WHEN: no device, no mount, no state, no process.
nothing_is_left() {
	local tries
	[[ -z $(losetup -l -n -O BACK-FILE | grep -F "$BATS_TEST_TMPDIR") ]] || fail "$1: devices: $(losetup -l)"
	! grep -F "$EXHIBIT_RUNTIME_DIR" /proc/mounts || fail "$1: a mount is left"
	[[ ! -e $EXHIBIT_RUNTIME_DIR || -z $(find "$EXHIBIT_RUNTIME_DIR" -mindepth 1 ! -name devices ! -name .cases) ]] ||
		fail "$1: state is left: $(find "$EXHIBIT_RUNTIME_DIR")"
	for tries in $(seq 20); do
		[[ -n $(our_processes) ]] || return 0
		sleep 0.1
	done
	fail "$1: processes: $(our_processes)"
}

# age FILE...: access times so old that any read that moves them is seen.
age() {
	touch -a -d 2001-01-01 "$@"
}

# state_of FILE...: everything about them, and their bytes, read without moving the access times.
state_of() {
	local file
	stat -c '%n %i %h %a %u %s %.Y %.Z %.X' "$@"
	for file; do
		dd if="$file" iflag=noatime bs=1M status=none | sha256sum
	done
}
