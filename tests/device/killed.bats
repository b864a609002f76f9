#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# kill -9 during examinations: recover leaves nothing behind, the record holds and shows it, and the case goes on.

load ../lib/common
load ../lib/device

setup() {
	own_places
	a_copy_of demo.raw 'demo.E0?'
}

teardown() {
	detach_all
}

# start IMAGE: an examination in the background; sets pid.
start() {
	"$EXHIBIT" examine -q --no-progress --case case "$1" -- sleep 1 >/dev/null 2>errors 3>&- &
	pid=$!
}

# begun STEP: waits until it is in the record of the case.
begun() {
	local tries
	for tries in $(seq 1000); do
		! grep -qs "\"step\":\"$1\"" case/ledger.jsonl || return 0
		sleep 0.01
	done
	fail "$1 did not begin: $(cat errors)"
}

kill_it() {
	kill -9 "$pid" 2>/dev/null || true
	wait "$pid" || true
}

# the record holds WHEN [interrupted]
the_record_holds() {
	case_verify case
	expect_status 0
	expect_fact .verdict '"intact"' || fail "$1"
	[[ -z ${2-} ]] || expect_problem interrupted || fail "$1"
}

recover() {
	exhibit_json recover
	expect_status 0 || fail "$1: recover"
	nothing_is_left "$1"
}

@test "killed in each step: undone, recorded and sealed, and the case goes on" {
	local image step
	for image in demo.raw demo.E01; do
		for step in examine verify-before scan attach command detach verify-after; do
			rm -rf case
			start "$image"
			begun "$step"
			kill_it
			recover "$image in $step"
			expect_fact .cases "[\"$PWD/case\"]"
			the_record_holds "$image in $step" interrupted
		done
		exhibit examine -q --no-progress --case case "$image" -- true
		expect_status 0
		the_record_holds "after $image" interrupted
	done
}

@test "killed at any moment: undone, and the record holds" {
	local image n
	for n in $(seq 16); do
		image=$( ((n % 2)) && echo demo.raw || echo demo.E01)
		start "$image"
		sleep "$((RANDOM % 3)).$(printf %03d $((RANDOM % 1000)))"
		kill_it
		recover "kill $n"
		[[ ! -e case ]] || the_record_holds "kill $n"
	done
	exhibit examine -q --no-progress --case case demo.E01 -- true
	expect_status 0
	the_record_holds "after all"
}

# process_named NAME: of this test.
process_named() {
	our_processes | awk -v name="$1" '$2 == name {print $1}'
}

@test "the keeper is killed: the examination ends by itself and leaves nothing" {
	start demo.E01
	begun command
	sleep 0.2
	keeper=$(process_named exhibit-keeper)
	[[ -n $keeper ]]
	kill -9 $keeper
	wait "$pid" || true
	recover "the keeper"
	the_record_holds "the keeper"
}

@test "the file server is killed: devices give errors, the examination ends with status 3 or 0, and nothing is left" {
	"$EXHIBIT" examine --no-progress --json --case case demo.E01 -- \
		sh -c 'sleep 1; ! dd if="$1" of=/dev/null bs=4096 count=1 skip=9000 iflag=direct' - "{disk}" >out.json 2>errors 3>&- &
	pid=$!
	begun command
	server=$(process_named fuse)
	[[ -n $server ]]
	kill -9 $server
	status=0
	wait "$pid" || status=$?
	output=$(cat out.json) stderr=$(cat errors)
	expect_status 3
	expect_fact .analysis.exit_status 0
	expect_fact .verdict '"unchanged"'
	expect_problem prober-failed
	recover "the file server"
	the_record_holds "the file server"
}

@test "who watches the command is killed: so is the command, and that is said" {
	"$EXHIBIT" examine --no-progress --json --case case demo.raw -- sh -c 'sleep 2; touch late' >out.json 2>errors 3>&- &
	pid=$!
	begun command
	sleep 0.3
	kill -9 $(process_named exhibit-confine)
	status=0
	wait "$pid" || status=$?
	output=$(cat out.json) stderr=$(cat errors)
	expect_status 3
	expect_problem command-failed
	expect_fact .verdict '"unchanged"'
	sleep 2
	[[ ! -e late ]]
	nothing_is_left "the supervisor"
}

@test "with a mounted partition: recover unmounts it" {
	"$EXHIBIT" examine -q --no-progress --mount --case case demo.raw -- sh -c 'cd "$1" && sleep 30' - "{p1.mount}" >/dev/null 2>errors 3>&- &
	pid=$!
	begun command
	sleep 0.3
	kill_it
	recover "a mount"
	the_record_holds "a mount" interrupted
}

@test "an examination that goes on is left alone" {
	start demo.raw
	begun command
	exhibit_json recover
	expect_status 0
	expect_fact .attachments '[]'
	expect_fact .cases '[]'
	wait "$pid"
	the_record_holds "it went on"
	case_verify case
	! grep -q interrupted <<<"$output"
}
