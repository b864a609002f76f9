#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0

load common

# misuse TEXT ARGUMENTS...: refused with exit 2, TEXT, and where help is; nothing on standard output.
misuse() {
	local text=$1
	shift
	exhibit "$@"
	expect_status 2
	expect_text "$stderr" "$text"
	expect_text "$stderr" "--help'."
	[[ -z $output ]]
}

@test "no command" {
	misuse "COMMAND is missing"
}

@test "an unknown command" {
	misuse "there is no command 'frobnicate'" frobnicate
	misuse "there is no command 'frobnicate'" help frobnicate
	misuse "one of init, add, transfer, show, sign," case
	misuse "one of init, add, transfer, show, sign," case frobnicate
}

@test "options before the command" {
	misuse "COMMAND comes first" --json scan x
}

@test "an unknown option" {
	for command in "${commands[@]}"; do
		misuse "exhibit: $command: unknown option --frobnicate" $command --frobnicate
		misuse "unknown option -Z" $command -Z
	done
}

@test "an option of another command" {
	misuse "--key is not an option of this command" scan --key x y
	misuse "--partition is not an option of this command" verify -p 1 x
	misuse "--expect is not an option of this command" info --expect md5:00 x
	misuse "--case-number is not an option of this command" verify --case-number 1 x
}

@test "options without their value, and values where none belong" {
	misuse "--case needs a value: DIR" verify x --case
	misuse "--partition needs a value: N" attach x -p
	misuse "--json takes no value" info --json=yes x
	misuse "not empty" verify --allow-incomplete "" x
}

@test "numbers must be numbers" {
	for bad in -1 +1 0x10 1k " 1" 99999999999999999999 1.5; do
		misuse "--partition $bad: must be a number" attach x -p "$bad"
	done
	misuse "must be a number above 0" verify --threads 0 x
	misuse "must be one of: 512 1024 2048 4096" scan --sector-size 513 x
	misuse "must be one of: 512 1024 2048 4096" scan --sector-size 51 x
}

@test "words must be among those that are known" {
	misuse "must be one of: auto wploop loop fuse" attach --method wploop2 x
	misuse "must be one of: text json jsonl csv" files --format xml x
	misuse "exclude each other" files --json --format csv x
}

@test "operands: too few and too many" {
	for command in info scan verify files attach umount examine "case init" "case add" "case transfer" "case show" "case sign" "case timestamp" \
		"case close" "case export" "case verify" report; do
		misuse "is missing" $command
	done
	misuse "one operand too many" info a b
	misuse "one operand too many" status a
	misuse "DIR is missing" mount x -p 1
	misuse "DIR LABEL is missing" case add
	misuse "LABEL is missing" case add x
	misuse "OUT is missing" case export x
	misuse "one -p N" mount x y
	misuse "one -p N" mount -p 1 -p 2 x y
	misuse "either ID or --all" detach
	misuse "either ID or --all" detach --all x
	misuse "put -- before COMMAND: IMAGE -- fls" examine x fls
}

@test "options may follow operands, and -- ends them" {
	exhibit info "$BATS_TEST_TMPDIR/absent" --json
	expect_status 3
	expect_fact '.problems | length' 1
	exhibit info -- --json
	expect_status 3
	expect_text "$stderr" "--json"
}

@test "what a transfer and a countersignature need" {
	misuse "--released-by and --received-by must say who" case transfer x EX-1
	misuse "--released-by and --received-by must say who" case transfer x EX-1 --released-by A
	misuse "--verify-received needs --verify" case transfer x EX-1 --released-by A --received-by B --verify-received y
	misuse "must be one of: intact broken replaced none" case transfer x EX-1 --seal-state whole
	misuse "--signing-key and --name must say who signs" case sign x
	misuse "--passphrase is for a new key" case init x --passphrase --signing-key y
}
