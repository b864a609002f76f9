#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The manual page and the program say the same.

load common

manual=$BATS_TEST_DIRNAME/../../docs/man/exhibit.1.scd.in

options_of_program() {
	for command in "${commands[@]}"; do
		"$EXHIBIT" $command --help
	done | grep -oE '^ +(-[a-z], )?--[a-z-]+' | grep -oE '(-[a-z]|--[a-z-]+)' | sort -u
}

# In the manual an option stands in bold at the beginning of its entry.
options_of_manual() {
	grep -E '^\*-' "$manual" | grep -oE '\*(-[a-z]|--[a-z-]+)\*' | tr -d '*' | sort -u
}

@test "each option of the program is in the manual, and each of the manual in the program" {
	diff <(options_of_program) <(options_of_manual)
}

@test "each command is in the manual" {
	for command in "${commands[@]}"; do
		grep -qE "^\*exhibit $command\*" "$manual"
	done
	(($(grep -cE '^\*exhibit [a-z ]+\*' "$manual") == ${#commands[@]}))
}

@test "each command is in the README" {
	readme=$BATS_TEST_DIRNAME/../../README.md
	for command in "${commands[@]}"; do
		grep -q "exhibit $command" "$readme"
	done
}

@test "the manual page is well-formed and lists the problem codes of the program" {
	[[ -x $(command -v scdoc) ]] || skip "scdoc is not installed"
	"$BATS_TEST_DIRNAME/../../docs/man/fill-in" "$EXHIBIT" "$manual" "$BATS_TEST_TMPDIR/page.scd"
	scdoc <"$BATS_TEST_TMPDIR/page.scd" >"$BATS_TEST_TMPDIR/page"
	"$EXHIBIT" help problems | awk 'NR > 1 {print $1}' | while read -r code; do
		grep -qF "*$code*" "$BATS_TEST_TMPDIR/page.scd"
	done
	expect_no_match PROBLEMS@ "$(<"$BATS_TEST_TMPDIR/page.scd")"
}
