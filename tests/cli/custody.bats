#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # stderr is set by exhibit()
# Exhibits, who had them, and what the record says about it.

load common

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export EXHIBIT_KEY_DIR=$BATS_TEST_TMPDIR/keys
	unset EXHIBIT_PASSPHRASE EXHIBIT_PASSPHRASE_FILE
	head -c 65536 /dev/zero >disk.raw
}

# Every field that people can type, with what could do harm where it is printed.
hostile=$'<script>alert(1)</script>\e[31m\u202e"quoted"\\\n{"event":"close","seq":9}\t\xff\xfe\'; rm -rf /'

# entries FILTER: of the ledger
entries() {
	jq -c "select($1)" case/ledger.jsonl
}

@test "an exhibit is added once, with what was supplied and nothing else" {
	exhibit_json case init case
	exhibit_json case add case EX-1 --description "a disk" --make ACME --model M1 --serial S9 --seal 11 --seal 12 \
		--condition dented --received-from "Officer B" --place "Room 3" --when 2026-11-24T10:00+01:00 --examiner "A. Person"
	expect_status 0
	expect_true '.exhibit.source == {"make": "ACME", "model": "M1", "serial": "S9"} and .exhibit.seals == ["11", "12"]'
	expect_true '.exhibit.by == "A. Person" and .exhibit.received_from == "Officer B" and .entry == 1'
	exhibit_json case add case EX-1
	expect_status 3
	expect_text "$stderr" "there is an exhibit 'EX-1' already, of entry 1"
	exhibit_json case add case EX-2
	expect_status 0
	expect_true '.exhibit == {"exhibit": "EX-2"}'
	exhibit case show case
	(($(grep -c 'Description .*(not supplied)' <<<"$output") == 1))
	exhibit_json case verify case
	expect_true '.verdict == "intact" and .entries == 3'
}

@test "a transfer names its exhibit, and a gap between two is said" {
	exhibit_json case init case
	exhibit_json case transfer case EX-1 --released-by A --received-by B
	expect_status 3
	expect_text "$stderr" "there is no exhibit 'EX-1'"
	exhibit_json case add case EX-1
	exhibit_json case transfer case EX-1 --released-by A --received-by B --purpose analysis --place lab --seal-state intact --seal 5
	expect_status 0
	expect_true '.problems == [] and .transfer.seal_state == "intact" and .transfer.seals == ["5"]'
	exhibit_json case transfer case EX-1 --released-by B --received-by C
	expect_true '.problems == []'
	exhibit_json case transfer case EX-1 --released-by A --received-by D
	expect_status 0
	expect_problem custody-gap
	exhibit_json case show case
	expect_true '.exhibits[0].holder == "D" and (.exhibits[0].transfers | length) == 3 and .exhibits[0].transfers[2].gap == "C"'
	expect_true '[.timeline[].event] == ["genesis", "exhibit", "transfer", "transfer", "transfer"]'
}

@test "a time needs its zone" {
	exhibit_json case init case
	for good in 2026-11-24T10:00Z 2026-11-24T10:00:59Z 2026-11-24T10:00-05:30; do
		exhibit_json case add case "EX $good" --when "$good"
		expect_status 0
	done
	for bad in 2026-11-24 2026-11-24T10:00 "24.11.2026 10:00" 2026-11-24T10:00+1 2026-11-24T10:00ZZ; do
		exhibit_json case add case EX --when "$bad"
		expect_status 2
		expect_text "$stderr" "is no time with its zone"
	done
}

@test "an image is read before and after a transfer; one that differs is a mismatch and recorded" {
	exhibit_json case init case disk.raw
	expect_status 0
	[[ $(entries '.seq == 0' | jq -r '.evidence[0].digests.sha256') == "$(sha256sum disk.raw | cut -c 1-64)" ]]
	exhibit_json case add case EX-1
	exhibit_json case transfer case EX-1 --released-by A --received-by B --verify disk.raw
	expect_status 0
	expect_true '.verdict == "match" and .before.verdict == "match" and .after.verdict == "match"'
	expect_true '.transfer.verification.before.digests == .transfer.verification.after.digests'
	cp disk.raw copy.raw
	printf x | dd of=copy.raw bs=1 seek=5000 conv=notrunc status=none
	exhibit_json case transfer case EX-1 --released-by B --received-by C --verify disk.raw --verify-received copy.raw
	expect_status 1
	expect_true '.verdict == "mismatch" and .transfer.verification.after.step == "verify-received"'
	(($(entries '.event == "transfer"' | wc -l) == 2))
	exhibit_json case verify case
	expect_true '.verdict == "intact"'
}

