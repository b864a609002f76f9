#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a report tells its reader to run gives what the report says.

load ../lib/common

# printed_commands REPORT: the commands of the chapter on the record, for the case in $PWD/case
printed_commands() {
	sed -n '/<pre>/,/<\/pre>/p' "$1" |
		sed -e 's/<\/\?pre>//g' -e "s/&#39;/'/g" -e 's/&gt;/>/g' -e 's/CASE/case/g' -e '/^exhibit /d'
}

@test "ledger, key and signature can be checked with openssl alone, also after the report was recorded" {
	need_tool openssl
	cd "$BATS_TEST_TMPDIR"
	exhibit case init case
	((status == 0))
	exhibit report case
	((status == 0))
	printed_commands case/report/report.html >commands
	grep -q pkeyutl commands
	run sh commands
	((status == 0))
	[[ $output == *"Signature Verified Successfully"* ]]
	[[ $output == *"$(jq -r .ledger.sha256 case/report/report.json)"* ]]
	[[ $output == *"$(jq -r .ledger.key_fingerprint case/report/report.json)"* ]]
}
