#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What the program prints with --json holds to the published schema.

bats_require_minimum_version 1.5.0
load ../lib/common

schema=$BATS_TEST_DIRNAME/../../docs/schema/exhibit-1.schema.json
validate=$BATS_TEST_DIRNAME/../report/validate.py

setup() {
	/usr/bin/python3 -c 'import jsonschema' 2>/dev/null || skip "python3-jsonschema is not installed"
	cd "$BATS_TEST_TMPDIR" || return
}

json_of() {
	local name=$1
	shift
	"$EXHIBIT" "$@" --json >"$name.json" 2>/dev/null || true
	[[ -s $name.json ]]
}

@test "each command's object holds to the schema, also beside an error" {
	local image=$EXHIBIT_FIXTURES/demo.E01
	json_of info info "$image"
	json_of scan scan "$image"
	json_of verify verify --window 16M "$image"
	json_of files files "$image"
	json_of examine examine --case case "$image"
	json_of report report case -f html,json,case,dfxml
	json_of case_show case show case
	json_of case_verify case verify case
	json_of status status
	json_of doctor doctor
	json_of absent verify "$PWD/absent"
	head -c 5000000 "$image" >cut.E01
	json_of cut info "$PWD/cut.E01"
	json_of cut_verify verify "$PWD/cut.E01"
	cp case/report/report.json .
	/usr/bin/python3 "$validate" "$schema" ./*.json
}

@test "the reports of made-up cases hold to it too" {
	[[ -x $EXHIBIT_BUILD/tests/unit/test_report ]] || skip "test_report is not built"
	"$EXHIBIT_BUILD/tests/unit/test_report" made en healthy mismatch differs losses interrupted partitions steps \
		anonymous empty halfway killed
	/usr/bin/python3 "$validate" "$schema" made/*/report.json
}

@test "what does not hold to it is found" {
	local change
	json_of verify verify "$EXHIBIT_FIXTURES/demo.raw"
	for change in '.verdict = "good"' 'del(.bytes)' '.bytes = "many"' '.problems = [{"code": "x"}]' \
		'.started = "yesterday"' '.digests.sha256 = "XYZ"' '.damage = [{"start": 0, "length": 1, "reason": "io-error"}]'; do
		jq "$change" verify.json >changed.json
		run -1 /usr/bin/python3 "$validate" "$schema" changed.json
	done
}
