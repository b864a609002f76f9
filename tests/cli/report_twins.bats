#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The documents for machines: valid by the schemas of others, and the same facts as the one for people.

bats_require_minimum_version 1.5.0
load ../lib/common

tools=$BATS_TEST_DIRNAME/../report
texts=$BATS_TEST_DIRNAME/../../src/report/en.def

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	[[ -x $EXHIBIT_BUILD/tests/unit/test_report ]] || skip "test_report is not built"
	"$EXHIBIT_BUILD/tests/unit/test_report" "$PWD/made" en healthy mismatch differs losses interrupted partitions steps \
		anonymous empty hostile halfway killed
	"$EXHIBIT" examine --case case --case-number 2026-0417 --exhibit-number A-03 --examiner "M. Okafor" \
		--authority "Warrant 12" "$EXHIBIT_FIXTURES/demo.E01" >/dev/null || true
	cp -r case/report made/real
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return
}

@test "DFXML is valid by its schema" {
	need_tool xmllint
	need_standards
	xmllint --nonet --noout --schema "$STANDARDS/dfxml.xsd" made/*/report.dfxml
	sed 's/len="[0-9]*"/len="many"/' made/real/report.dfxml >"$BATS_TEST_TMPDIR/wrong.dfxml"
	run ! xmllint --nonet --noout --schema "$STANDARDS/dfxml.xsd" "$BATS_TEST_TMPDIR/wrong.dfxml"
}

@test "CASE/UCO conforms to the shapes of the ontology" {
	need_standards
	need_node_modules
	node "$NODE_HOME/shacl.mjs" "$STANDARDS/case-1.4.0.ttl" made/{real,healthy,mismatch,losses,hostile,empty}/report.case.jsonld
	sed 's/"xsd:integer"/"xsd:string"/' made/real/report.case.jsonld >"$BATS_TEST_TMPDIR/wrong.jsonld"
	run ! node "$NODE_HOME/shacl.mjs" "$STANDARDS/case-1.4.0.ttl" "$BATS_TEST_TMPDIR/wrong.jsonld"
}

@test "CASE/UCO has actions with performer, tool, times, input and output, and provenance records" {
	jq -e '[.["@graph"][] | select(.["@type"] == "case-investigation:InvestigativeAction")]
		| length > 3 and all(.[]; has("uco-action:performer") and has("uco-action:instrument")
			and has("uco-action:startTime") and has("uco-action:endTime") and has("uco-action:object")
			and has("uco-action:result"))' made/real/report.case.jsonld
	jq -e '[.["@graph"][] | select(.["@type"] == "case-investigation:ProvenanceRecord")
		| .["case-investigation:exhibitNumber"]] | index("A-03") != null and index("A-03-P1") != null' \
		made/real/report.case.jsonld
}

@test "the same record gives the same documents" {
	"$EXHIBIT" report case -o "$BATS_TEST_TMPDIR/a" -f dfxml >/dev/null
	grep -v '<dc:identifier>' "$BATS_TEST_TMPDIR/a/report.dfxml" >a
	grep -v '<dc:identifier>' made/real/report.dfxml >b
	diff <(sed '/ledger/d' a) <(sed '/ledger/d' b)
}

@test "partitions, files, digests and steps are the same in all of them" {
	local dir
	for dir in made/*/; do
		[[ $dir == made/hostile/ ]] || python3 "$tools/counts.py" "$dir"
	done
	cp -r made/real "$BATS_TEST_TMPDIR/real"
	sed -i '0,/<partitionobject>/s//<partitionobject><!-- -->/; 0,/img_offset="1048576"/s//img_offset="1048577"/' \
		"$BATS_TEST_TMPDIR/real/report.dfxml"
	run -1 python3 "$tools/counts.py" "$BATS_TEST_TMPDIR/real"
	[[ $output == *"DFXML: partitions"* ]]
}

@test "each number of the report stands among the facts" {
	local dir
	for dir in made/{real,healthy,mismatch,differs,losses,interrupted,partitions,steps,anonymous,empty}; do
		python3 "$tools/trace_numbers.py" "$texts" "$dir"
	done
}

@test "a number that stands in no fact is found" {
	cp -r made/real "$BATS_TEST_TMPDIR/real"
	sed -i 's/100,663,296/100,663,297/' "$BATS_TEST_TMPDIR/real/report.html"
	run -1 python3 "$tools/trace_numbers.py" "$texts" "$BATS_TEST_TMPDIR/real"
	[[ $output == *"100,663,297 is in no fact"* ]]
	cp made/real/report.html "$BATS_TEST_TMPDIR/real/report.html"
	sed -i '0,/\([0-9a-f]\{8\}<wbr>\)[0-9a-f]\{8\}/s//\100000000/' "$BATS_TEST_TMPDIR/real/report.html"
	run -1 python3 "$tools/trace_numbers.py" "$texts" "$BATS_TEST_TMPDIR/real"
}

@test "a hundred thousand irregularities: the full list is a file, and the report names its digest" {
	"$EXHIBIT_BUILD/tests/unit/test_report" "$BATS_TEST_TMPDIR/all" en problems
	cd "$BATS_TEST_TMPDIR/all/problems"
	(($(wc -l <problems.csv) == 100004)) || fail "$(wc -l <problems.csv) lines"
	(($(wc -c <report.html) < 200000))
	sed 's/<wbr>//g' report.html | grep -q "$(sha256sum problems.csv | cut -d ' ' -f 1)"
}
