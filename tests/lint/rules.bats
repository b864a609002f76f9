#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The rules of the house that a machine can check.

load ../lib/common

setup() {
	cd "$EXHIBIT_SOURCE" || return
}

# sources [NAME-PATTERN]: the files of the project; git may be absent, or not trust the owner of the checkout.
sources() {
	find . \( -path './build*' -o -path ./.git -o -path ./demo \) -prune -o -type f -name "${1-*}" -print | sort
}

expect_nothing() {
	[[ -z $1 ]] || fail "$2:"$'\n'"$1"
}

@test "each file says its licence" {
	local file without=
	while read -r file; do
		[[ -s $file ]] || continue
		case $file in
		*.md | *.json | *.txt | *.svg | ./.git | ./.gitignore | ./.editorconfig | ./debian/* | ./LICENSE* | ./tests/fixtures/case-v1* | ./kernel/tests/*.out) continue ;;
		esac
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: ' || without+="$file"$'\n'
	done < <(sources)
	expect_nothing "$without" "no SPDX line"
}

@test "nothing that reads evidence can write it" {
	expect_nothing "$(grep -rnE 'O_RDWR|O_WRONLY|O_CREAT|O_TRUNC|(^|[^>._[:alnum:]])p?writev?\(|ftruncate|fallocate' src/mapper/source --include='*.[ch]')" \
		"a call that could write under src/mapper/source"
	[[ -d kernel ]] || return 0
	expect_nothing "$(grep -rnE 'kernel_write|vfs_write|write_iter|vfs_truncate|vfs_fallocate|O_RDWR|O_WRONLY|FMODE_WRITE' kernel --include='*.c' --exclude-dir=tests)" \
		"a call that could write under kernel/"
}

@test "the program sees only the public header" {
	expect_nothing "$(grep -nE '#include "(base|mapper|hash|case|report)/' cli/*.[ch])" "an include of the library's inside"
}

@test "rooms do not reach back" {
	expect_nothing "$(grep -rnE '#include "(mapper|hash|case|report)/' src/base)" "base knows other rooms"
	expect_nothing "$(grep -rnE '#include "(case|report)/' src/mapper src/hash)" "mapper or hash knows cases"
	expect_nothing "$(grep -rnE '#include "(mapper|hash)/' src/report)" "report knows images"
}

@test "each symbol of the library has its prefix" {
	[[ -e $EXHIBIT_BUILD/libexhibit.a ]] || skip "the library is not built here"
	expect_nothing "$(nm -g --defined-only "$EXHIBIT_BUILD/libexhibit.a" 2>/dev/null |
		awk 'NF == 3 && $2 ~ /[TDBRCVW]/ && $3 !~ /^(exh_|_?_?(asan|ubsan|tsan|odr))/ {print $3}' | sort -u)" "without exh_"
}

@test "no file of C is longer than 600 lines" {
	expect_nothing "$(sources '*.[ch]' | xargs wc -l | awk '$2 != "total" && $1 > 600')" "too long"
}

@test "each file of the project that a document names is there" {
	local document name absent=
	for document in ./*.md docs/*.md; do
		while read -r name; do
			compgen -G "$name" >/dev/null || absent+="$document: $name"$'\n'
		done < <(grep -oE '\b(src|cli|tests|kernel|docs|include|debian)/[A-Za-z0-9_./*-]*[A-Za-z0-9_/*]' "$document" |
			grep -v NAME | sort -u)
	done
	expect_nothing "$absent" "named and not there"
}

@test "the tasks of workers are those of the architecture page" {
	diff <(sed -n 's/^\t{"\([a-z-]*\)", EXH_.*/\1/p' src/tasks.c | sort) \
		<(awk -F '|' '/^[|] `.*[|] (prober|stream|server) [|]/ {print $2}' docs/architecture.md | grep -oE '[a-z-]+' | sort)
}

@test "every shell script passes shellcheck" {
	need_tool shellcheck
	local file scripts=()
	while read -r file; do
		case $(head -n 1 "$file" | tr -d '\0') in
		'#!/usr/bin/env bash' | '#!/bin/sh' | '#!/bin/bash') scripts+=("$file") ;;
		esac
	done < <(sources)
	run shellcheck "${scripts[@]}"
	[[ $status == 0 ]] || fail "$output"
}