@test "an interrupted transfer is not recorded as one" {
	truncate -s 3G large.raw
	exhibit_json case init case
	exhibit_json case add case EX-1
	"$EXHIBIT" case transfer case EX-1 --released-by A --received-by B --verify large.raw -q --json >facts &
	for _ in {1..100}; do
		grep -q verify-released case/ledger.jsonl && break
		sleep 0.05
	done
	kill -INT $!
	wait $! || status=$?
	((status == 3))
	(($(entries '.event == "transfer"' | wc -l) == 0))
	exhibit_json case verify case
	expect_true '.verdict == "intact"'
}

@test "fields come from a file; options outrank it; a name that is not known is an error" {
	printf '%s\n' '# the operator' 'examiner: From File' 'case-number:   17 ' 'scope: first line' '  second line' '' 'time-zone: UTC' \
		>operator.txt
	exhibit_json case init case --operator operator.txt --examiner "From Option"
	expect_status 0
	expect_true '.case.operator | .examiner == "From Option" and .case_number == "17" and .scope == "first line\nsecond line"'
	expect_true ".case.operator.file.sha256 == \"$(sha256sum operator.txt | cut -c 1-64)\" and .case.operator.time_zone == \"UTC\""
	expect_true '.case.operator | has("reviewer") | not'
	exhibit case show case
	expect_text "$output" "Reviewer        (not supplied)"
	for bad in 'examinor: x' 'no colon' $'examiner: a\nexaminer: b' $'  goes on'; do
		printf '%s\n' "$bad" >bad.txt
		exhibit_json case init other --operator bad.txt
		expect_status 3
		expect_text "$stderr" "bad.txt: line"
		[[ ! -e other ]]
	done
}

@test "hostile text in every field stays text: in the ledger, on the terminal, and for the verifier" {
	local fields=(--description --make --model --serial --seal --condition --received-from --place) options=() field
	for field in "${fields[@]}"; do
		options+=("$field" "$hostile")
	done
	exhibit_json case init case --case-number "$hostile" --examiner "$hostile" --organisation "$hostile" --authority "$hostile" \
		--purpose "$hostile" --exhibit-number "$hostile"
	expect_status 0
	exhibit_json case add case "$hostile" "${options[@]}" --examiner "$hostile"
	expect_status 0
	exhibit_json case transfer case "$hostile" --released-by "$hostile" --received-by "$hostile" --purpose "$hostile" \
		--place "$hostile" --seal "$hostile" --examiner "$hostile"
	expect_status 0
	openssl genpkey -algorithm ed25519 -out second.pem
	exhibit_json case sign case --signing-key second.pem --name "$hostile" --role "$hostile"
	expect_status 0
	exhibit report case -q
	expect_status 0
	expect_no_match '<script>alert' "$(<case/report/report.html)"
	exhibit case show case
	expect_no_match $'\e|\u202e' "$output"
	(($(wc -l <case/ledger.jsonl) == $(jq -s length case/ledger.jsonl)))
	expect_no_match '[^ -~]' "$(<case/ledger.jsonl)"
	exhibit_json case close case --examiner "$hostile" --reason "$hostile"
	expect_status 0
	exhibit_json case export case export
	expect_status 0
	exhibit_json case verify export
	expect_true '.verdict == "intact"'
	sh export/verify.sh >said
	grep -qx 'verdict: intact' said
}

