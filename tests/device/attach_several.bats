#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Several attachments at once, larger sectors, and what a writer of the evidence meets.

load ../lib/common
load ../lib/device

setup() {
	own_places
	a_copy_of demo.raw 'demo.E0?'
}

teardown() {
	detach_all
}

# attach ARG...: sets id and device (of the whole media).
attach() {
	exhibit_json attach "$@"
	expect_status 0
	id=$(fact '.attachments[0].id' | jq -r .)
	device=$(fact '.attachments[0].devices[0].device' | jq -r .)
}

# bounds: first and last sector of each device are those of its range, and behind the last is nothing.
bounds() {
	local image=$1 size=$2 row path start length
	while read -r row; do
		path=$(jq -r .device <<<"$row") start=$(jq .start <<<"$row") length=$(jq .length <<<"$row")
		[[ $(blockdev --getsize64 "$path") == "$length" && $(blockdev --getro "$path") == 1 ]]
		[[ $(blockdev --getss "$path") == "$size" ]]
		cmp -n "$size" -i "$start:0" "$image" "$path"
		cmp -n "$size" -i "$((start + length - size)):$((length - size))" "$image" "$path"
		[[ $(dd if="$path" bs="$size" skip=$((length / size)) count=1 status=none | wc -c) == 0 ]]
	done < <(fact '.attachments[0].devices[]')
}

@test "first and last sector of each device are those of its partition" {
	attach demo.raw
	bounds demo.raw 512
	attach demo.E01
	bounds demo.raw 512
	exhibit detach --all
	expect_status 0
	nothing_is_left "bounds"
}

@test "two images at once, and one of them twice; each goes by its own id, --all takes the rest" {
	attach demo.raw
	first=$id first_device=$device
	attach demo.E01
	second=$id second_device=$device
	attach demo.raw
	[[ $id != "$first" && $device != "$first_device" ]]
	cmp demo.raw "$first_device"
	cmp demo.raw "$second_device"
	cmp demo.raw "$device"
	exhibit_json status
	expect_fact '.attachments | length' 3
	expect_fact '[.attachments[] | .phase] | unique' '["attached"]'
	expect_fact '[.attachments[].devices[].read_only] | all' true
	expect_fact '[.attachments[] | has("id") and has("image") and has("method") and has("since")] | all' true
	expect_fact .problems '[]'
	exhibit detach "$second"
	expect_status 0
	cmp demo.raw "$first_device"
	exhibit_json detach --all
	expect_status 0
	expect_fact '[.attachments[].id] | sort' "$(jq -cn --arg a "$first" --arg b "$id" '[$a, $b] | sort')"
	exhibit_json status
	expect_fact .attachments '[]'
	nothing_is_left "several"
}

@test "one that is in use does not keep the others" {
	attach demo.raw
	busy=$id
	sleep 60 <"$device" 3>&- &
	holder=$!
	attach demo.E01
	exhibit_json detach --all
	expect_status 3
	expect_problem device-busy
	expect_message "sleep (process $holder)"
	expect_fact '[.attachments[].id]' "[\"$id\"]"
	kill "$holder"
	wait "$holder" || true
	exhibit detach "$busy"
	expect_status 0
	nothing_is_left "in use"
}

@test "an id that is none: status 3, and nothing else is touched" {
	attach demo.raw
	exhibit detach no-such-0000
	expect_status 3
	exhibit detach ../"$id"
	expect_status 2
	cmp demo.raw "$device"
}

@test "sectors of 4096 bytes" {
	need_tool fdisk
	truncate -s 32M large.raw
	printf 'g\nn\n1\n256\n+8M\nn\n2\n\n\nw\n' | fdisk -b 4096 large.raw >/dev/null
	printf 'first' | dd of=large.raw bs=1 seek=1048576 conv=notrunc status=none
	attach large.raw
	expect_fact '.attachments[0].sector_size' 4096
	expect_fact '[.attachments[0].devices[] | select(.scope == "partition") | .start]' '[1048576, 9437184]'
	bounds large.raw 4096
	exhibit detach "$id"
	nothing_is_left "large sectors"
}

@test "a writer of the evidence is delayed, seen, named, and the lease is taken again" {
	attach demo.raw
	perl -e 'open(my $f, "+<", "demo.raw") or die; syswrite($f, "x"); sleep 1; close $f'
	sleep 1.5
	exhibit_json status
	expect_problem lease-broken
	expect_fact '[.attachments[0].events[].event]' '["lease-broken", "lease-retaken"]'
	expect_fact '.attachments[0].events[1].changed' true
	exhibit_json detach "$id"
	expect_problem lease-broken
	expect_message "perl"
	nothing_is_left "a writer"
}

@test "a reader of the evidence is no event" {
	attach demo.raw
	cat demo.raw >/dev/null
	exhibit_json detach "$id"
	expect_status 0
	expect_fact '.attachments[0] | has("events")' false
}
