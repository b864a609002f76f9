#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A case directory comes from elsewhere too: no file of it may keep a command from ending.

load ../lib/common

export EXHIBIT_SECONDS=20

@test "a pipe in the place of any file of a case keeps nobody waiting" {
	export HOME=$BATS_TEST_TMPDIR
	cd "$BATS_TEST_TMPDIR"
	head -c 4096 /dev/zero >disk.raw
	exhibit_json verify disk.raw --case whole
	exhibit_json report whole
	expect_status 0
	while read -r file; do
		cp -a whole hostile
		rm "hostile/$file"
		mkfifo "hostile/$file"
		exhibit case verify --json hostile
		[[ $file == steps.lock ]] || expect_status 1
		exhibit case show --json hostile
		exhibit_json report hostile
		exhibit_json verify disk.raw --case hostile
		rm -r hostile
	done < <(find whole -type f -printf '%P\n')
}