@test "a key under a passphrase: from a file, from the environment, and not without" {
	printf 'correct horse\n' >secret
	exhibit_json case init case --passphrase --passphrase-file secret
	expect_status 0
	grep -q 'BEGIN ENCRYPTED PRIVATE KEY' keys/*.pem
	[[ $(stat -c %a keys/*.pem) == 600 ]]
	openssl pkey -in keys/*.pem -passin pass:"correct horse" -noout
	exhibit_json case add case EX-1 --passphrase-file secret
	expect_status 0
	EXHIBIT_PASSPHRASE="correct horse" exhibit_json case add case EX-2
	expect_status 0
	EXHIBIT_PASSPHRASE="wrong" exhibit_json case add case EX-3
	expect_status 3
	expect_text "$stderr" "the passphrase does not open"
	run -3 --separate-stderr setsid "$EXHIBIT" case add case EX-3
	expect_text "$stderr" "there is no terminal to ask on"
	exhibit_json case verify case
	expect_true '.verdict == "intact" and .entries == 3'
}

@test "a key under a passphrase: asked for on the terminal, twice for a new key, and never shown" {
	local terminal=$EXHIBIT_SOURCE/tests/lib/terminal
	run -3 timeout 60 "$terminal" one another -- "$EXHIBIT" case init case --passphrase
	expect_text "$output" "not the same twice"
	[[ ! -e case ]]
	run -0 timeout 60 "$terminal" hunter2 hunter2 -- "$EXHIBIT" case init case --passphrase
	expect_no_match hunter2 "$output"
	openssl pkey -in keys/*.pem -passin pass:hunter2 -noout
	run -0 timeout 60 "$terminal" hunter2 -- "$EXHIBIT" case add case EX-1
	run -3 timeout 60 "$terminal" hunter3 -- "$EXHIBIT" case add case EX-2
	expect_text "$output" "the passphrase does not open"
	exhibit_json case verify case
	expect_true '.verdict == "intact" and .entries == 2'
}

@test "a key that was given is used where it lies" {
	openssl genpkey -algorithm ed25519 -out mine.pem
	exhibit_json case init case --signing-key mine.pem
	expect_status 0
	[[ $(openssl pkey -in mine.pem -pubout) == "$(<case/public.pem)" ]]
	[[ $(readlink keys/*.pem) == "$PWD/mine.pem" ]]
	exhibit_json case add case EX-1
	expect_status 0
	mkdir inside
	cp mine.pem inside/key.pem
	exhibit_json case init inside/key.pem/x --signing-key mine.pem
	expect_status 3
	openssl genpkey -algorithm ed448 -out other.pem
	exhibit_json case init other --signing-key other.pem
	expect_status 3
	expect_text "$stderr" "Ed25519"
	[[ ! -e other ]]
}

@test "nothing is added behind the closing entry, and what witnesses it is still made" {
	openssl genpkey -algorithm ed25519 -out second.pem
	openssl pkey -in second.pem -pubout -out second.pub
	exhibit_json case init case
	exhibit_json case close case --examiner "A. Person" --reason "trial over"
	expect_status 0
	expect_true '.close == {"by": "A. Person", "reason": "trial over"}'
	cp case/ledger.jsonl before
	for command in "case add case EX-1" "case close case" "verify disk.raw --case case"; do
		# shellcheck disable=SC2086
		exhibit_json $command
		expect_status 3
		expect_text "$stderr" "the record was closed by entry 1"
	done
	exhibit_json case sign case --signing-key second.pem --name Second
	expect_status 0
	exhibit_json case timestamp case
	expect_status 0
	exhibit_json case export case export
	expect_status 0
	cmp before case/ledger.jsonl
	exhibit_json case verify case --countersigner second.pub
	expect_true '.verdict == "intact"'
	exhibit_json case show case
	expect_true '.closed_by == 1'
	sh export/verify.sh --countersigner second.pub >said
	grep -qx 'verdict: intact' said
}

@test "only a case that is there is added to, signed, stamped, closed and exported" {
	openssl genpkey -algorithm ed25519 -out second.pem
	for command in "case add nowhere EX" "case transfer nowhere EX --released-by A --received-by B" \
		"case sign nowhere --signing-key second.pem --name B" "case timestamp nowhere" "case close nowhere" "case export nowhere out"; do
		# shellcheck disable=SC2086
		exhibit_json $command
		expect_status 3
		expect_text "$stderr" "there is no case"
	done
	[[ ! -e nowhere && ! -e out ]]
}
