#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Several images in one call: each has the answer that it has alone, in the order of the command line.

load common

setup() {
	export EXHIBIT_KEY_DIR=$BATS_TEST_TMPDIR/keys
}

# what_stays FACTS: without the members that tell of the run.
what_stays() {
	jq -S 'del(.started, .finished, .seconds)' <<<"$1"
}

@test "each image has the facts that it has alone" {
	local alone raw
	a_copy_of 'demo.E0?'
	a_copy_of demo.raw
	exhibit_json verify demo.E01
	alone=$output
	exhibit_json verify demo.raw
	raw=$output
	exhibit_json verify demo.E01 demo.raw
	expect_status 3
	expect_fact .command '"verify"'
	[[ $(what_stays "$(jq '.images[0]' <<<"$output")") == "$(what_stays "$alone")" ]]
	[[ $(what_stays "$(jq '.images[1]' <<<"$output")") == "$(what_stays "$raw")" ]]
}

@test "the worst verdict decides, and a mismatch outweighs what cannot be told" {
	a_copy_of 'demo.E0?'
	exhibit_json verify demo.E01 demo.E01
	expect_status 0
	exhibit_json verify demo.E01 nowhere.E01
	expect_status 3
	expect_fact '.images[0].verdict' '"match"'
	expect_fact '.images[1].path' '"nowhere.E01"'
	expect_fact '.images[1].problems[0].severity' '"error"'
	cp "$EXHIBIT_FIXTURES/demo.raw" changed.raw
	printf '%032d  changed.raw\n' 0 >changed.raw.md5
	exhibit_json verify nowhere.E01 changed.raw demo.E01
	expect_status 1
	expect_fact '[.images[] | .verdict // "none"]' '["none","mismatch","match"]'
}

@test "a case records each of them by itself" {
	a_copy_of 'demo.E0?'
	exhibit_json verify demo.E01 demo.E01 --case case
	expect_status 0
	exhibit case show --json case
	expect_fact '[.steps[] | select(.step == "verify")] | length' 2
}

@test "people read one after the other" {
	a_copy_of 'demo.E0?'
	a_copy_of demo.raw
	run "$EXHIBIT" verify demo.E01 demo.raw
	expect_text "$output" demo.E01
	expect_text "$output" demo.raw
	[[ $(grep -c '^Verdict: ' <<<"$output") == 2 ]]
}

@test "an interruption ends all of them" {
	local image pid
	for image in a b c; do truncate -s 200G $image.raw; done
	"$EXHIBIT" verify --json a.raw b.raw c.raw >facts.json 2>/dev/null 3>&- &
	pid=$!
	until pgrep -P "$pid" >/dev/null; do sleep 0.1; done
	sleep 2
	kill -TERM "$pid"
	wait "$pid" || [[ $? == 3 ]]
	[[ $(jq '.images | length' facts.json) == 3 ]]
	[[ $(jq -c '[.images[].problems[].code] | unique' facts.json) == *interrupted* ]]
	expect_nothing_of "$pid"
}

# expect_nothing_of PID: none of its children is left.
expect_nothing_of() {
	run pgrep -P "$1"
	[[ $status == 1 ]]
}
