#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The guest itself, and what exhibit says of it.

load ../lib/common
load ../lib/device
load guest

setup() {
	need_guest
	set_up
}

@test "doctor: what this machine has" {
	exhibit_json doctor
	expect_fact '.checks[] | select(.name == "loop") | .state' '"ok"'
	expect_fact '.checks[] | select(.name == "fuse") | .state' '"ok"'
	expect_fact '.checks[] | select(.name == "namespaces") | .state' '"ok"'
}

@test "doctor: wploop, loaded and not" {
	need_wploop
	need_long
	exhibit_json doctor
	expect_fact '.checks[] | select(.name == "wploop") | .state' '"ok"'
	rmmod wploop
	exhibit_json doctor
	expect_fact '.checks[] | select(.name == "wploop") | .state' '"partial"'
	expect_message "modprobe wploop"
	small_disk disk.raw
	attach disk.raw
	expect_fact '.attachments[0].method' '"loop"'
	expect_problem writes-detected-only
	exhibit detach "$id"
	exhibit_json attach --method wploop disk.raw
	expect_status 3
	expect_message "modprobe wploop"
	modprobe wploop
}
