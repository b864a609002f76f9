#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# kill -9 of everything at every moment: recover leaves no device, mount or state behind.

load ../lib/common

setup() {
	need_loop
	need_fuse
	need_tool jq losetup
	export EXHIBIT_RUNTIME_DIR=$BATS_TEST_TMPDIR/run
	a_copy_of demo.raw 'demo.E0?'
}

teardown() {
	"$EXHIBIT" recover >/dev/null 2>&1 || true
	"$EXHIBIT" detach --all >/dev/null 2>&1 || true
}

attach() {
	exhibit_json attach "$@"
	expect_status 0
	id=$(fact '.attachments[0].id' | jq -r .)
	keeper=$(jq .keeper.pid "$EXHIBIT_RUNTIME_DIR/$id/state.json")
}

# The keeper's file server, by the name of its task.
server() {
	local comm
	for comm in /proc/[0-9]*/comm; do
		[[ $(cat "$comm" 2>/dev/null) == fuse && $(readlink "${comm%/comm}/exe") == "$(readlink -f "$EXHIBIT")" ]] || continue
		[[ $(stat -c %Y "$comm") -ge $(stat -c %Y "$EXHIBIT_RUNTIME_DIR/$id") ]] && basename "${comm%/comm}"
	done
}

nothing_is_left() {
	[[ -z $(losetup -l -n -O BACK-FILE | grep -F "$BATS_TEST_TMPDIR") ]] || fail "$1: devices: $(losetup -l)"
	! grep -F "$EXHIBIT_RUNTIME_DIR" /proc/mounts || fail "$1: a mount is left"
	[[ ! -e $EXHIBIT_RUNTIME_DIR || $(ls "$EXHIBIT_RUNTIME_DIR") == devices && -z $(ls "$EXHIBIT_RUNTIME_DIR/devices") ]] ||
		fail "$1: state is left: $(ls -R "$EXHIBIT_RUNTIME_DIR")"
}

@test "nothing to recover" {
	exhibit_json recover
	expect_status 0
	expect_fact .attachments '[]'
}

@test "an attachment in good order is left alone" {
	attach demo.raw
	exhibit_json recover
	expect_fact .attachments '[]'
	exhibit_json status
	expect_fact '.attachments | length' 1
	expect_fact .problems '[]'
}

@test "the keeper is killed" {
	attach demo.E01
	kill -9 "$keeper"
	sleep 0.3
	exhibit_json status
	expect_problem stale-state
	exhibit_json recover
	expect_status 0
	expect_fact '[.attachments[].id]' "[\"$id\"]"
	nothing_is_left keeper
}

@test "the file server is killed: errors, never a hang, and it is said" {
	local device
	attach demo.E01
	device=$(fact '.attachments[0].devices[0].device' | jq -r .)
	for pid in $(server); do
		kill -9 "$pid"
	done
	sleep 0.3
	run timeout 10 dd if="$device" of=/dev/null bs=512 count=1 iflag=direct
	[[ $output == *"Input/output error"* ]]
	exhibit_json status
	expect_problem prober-failed
	exhibit_json detach "$id"
	nothing_is_left server
}

# killed_at COMMAND...: the program is killed at each system call in turn that changes something outside of it.
killed_at() {
	local trace=$BATS_TEST_TMPDIR/trace call n
	need_tool strace
	"$EXHIBIT" detach --all >/dev/null 2>&1 || true
	strace -o "$trace" -e trace=mkdir,renameat,ioctl,mount,umount2,clone,sendto,unlinkat,rmdir,flock "$@" >/dev/null 2>&1
	"$EXHIBIT" detach --all >/dev/null
	for call in $(grep -oE '^[a-z0-9]+\(' "$trace" | tr -d '(' | sort -u); do
		for n in $(seq "$(grep -c "^$call(" "$trace")"); do
			"${before[@]}"
			strace -o /dev/null -e trace="$call" -e inject="$call:signal=KILL:when=$n" "$@" >/dev/null 2>&1 || true
			exhibit recover
			[[ $status == 0 ]] || fail "killed at $call $n: $stderr"
			exhibit detach --all
			[[ $status == 0 ]] || fail "killed at $call $n: $stderr"
			nothing_is_left "killed at $call $n"
		done
	done
}

@test "attaching a raw image is killed at every step" {
	before=(true)
	killed_at "$EXHIBIT" attach demo.raw
}

@test "attaching an E01 is killed at every step" {
	before=(true)
	killed_at "$EXHIBIT" attach -p 1 demo.E01
}

@test "detaching is killed at every step" {
	"$EXHIBIT" attach demo.E01 >/dev/null
	before=("$EXHIBIT" attach -p 1 demo.E01)
	killed_at "$EXHIBIT" detach --all
}

@test "state of an earlier boot is removed, and nothing else is touched" {
	attach demo.raw
	jq '.boot_id = "00000000-0000-0000-0000-000000000000"' "$EXHIBIT_RUNTIME_DIR/$id/state.json" >other
	exhibit detach "$id"
	mkdir "$EXHIBIT_RUNTIME_DIR/$id"
	cp other "$EXHIBIT_RUNTIME_DIR/$id/state.json"
	exhibit_json recover
	expect_fact '[.attachments[].id]' "[\"$id\"]"
	nothing_is_left boot
}

@test "a state file that cannot be read is no reason to stop" {
	mkdir -m 700 -p "$EXHIBIT_RUNTIME_DIR/broken-0001"
	echo '{"v": 1, "dev' >"$EXHIBIT_RUNTIME_DIR/broken-0001/state.json"
	chmod 700 "$EXHIBIT_RUNTIME_DIR"
	exhibit_json status
	exhibit_json recover
	expect_status 0
	nothing_is_left broken
}

@test "a case that was deleted after the crash is named, and no error" {
	"$EXHIBIT" examine demo.raw --case gone -- sleep 60 >/dev/null 2>&1 &
	for _ in {1..100}; do
		[[ -n $(find gone/output -name '*-command.stdout' 2>/dev/null) ]] && break
		sleep .1
	done
	kill -9 $!
	wait $! || true
	rm -r gone
	exhibit_json recover
	expect_status 0
	expect_problem file-missing
	expect_message "$PWD/gone"
	nothing_is_left "a deleted case"
	exhibit_json recover
	expect_fact .problems '[]'
}
