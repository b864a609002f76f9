#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0

load common

@test "--help lists every command" {
	exhibit --help
	expect_status 0
	for command in "${commands[@]}"; do
		expect_text "$output" "  $command "
	done
}

@test "there are no commands beside those that are tested" {
	exhibit --help
	found=$(sed -n 's/^  \([a-z][a-z ]*[a-z]\)   *.*/\1/p' <<<"$output" | sort)
	[[ $found == "$(printf '%s\n' "${commands[@]}" | sort)" ]]
}

@test "every command has help, in both forms and at most 80 columns wide" {
	for command in "${commands[@]}"; do
		exhibit $command --help
		expect_status 0
		expect_text "$output" "Usage: exhibit $command"
		expect_text "$output" "--json"
		fits_80_columns "$output"
		long=$output
		exhibit help $command
		expect_status 0
		[[ $output == "$long" ]]
		exhibit $command -h
		[[ $output == "$long" ]]
	done
}

@test "the overview fits 80 columns" {
	exhibit --help
	fits_80_columns "$output"
}

@test "a family of commands lists its members" {
	exhibit case --help
	expect_status 0
	expect_text "$output" "case verify"
	exhibit help case
	expect_status 0
	expect_text "$output" "case init"
}

@test "--version names the program and its version" {
	exhibit --version
	expect_status 0
	[[ $output =~ ^exhibit\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
}

@test "help problems lists codes with severity and meaning" {
	exhibit help problems
	expect_status 0
	[[ $output =~ segment-missing\ +error\ + ]]
	[[ $output =~ interrupted\ +error\ + ]]
}
