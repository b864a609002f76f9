#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# An examination on wploop devices: what the command tried is refused, counted, recorded and reported.

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
	detach_all
}

examine() {
	exhibit_json examine --no-progress -a sha256 --case case "$@"
}

@test "a command that writes to each device: refused and counted in facts, record and report" {
	# shellcheck disable=SC2016
	examine disk.raw -- bash -c 'for d; do : >>"$d" && echo ALLOWED; dd if=/dev/zero of="$d" count=1 && echo ALLOWED; done; true' - \
		"{disk}" "{p1}" "{p2}"
	expect_fact .analysis.exit_status 0
	! grep -q ALLOWED case/"$(fact .analysis.stdout.path | jq -r .)" || fail "this was allowed"
	expect_fact .verdict '"unchanged"'
	expect_problem writes-refused
	expect_fact '[.attachments[0].devices[] | .refused_writes >= 2]' '[true, true, true]'
	expect_fact '.refused_writes == ([.attachments[0].devices[].refused_writes] | add)' true
	expect_fact '[.attachments[0].events[] | select(.event == "write-refused") | .process.name] | unique' '["bash", "dd"]'
	refused=$(fact .refused_writes)
	grep -qrE '"refused_writes": ?'"$refused\b" case/facts || fail "not in the record: $(ls -R case)"
	grep -qi "writes refused" case/report/*.html || fail "not in the report: $(ls -R case)"
	grep -q "open-for-writing" case/report/*.html || fail "who tried is not in the report"
	[[ $(state_of disk.raw) == "$before" ]]
	exhibit case verify --json case
	expect_fact .verdict '"intact"'
	no_device_is_left "an examination"
}

@test "everything that the probe tries is refused" {
	need_long
	examine disk.raw -- "$EXHIBIT_BUILD/tests/confine_probe" -e "$PWD/disk.raw" -d "{disk}" -d "{p1}" -d "{p2}" -l "$PWD/late"
	! grep FAIL case/"$(fact .analysis.stdout.path | jq -r .)" || fail "see above"
	expect_fact .verdict '"unchanged"'
	expect_fact '.refused_writes > 0' true
	[[ $(state_of disk.raw) == "$before" ]]
}
