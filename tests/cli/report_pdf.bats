#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The PDF: PDF/A-2b with its fonts, bookmarks, "n of N" and the document's identity on each page.

bats_require_minimum_version 1.5.0
load ../lib/common

setup_file() {
	need_tool weasyprint pdfinfo pdftotext pdffonts qpdf
	cd "$BATS_FILE_TMPDIR" || return
	"$EXHIBIT" examine --case case --case-number 2026-0417 --exhibit-number A-03 --examiner "M. Okafor" --json \
		"$EXHIBIT_FIXTURES/demo.E01" >examined.json || true
	"$EXHIBIT" report case --json >written.json
}

setup() {
	need_tool weasyprint pdfinfo pdftotext pdffonts qpdf
	cd "$BATS_FILE_TMPDIR" || return
}

pages() {
	pdfinfo case/report/report.pdf | awk '/^Pages:/ { print $2 }'
}

@test "it is whole, and says that it is PDF/A-2b" {
	qpdf --check case/report/report.pdf
	pdfinfo -meta case/report/report.pdf >meta
	grep -qE 'part="?>?2' meta
	grep -qE 'conformance="?>?B' meta
	qpdf --json case/report/report.pdf >structure
	jq -e '[.. | objects | select(has("/OutputIntents"))] | length > 0' structure
	jq -e '[.. | objects | select(has("/JS") or has("/JavaScript") or has("/Encrypt") or has("/AA") or has("/URI"))] | length == 0' structure
	run pdfinfo case/report/report.pdf
	[[ $output == *"(A4)"* && $output == *"Author:"*"M. Okafor"* ]]
}

@test "all fonts are embedded" {
	pdffonts case/report/report.pdf | tail -n +3 >fonts
	[[ -s fonts ]]
	run awk '$(NF - 4) != "yes" { print; bad = 1 } END { exit bad }' fonts
	((status == 0))
}

@test "each page has the number of the report, its own number and that of all pages" {
	local id page n
	id=$(jq -r .made.id case/report/report.json)
	n=$(pages)
	for page in $(seq "$n"); do
		pdftotext -f "$page" -l "$page" case/report/report.pdf page
		grep -q "$id" page
		grep -q "Page $page of $n" page
		((page == 1)) || grep -q 'Case number 2026-0417' page
	done
}

@test "the summary is one page, and the end is marked on the last" {
	pdftotext -f 1 -l 1 case/report/report.pdf first
	grep -q 'Integrity at a glance' first
	grep -q 'To be noted' first
	run ! grep -q '^Contents' first
	pdftotext -f 2 -l 2 case/report/report.pdf - | grep -q '^Contents'
	pdftotext -f "$(pages)" case/report/report.pdf - | grep -q 'End of report'
}

@test "there is a bookmark for each chapter" {
	local chapters
	chapters=$(grep -c '<h2><span class="no">' case/report/report.html)
	qpdf --json case/report/report.pdf | jq '[.. | objects | select(has("/Title") and has("/Dest"))] | length' >marks
	(($(<marks) >= chapters))
}

@test "it names the digests of the facts and of the ledger" {
	pdftotext -raw case/report/report.pdf text
	tr -d ' \n' <text >joined
	grep -q "$(sha256sum case/report/report.json | cut -d ' ' -f 1)" joined
	grep -q "$(jq -r .ledger.sha256 case/report/report.json)" joined
	jq -e '[.files[].path] | index("report/report.pdf")' written.json
	"$EXHIBIT" case verify case >/dev/null
}

@test "without weasyprint: what is missing and how to install it; the others are written" {
	local place
	place=$(mktemp -d)
	run env PATH="$place" "$EXHIBIT" report case -o "$BATS_TEST_TMPDIR/a" -f html,pdf
	((status == 3))
	[[ $output == *"weasyprint is not installed"*"apt-get install weasyprint"* ]]
	[[ -s $BATS_TEST_TMPDIR/a/report.html && ! -e $BATS_TEST_TMPDIR/a/report.pdf ]]
	run --separate-stderr env PATH="$place" "$EXHIBIT" report case -o "$BATS_TEST_TMPDIR/b" --json
	((status == 0))
	rmdir "$place"
	jq -e '.problems[] | select(.code == "pdf-not-made" and .severity == "note")' <<<"$output"
}

@test "a weasyprint that writes elsewhere, connects or fails is held and named" {
	local place=$BATS_TEST_TMPDIR/bin
	mkdir "$place"
	cat >"$place/weasyprint" <<-END
		#!/bin/bash
		cat >/dev/null
		touch "$BATS_TEST_TMPDIR/written" 2>/dev/null
		(: >/dev/tcp/127.0.0.1/9) 2>&1 | grep -qi 'denied' && echo refused >&2
		echo 'out of ink' >&2
		exit 4
	END
	chmod +x "$place/weasyprint"
	run env PATH="$place:$PATH" "$EXHIBIT" report case -o "$BATS_TEST_TMPDIR/c" -f pdf
	((status == 3))
	[[ $output == *"weasyprint failed: out of ink"* ]]
	if "$EXHIBIT" doctor --json | jq -e '.checks[] | select(.name == "landlock" and .state == "ok")' >/dev/null; then
		[[ ! -e $BATS_TEST_TMPDIR/written ]]
	fi
}
