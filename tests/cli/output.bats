#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0

load common

setup() {
	need_tool jq sfdisk script
	image=$BATS_TEST_TMPDIR/disk.raw
	raw_image "$image" 8
}

envelope() {
	expect_fact .schema '"exhibit/1"'
	[[ $(fact_text .command) == "$1" ]]
	[[ "exhibit $(fact_text .version)" == $("$EXHIBIT" --version) ]]
	expect_fact '.problems | type' '"array"'
}

@test "JSON has the envelope, and text and JSON say the same" {
	exhibit info --json "$image"
	expect_status 0
	envelope info
	[[ $(fact_text .image.path) == "$image" ]]
	[[ $(fact_text .image.media_size) == 8388608 ]]
	exhibit info "$image"
	expect_status 0
	expect_text "$output" "$image"
	expect_text "$output" "8 MiB (8388608 bytes)"
}

@test "a missing file is named with its cause, and is JSON too" {
	absent=$BATS_TEST_TMPDIR/absent.E01
	for command in info scan verify files attach examine; do
		exhibit $command "$absent"
		expect_status 3
		[[ $stderr == "exhibit: $command: "*"$absent"*"No such file or directory"* ]]
		[[ -z $output ]]
		exhibit $command --json "$absent"
		expect_status 3
		envelope "$command"
		[[ $(fact_text '.problems[0].severity') == error ]]
		expect_text "$(fact_text '.problems[0].text')" "$absent"
	done
}

@test "a failure with --case makes no case for evidence that is not there" {
	exhibit verify --case "$BATS_TEST_TMPDIR/case" "$BATS_TEST_TMPDIR/absent"
	expect_status 3
	[[ ! -e $BATS_TEST_TMPDIR/case ]]
}

@test "JSON is ASCII, whatever the file is called" {
	odd=$BATS_TEST_TMPDIR/$'n\xc3\xa4me \xe2\x80\xae\x1b[31m.raw'
	cp "$image" "$odd"
	exhibit info --json "$odd"
	expect_status 0
	expect_no_match '[^ -~]' "$output"
	[[ $(fact_text .image.path) == "$odd" ]]
}

@test "control and bidirectional characters of a name never reach the terminal" {
	odd=$BATS_TEST_TMPDIR/$'a\xe2\x80\xae\x1b[31m\x07\nb.raw'
	cp "$image" "$odd"
	exhibit info "$odd"
	expect_status 0
	expect_no_match $'[\x1b\x07]|\xe2\x80\xae' "$output"
	expect_text "$output" '\u{202e}'
	exhibit info "$odd.absent"
	expect_status 3
	expect_no_match $'[\x1b\x07]|\xe2\x80\xae' "$stderr"
}

@test "no progress and no colour where there is no terminal" {
	exhibit verify "$image"
	expect_no_text "$stderr" $'\r'
	expect_no_text "$output$stderr" $'\e'
}

@test "progress on a terminal, unless it is not wanted" {
	truncate -s 400M "$image"
	on_terminal verify "$image"
	expect_text "$output" $'\e[K'
	for option in -q --quiet --no-progress; do
		on_terminal verify "$option" "$image"
		expect_no_text "$output" $'\e[K'
	done
}

@test "colours on a terminal, unless NO_COLOR is set" {
	on_terminal verify "$image"
	expect_text "$output" $'\e[1;'
	NO_COLOR=1 on_terminal verify --no-progress "$image"
	expect_no_text "$output" $'\e['
}

@test "text on a terminal fits 80 columns" {
	for command in info scan verify doctor status; do
		arguments=("$image")
		[[ $command != doctor && $command != status ]] || arguments=()
		NO_COLOR=1 on_terminal $command --no-progress "${arguments[@]}"
		fits_80_columns "$(grep -vF "$image" <<<"$output")"
	done
}

@test "a full disk behind standard output is noticed" {
	status=0
	"$EXHIBIT" info "$image" >/dev/full 2>"$BATS_TEST_TMPDIR/stderr" || status=$?
	((status == 3))
	expect_text "$(<"$BATS_TEST_TMPDIR/stderr")" "standard output"
}

@test "help and version notice a full disk too" {
	for arguments in --version --help "help problems" "verify --help"; do
		status=0
		# shellcheck disable=SC2086
		"$EXHIBIT" $arguments >/dev/full 2>"$BATS_TEST_TMPDIR/stderr" || status=$?
		((status == 3)) || fail "$arguments: status $status"
		expect_text "$(<"$BATS_TEST_TMPDIR/stderr")" "standard output"
	done
}

@test "a closed standard output is an error, and nothing else is written in its place" {
	for command in info verify "examine --case $BATS_TEST_TMPDIR/closed"; do
		status=0
		# shellcheck disable=SC2086
		"$EXHIBIT" $command --json "$image" <&- >&- 2>"$BATS_TEST_TMPDIR/stderr" || status=$?
		((status == 3)) || fail "$command: status $status"
		expect_text "$(<"$BATS_TEST_TMPDIR/stderr")" "standard output"
	done
	"$EXHIBIT" case verify "$BATS_TEST_TMPDIR/closed"
}

@test "an interrupted command says so, and exits 3" {
	truncate -s 64G "$image"
	status=0
	timeout --preserve-status -s INT 1 "$EXHIBIT" verify --json "$image" >"$BATS_TEST_TMPDIR/stdout" \
		2>"$BATS_TEST_TMPDIR/stderr" || status=$?
	output=$(<"$BATS_TEST_TMPDIR/stdout")
	stderr=$(<"$BATS_TEST_TMPDIR/stderr")
	expect_status 3
	expect_problem interrupted
	expect_fact '[.problems[].code] | length' 1
	expect_text "$stderr" "exhibit: verify: "
}
