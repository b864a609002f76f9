# SPDX-License-Identifier: Apache-2.0
# What the tests of the program share. EXHIBIT is the program, EXHIBIT_TESTDATA the folder of third-party images or empty.

: "${EXHIBIT:?EXHIBIT must be the path of the program}"
EXHIBIT_TESTDATA=${EXHIBIT_TESTDATA:-}
export LC_ALL=C.UTF-8 TERM=xterm COLUMNS=80

# Every command of the program, one a line.
commands=(info scan verify files attach status detach mount umount examine "case init" "case show" "case verify"
	report recover doctor)

# exhibit ...: run it, standard output in $output, standard error in $stderr, exit status in $status.
exhibit() {
	status=0
	"$EXHIBIT" "$@" >"$BATS_TEST_TMPDIR/stdout" 2>"$BATS_TEST_TMPDIR/stderr" || status=$?
	output=$(<"$BATS_TEST_TMPDIR/stdout")
	stderr=$(<"$BATS_TEST_TMPDIR/stderr")
}

# on_terminal ...: the same on a terminal of 80 columns; both streams in $output.
on_terminal() {
	local line
	printf -v line '%q ' "$EXHIBIT" "$@"
	status=0
	output=$(script -qec "stty cols 80 rows 24; $line" /dev/null </dev/null | tr -d '\r') || status=$?
}

# fact FILTER: what jq gives for the JSON on standard output.
fact() {
	jq -er "$1" <<<"$output"
}

expect_status() {
	((status == $1)) && return
	printf 'exit status %s, not %s\nstdout: %s\nstderr: %s\n' "$status" "$1" "$output" "$stderr" >&2
	return 1
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

requires() {
	command -v "$1" >/dev/null || skip "$1 is not installed"
}

requires_root() {
	((EUID == 0)) || skip "needs root"
}

requires_loop() {
	requires_root
	[[ -e /dev/loop-control ]] || skip "no loop devices here (/dev/loop-control)"
}

requires_fuse() {
	[[ -c /dev/fuse && -r /dev/fuse && -w /dev/fuse ]] || skip "no FUSE here (/dev/fuse)"
}

requires_testdata() {
	[[ -n $EXHIBIT_TESTDATA && -e $EXHIBIT_TESTDATA/$1 ]] || skip "third-party image $1 is not here"
}
