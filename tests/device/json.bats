#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# docs/json.md and the program say the same: every member that is printed stands there, and what stands there as "always" is printed.
# shellcheck disable=SC2016 # the backquotes are those of the document

load ../lib/common

page=$EXHIBIT_SOURCE/docs/json.md
image=$EXHIBIT_FIXTURES/demo.E01

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export EXHIBIT_KEY_DIR=$BATS_TEST_TMPDIR/keys
}

teardown() {
	[[ -z ${id-} ]] || "$EXHIBIT" detach "$id" >/dev/null
}

# members SECTION [WHEN]: the members that the table of a section names
members() {
	awk -v section="## $1" -v when="${2-}" -F ' *[|] *' '
		/^## / {on = $0 == section}
		on && /^[|] `/ && (when == "" || $3 == when) {gsub(/`/, "", $2); print $2}' "$page" | sort
}

# expect_members COMMAND: those of the object on standard input
expect_members() {
	local object printed unknown absent
	object=$(cat)
	printed=$(jq -r 'keys[]' <<<"$object" | sort)
	unknown=$(comm -23 <(echo "$printed") <({ members "Every object"; members "exhibit $1"; } | sort -u))
	absent=$(comm -13 <(echo "$printed") <({ members "Every object" always; members "exhibit $1" always; } | sort -u))
	[[ -z $unknown ]] || fail "$1 prints what is not on the page: $unknown"
	[[ -z $absent ]] || fail "$1 does not print: $absent"
	[[ $(jq -r .command <<<"$object") == "$1" ]] || fail "command is $(jq -r .command <<<"$object")"
}

printed() {
	"$EXHIBIT" "$@" --json --no-progress 2>/dev/null
}

@test "every command has a section, and every section is a command" {
	diff <(sed -n 's/^CLI_COMMAND([A-Z_]*, "\([a-z ]*\)".*/\1/p' "$EXHIBIT_SOURCE/cli/commands.def" | sort) \
		<(sed -n 's/^## exhibit //p' "$page" | sort)
}

@test "info, scan, verify, files, doctor" {
	for command in info scan verify files; do
		printed "$command" "$image" | expect_members "$command"
	done
	printed doctor | expect_members doctor
}

@test "verify of an incomplete set, allowed" {
	a_copy_of 'demo.E0?'
	rm demo.E02
	printed verify demo.E01 --allow-incomplete "a test" | expect_members verify
}

@test "case init, show, verify, and report" {
	printed case init case | expect_members "case init"
	printed case add case EX-1 | expect_members "case add"
	printed case transfer case EX-1 --released-by A --received-by B --verify "$image" | expect_members "case transfer"
	printed case show case | expect_members "case show"
	openssl genpkey -algorithm ed25519 -out second.pem
	printed case sign case --signing-key second.pem --name B | expect_members "case sign"
	printed case timestamp case | expect_members "case timestamp"
	printed case export case export | expect_members "case export"
	printed case verify case | expect_members "case verify"
	printed report case | expect_members report
	printed case close case | expect_members "case close"
}

@test "attach, status, mount, umount, detach, recover" {
	need_loop
	need_fuse
	printed attach "$image" >attached
	id=$(jq -r '.attachments[0].id' attached)
	expect_members attach <attached
	printed status | expect_members status
	mkdir there
	printed mount "$id" -p 1 there | expect_members mount
	printed umount there | expect_members umount
	printed detach "$id" | expect_members detach
	id=
	printed recover | expect_members recover
}

@test "examine with a command, and with the list of files" {
	need_loop
	need_fuse
	"$EXHIBIT" examine "$image" --case one --mount --json --quiet -- true | expect_members examine
	printed examine "$image" --case two | expect_members examine
}
