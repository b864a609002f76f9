#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The reports of made-up cases in a browser: nothing runs, nothing is fetched, nothing is wider than A4.

load ../lib/common

setup_file() {
	need_tool chromium pdfinfo pdftotext
	[[ -x $EXHIBIT_BUILD/tests/unit/test_report ]] || skip "test_report is not built"
	"$EXHIBIT_BUILD/tests/unit/test_report" "$BATS_FILE_TMPDIR/pages" en
	cat >"$BATS_FILE_TMPDIR/pages/look.html" <<-'END'
		<!DOCTYPE html><meta charset="utf-8"><iframe width="794" height="1123"></iframe><pre>waiting</pre>
		<script>
		const frame = document.querySelector("iframe");
		frame.onload = () => {
			const page = frame.contentDocument, root = page.documentElement;
			document.querySelector("pre").textContent = "LOOK " + JSON.stringify({
				overflow: root.scrollWidth - root.clientWidth,
				scripts: page.scripts.length,
				elements: page.querySelectorAll("img,iframe,object,embed,link,form,base,[onerror],[onload]").length,
				fetched: frame.contentWindow.performance.getEntriesByType("resource").length,
				outside: [...page.querySelectorAll("[href],[src]")].filter(
					x => !(x.getAttribute("href") || "").startsWith("#")).length,
				styled: frame.contentWindow.getComputedStyle(page.querySelector("main")).maxWidth != "none",
				unnamed: [...page.querySelectorAll("table")].filter(x => !x.caption).length,
				lang: root.lang,
			});
		};
		frame.src = location.hash.slice(1);
		</script>
	END
}

setup() {
	need_tool chromium pdfinfo pdftotext
}

browser() {
	timeout --kill-after=5 90 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
		--disable-background-networking --disable-component-update --disable-sync \
		--host-resolver-rules="MAP * ~NOTFOUND" --user-data-dir="$BATS_TEST_TMPDIR/browser" "$@" 2>/dev/null
}

# look NAME: what the browser made of a report, as JSON
look() {
	browser --allow-file-access-from-files --window-size=900,1300 --virtual-time-budget=5000 --dump-dom \
		"file://$BATS_FILE_TMPDIR/pages/look.html#$1/report.html" | sed -n 's/.*LOOK \({.*}\)<\/pre>.*/\1/p'
}

# print_pages NAME: NAME.pdf in the test's own directory
print_pages() {
	browser --no-pdf-header-footer --print-to-pdf="$BATS_TEST_TMPDIR/$1.pdf" \
		"file://$BATS_FILE_TMPDIR/pages/$1/report.html"
}

pages_of() {
	pdfinfo "$BATS_TEST_TMPDIR/$1.pdf" | awk '/^Pages:/ { print $2 }'
}

@test "no script, no request, no horizontal overflow, whatever is in the evidence" {
	local name seen
	for name in healthy mismatch interrupted losses hostile partitions empty; do
		seen=$(look $name)
		echo "$name: $seen"
		jq -e '.overflow == 0 and .scripts == 0 and .elements == 0 and .fetched == 0 and .outside == 0
			and .styled and .unnamed == 0 and .lang == "en"' <<<"$seen"
	done
}

@test "hostile names are printed as text" {
	print_pages hostile
	pdftotext -layout "$BATS_TEST_TMPDIR/hostile.pdf" "$BATS_TEST_TMPDIR/text"
	grep -q '<script>alert(1)</script>' "$BATS_TEST_TMPDIR/text"
	grep -q 'u{202e}' "$BATS_TEST_TMPDIR/text"
	! grep -qP '\x{202e}|\x1b' "$BATS_TEST_TMPDIR/text"
}

@test "A4, the summary is one page, every page has the report's number, and the end is marked" {
	local number
	print_pages healthy
	pdfinfo "$BATS_TEST_TMPDIR/healthy.pdf" | grep -q '(A4)'
	number=$(jq -r .made.id "$BATS_FILE_TMPDIR/pages/healthy/report.json")
	for page in $(seq "$(pages_of healthy)"); do
		pdftotext -f "$page" -l "$page" "$BATS_TEST_TMPDIR/healthy.pdf" - | grep -q "$number"
	done
	pdftotext -f 1 -l 1 "$BATS_TEST_TMPDIR/healthy.pdf" - | grep -q 'What was done'
	! pdftotext -f 1 -l 1 "$BATS_TEST_TMPDIR/healthy.pdf" - | grep -q 'These particulars'
	pdftotext -f "$(pages_of healthy)" "$BATS_TEST_TMPDIR/healthy.pdf" - | grep -q 'End of report'
}

@test "a hundred thousand problems are still a report" {
	print_pages problems
	(($(pages_of problems) <= 22))
}
