#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0

load common

setup() {
	mkdir "$BATS_TEST_TMPDIR/bin"
	ln -s "$EXHIBIT" "$BATS_TEST_TMPDIR/bin/exhibit"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
	# shellcheck source=/dev/null
	source "$EXHIBIT_SOURCE/cli/exhibit.bash"
}

# proposals WORD...: what the last word could become.
proposals() {
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	_exhibit
	printf '%s\n' "${COMPREPLY[@]}"
}

@test "commands are completed" {
	[[ $(proposals exhibit ver) == verify ]]
	[[ $(proposals exhibit ca) == case ]]
	[[ $(proposals exhibit case sh) == show ]]
	[[ $(proposals exhibit help prob) == problems ]]
}

@test "options are completed, and only those of the command" {
	[[ $(proposals exhibit verify --exp) == --expect ]]
	[[ $(proposals exhibit case verify --he) == $'--head\n--help' ]]
	[[ -z $(proposals exhibit scan --exp) ]]
}
