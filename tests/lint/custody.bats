#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# docs/chain-of-custody.md: every claim is whole, and everything that it names is there.
# shellcheck disable=SC2016 # the backquotes are those of the document

load ../lib/common

document=$EXHIBIT_SOURCE/docs/chain-of-custody.md

setup() {
	cd "$EXHIBIT_SOURCE" || return
}

# parts [LABEL]: claim, label and text of every part of every claim, one a line, separated by tabs.
parts() {
	awk -v wanted="${1-}" '
		function finish() {
			if (label != "" && (wanted == "" || label == wanted)) print claim "\t" label "\t" text
			label = ""
		}
		/^#/ {finish(); claim = ""}
		/^### COC-/ {claim = $2; sub(/:$/, "", claim)}
		claim == "" {next}
		/^- [A-Z][a-z]+: / {finish(); label = $2; sub(/:$/, "", label); text = $0; sub(/^- [A-Z][a-z]+: /, "", text); next}
		/^  / {sub(/^ +/, ""); text = text " " $0; next}
		{finish()}
		END {finish()}' "$document"
}

# quoted: every "text" of the lines on standard input
quoted() {
	grep -oE '"[^"]+"' | tr -d '"'
}

@test "claims are numbered without a gap, and each has mechanism, limit, test and report" {
	local n=0 claim expected
	while read -r claim; do
		printf -v expected 'COC-%02d:' $((++n))
		[[ $claim == "$expected" ]] || fail "$claim stands where $expected should"
		[[ $(parts | awk -F '\t' -v c="${claim%:}" '$1 == c {print $2}' | xargs) == "Mechanism Limit Test Report" ]] ||
			fail "$claim: its parts are $(parts | awk -F '\t' -v c="${claim%:}" '$1 == c {print $2}' | xargs)"
	done < <(awk '/^### COC-/ {print $2}' "$document")
	((n >= 20)) || fail "only $n claims were found"
}

@test "each test that is named exists, by file and by name" {
	local absent='' claim file name
	while IFS=$'\t' read -r claim file name; do
		case $file in
		*.bats) grep -qF "@test \"$name\" {" "$file" ;;
		*.c) grep -qE "(cmocka_unit_test[a-z_]*|TEST)\(${name}[,)]" "$file" ;;
		*) false ;;
		esac || absent+="$claim: $file \"$name\""$'\n'
	done < <(parts Test | while IFS=$'\t' read -r claim _ text; do
		grep -oE '`[^`]+` "[^"]+"' <<<"$text" | sed -E "s/^\`([^\`]+)\` \"(.*)\"/$claim\t\1\t\2/"
		grep -q '` "' <<<"$text" || printf '%s\t%s\t-\n' "$claim" "no test"
	done)
	[[ -z $absent ]] || fail "named and not there:"$'\n'"$absent"
}

@test "each report text is one that the report prints" {
	local absent='' claim text
	while IFS=$'\t' read -r claim _ line; do
		[[ $line == *\"* ]] || absent+="$claim: names none"$'\n'
		while read -r text; do
			grep -qF "\"$text" src/report/en.def || absent+="$claim: \"$text\""$'\n'
		done < <(quoted <<<"$line")
	done < <(parts Report)
	[[ -z $absent ]] || fail "not in src/report/en.def:"$'\n'"$absent"
}

@test "each file, problem code and claim that is referred to exists" {
	local absent='' name
	while read -r name; do
		case $name in
		src/* | tests/* | docs/*) [[ -e $name ]] ;;
		COC-*) grep -q "^### $name: " "$document" ;;
		esac || absent+="$name"$'\n'
	done < <(grep -oE '`(src|tests|docs)/[A-Za-z0-9_./-]+`|COC-[0-9]+' "$document" | tr -d '`' | sort -u)
	while read -r name; do
		grep -qF "\"$name\"" src/base/problems.def || absent+="the code $name"$'\n'
	done < <(grep -oE '(note|warning|error) `[a-z-]+`' "$document" | grep -oE '`.*`' | tr -d '`' | sort -u)
	[[ -z $absent ]] || fail "named and not there:"$'\n'"$absent"
}
