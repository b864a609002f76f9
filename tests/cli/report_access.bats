#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The report is there for everybody: axe-core finds nothing serious, and the browser asks for nothing but the file.

load ../lib/common

@test "axe-core finds nothing serious, and no request leaves" {
	need_tool chromium
	need_node_modules
	[[ -x $EXHIBIT_BUILD/tests/unit/test_report ]] || skip "test_report is not built"
	"$EXHIBIT_BUILD/tests/unit/test_report" "$BATS_TEST_TMPDIR/en" en healthy losses hostile
	"$EXHIBIT_BUILD/tests/unit/test_report" "$BATS_TEST_TMPDIR/de" de mismatch
	timeout 200 node "$NODE_HOME/axe.mjs" "$(command -v chromium)" "$BATS_TEST_TMPDIR/profile" \
		"$BATS_TEST_TMPDIR"/en/{healthy,losses,hostile}/report.html "$BATS_TEST_TMPDIR/de/mismatch/report.html"
}
