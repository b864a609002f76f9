#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Examinations that are interrupted: detached, recorded, reported, whenever the signal comes.

load ../lib/common
load ../lib/device

setup() {
	own_places
	a_copy_of demo.raw
}

teardown() {
	detach_all
}

# interrupted SIGNAL STEP [COMMAND...]: the signal comes when the step has begun.
interrupted() {
	local sig=$1 step=$2 before pid tries
	shift 2
	truncate -s 768M demo.raw
	age demo.raw
	before=$(stat -c '%n %i %h %a %u %s %.Y %.Z %.X' demo.raw)
	"$EXHIBIT" examine --no-progress --json --case case demo.raw -- "$@" >out.json 2>errors 3>&- &
	pid=$!
	for tries in $(seq 600); do
		! grep -qs "\"step\":\"$step\"" case/ledger.jsonl || break
		sleep 0.02
	done
	sleep 0.15
	kill -"$sig" "$pid"
	status=0
	wait "$pid" || status=$?
	output=$(cat out.json) stderr=$(cat errors)
	expect_status 3
	expect_problem interrupted
	expect_fact .verdict '"undecided"'
	expect_fact '.report | length > 0' true
	grep -qi interrupted case/report/report.html
	[[ $(stat -c '%n %i %h %a %u %s %.Y %.Z %.X' demo.raw) == "$before" ]]
	nothing_is_left "$sig in $step"
	case_verify case
	expect_status 0
	expect_fact .verdict '"intact"'
}

@test "SIGINT while hashing" {
	interrupted INT verify-before true
}

@test "SIGTERM while hashing" {
	interrupted TERM verify-before true
}

@test "SIGINT during the command" {
	interrupted INT command sleep 30
}

@test "SIGTERM during the command, which will not end" {
	interrupted TERM command bash -c 'trap "" TERM INT; while :; do sleep 1; done'
}

@test "SIGINT while hashing again" {
	interrupted INT verify-after true
}

@test "SIGTERM while hashing again" {
	interrupted TERM verify-after true
}
