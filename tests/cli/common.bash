# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the tests of the program's own words share, on top of what all bats files have.

load ../lib/common
export LC_ALL=C.UTF-8 TERM=xterm COLUMNS=80

# Every command of the program.
commands=(info scan verify files attach status detach mount umount examine "case init" "case add"
	"case transfer" "case show" "case sign" "case timestamp" "case close" "case export" "case verify" rescue report recover doctor)

# fact_text FILTER: a fact as plain text.
fact_text() {
	jq -er "$1" <<<"$output"
}

# on_terminal ...: the same on a terminal of 80 columns; both streams in $output.
on_terminal() {
	local line
	printf -v line '%q ' "$EXHIBIT" "$@"
	run script -qec "stty cols 80 rows 24; $line" /dev/null
	output=${output//$'\r'/}
}

expect_text() {
	[[ $1 == *"$2"* ]] && return
	printf 'no "%s" in: %s\n' "$2" "$1" >&2
	return 1
}

expect_no_text() {
	[[ $1 != *"$2"* ]] && return
	printf '"%s" in: %s\n' "$2" "$1" >&2
	return 1
}

# expect_no_match REGEX TEXT, line by line and byte by byte. (bats does not see a failing "! grep".)
expect_no_match() {
	local found
	found=$(LC_ALL=C grep -m 1 -E "$1" <<<"$2") || return 0
	printf 'matches %q: %q\n' "$1" "$found" >&2
	return 1
}

# fits_80_columns TEXT
fits_80_columns() {
	local found
	found=$(grep -m 1 -E '.{81}' <<<"$1") || return 0
	printf 'wider than 80 columns: %s\n' "$found" >&2
	return 1
}

# raw_image FILE MIB: an image with one Linux partition in an MBR, from the first MiB to the end.
raw_image() {
	truncate -s "$2M" "$1"
	sfdisk -q "$1" <<<"label: dos
start=2048, type=83"
}

# expect_true FILTER: of the facts that the last exhibit_json printed
expect_true() {
	jq -e "$1" <<<"$output" >/dev/null || fail "$1 does not hold: $output"
}
