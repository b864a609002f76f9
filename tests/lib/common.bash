# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# For all bats files: load ../lib/common
#
# EXHIBIT           the program under test
# EXHIBIT_FIXTURES  our own images (tests/fixtures/make all)
# EXHIBIT_TESTDATA  images of other people, or a folder that is not there

bats_require_minimum_version 1.5.0
EXHIBIT_SOURCE=${EXHIBIT_SOURCE:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}
EXHIBIT_BUILD=${EXHIBIT_BUILD:-$EXHIBIT_SOURCE/build}
EXHIBIT=${EXHIBIT:-$EXHIBIT_BUILD/cli/exhibit}
EXHIBIT_FIXTURES=${EXHIBIT_FIXTURES:-$EXHIBIT_BUILD/tests/fixtures}
EXHIBIT_TESTDATA=${EXHIBIT_TESTDATA:-$EXHIBIT_SOURCE/../shared/testdata}
FIXTURE_MAKERS=$EXHIBIT_SOURCE/tests/fixtures
export EXHIBIT EXHIBIT_SOURCE EXHIBIT_BUILD EXHIBIT_FIXTURES EXHIBIT_TESTDATA
export PATH=$PATH:/usr/sbin:/sbin

# ---- what a test needs ----

need_root() {
	((EUID == 0)) || skip "needs root"
}

need_tool() {
	local tool
	for tool; do
		command -v "$tool" >/dev/null || skip "needs $tool"
	done
}

need_loop() {
	need_root
	[[ -e /dev/loop-control ]] || skip "this kernel has no loop devices"
}

need_fuse() {
	[[ -w /dev/fuse ]] || skip "needs /dev/fuse"
}

need_testdata() {
	[[ -e $EXHIBIT_TESTDATA/answers.json ]] || skip "there are no test images at $EXHIBIT_TESTDATA"
}

need_long() {
	[[ -n ${EXHIBIT_LONG_TESTS-} ]] || skip "takes long: ./bootstrap test --long runs it"
}

# ---- images ----

# a_copy_of NAME...: fixtures of our own in the test's own directory, which becomes the current one.
a_copy_of() {
	local name
	[[ -e $EXHIBIT_FIXTURES/demo.json ]] || "$FIXTURE_MAKERS/make" all "$EXHIBIT_FIXTURES"
	cd "$BATS_TEST_TMPDIR" || return
	for name; do
		cp --sparse=always --preserve=timestamps "$EXHIBIT_FIXTURES"/$name .
	done
}

# fixture_fact FILTER: what is in the demo disk, as its maker knows it.
fixture_fact() {
	jq -r "$1" "$EXHIBIT_FIXTURES/demo.json"
}

# damage WHAT...: tests/fixtures/damage
damage() {
	"$FIXTURE_MAKERS/damage" "$@"
}

# ---- running ----

# exhibit ARG...: sets status, output (standard output) and stderr. A crash or a hang fails the test at once.
exhibit() {
	run --separate-stderr timeout --kill-after=5 "${EXHIBIT_SECONDS:-60}" "$EXHIBIT" "$@"
	case $status in
	0 | 1 | 2 | 3) ;;
	124 | 137) fail "exhibit $1 did not end in ${EXHIBIT_SECONDS:-60} seconds" ;;
	*) fail "exhibit $1 ended with status $status: $stderr" ;;
	esac
}

# exhibit_json COMMAND ARG...: the same with --json; what it printed must be one object of the contract.
exhibit_json() {
	local words=1
	[[ $1 != case ]] || words=2
	exhibit "${@:1:words}" --json "${@:words+1}"
	jq -e '.schema == "exhibit/1" and (.problems | type) == "array"' <<<"$output" >/dev/null ||
		fail "exhibit $1 --json printed no facts: $output $stderr"
}

# fact FILTER: from the facts that the last exhibit_json printed.
fact() {
	jq -c "$1" <<<"$output"
}

fail() {
	printf '%s\n' "$*" >&2
	return 1
}

expect_status() {
	[[ $status == "$1" ]] || fail "status $status instead of $1: $stderr $output"
}

# expect_fact FILTER VALUE: VALUE is JSON.
expect_fact() {
	local got want
	got=$(fact "$1" | jq -cS .)
	want=$(jq -cS . <<<"$2")
	[[ $got == "$want" ]] || fail "$1 is $got instead of $want"
}

expect_problem() {
	jq -e --arg code "$1" 'any(.problems[]; .code == $code)' <<<"$output" >/dev/null ||
		fail "no problem $1 among: $(fact '[.problems[].code]')"
}

# expect_message TEXT...: said on standard error or in a problem.
expect_message() {
	local text
	for text; do
		[[ $stderr$output == *"$text"* ]] || fail "nothing names \"$text\": $stderr $output"
	done
}

# need_node_modules: the packages of tests/report/package.json, put into $EXHIBIT_BUILD/tests/report once; $NODE_HOME is where.
need_node_modules() {
	need_tool node npm flock
	NODE_HOME=$EXHIBIT_BUILD/tests/report
	mkdir -p "$NODE_HOME"
	(
		flock 9
		cmp -s "$NODE_HOME/installed" "$EXHIBIT_SOURCE/tests/report/package-lock.json" || {
			cp "$EXHIBIT_SOURCE"/tests/report/package*.json "$NODE_HOME" &&
				cd "$NODE_HOME" && timeout 180 npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1 &&
				cp package-lock.json installed
		}
		cp "$EXHIBIT_SOURCE"/tests/report/*.mjs "$NODE_HOME"
	) 9>"$NODE_HOME/lock"
	cmp -s "$NODE_HOME/installed" "$EXHIBIT_SOURCE/tests/report/package-lock.json" ||
		skip "npm could not install the packages of tests/report/package.json (no connection?)"
}

# need_standards: the schemas of others, which are not part of the project; $STANDARDS is where.
need_standards() {
	STANDARDS=${EXHIBIT_STANDARDS:-${EXHIBIT_TESTDATA:-$EXHIBIT_SOURCE/../shared/testdata}/../standards}
	[[ -e $STANDARDS/case-1.4.0.ttl && -e $STANDARDS/dfxml.xsd ]] ||
		skip "the schemas of CASE and DFXML are not here (EXHIBIT_STANDARDS)"
}
