#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Lists of files: contents, formats, hostile names, sets of known files.

load ../lib/common

setup() {
	need_tool jq mke2fs debugfs
	cd "$BATS_TEST_TMPDIR" || return
}

# a_file_system: the tree in ./tree as ext4 in ./image
a_file_system() {
	rm -f image
	truncate -s 32M image
	mke2fs -q -t ext4 -d tree image
}

# rows ARG...: JSON lines of ./image
rows() {
	exhibit files --format jsonl "$@" image
}

# row PATH: of the last rows
row() {
	jq -c --arg path "$1" 'select(.path == $path)' <<<"$output"
}

hostile_names() {
	mkdir -p tree
	printf 1 >"tree/=cmd|' -C calc'!A0"
	printf 2 >$'tree/new\nline'
	printf 3 >$'tree/\xff\xfe bad'
	printf 4 >$'tree/rtl\xe2\x80\xaetxt.exe'
	printf 5 >'tree/a<b>&"c"|d,e'
	printf 6 >$'tree/\x1b[31mred'
	printf 7 >$'tree/\xef\xbf\xbf'
	ln -s '=HYPERLINK("x")' tree/link
}

@test "digests and types are those that other tools give" {
	need_tool file
	mkdir -p tree/a
	head -c 3000000 /dev/urandom >tree/a/random
	printf '\x89PNG\r\n\x1a\n\0\0\0\rIHDR' >tree/a/picture
	printf '#!/bin/sh\necho\n' >tree/script
	: >tree/empty
	truncate -s 5M tree/sparse && printf x >>tree/sparse
	a_file_system
	rows -a md5,sha1,sha256,sha512
	expect_status 0
	local path algorithm
	for path in a/random a/picture script empty sparse; do
		for algorithm in md5 sha1 sha256 sha512; do
			[[ $(row "/$path" | jq -r ".digests.$algorithm") == $("${algorithm}sum" <"tree/$path" | cut -d ' ' -f 1) ]]
		done
		[[ $(row "/$path" | jq -r .mime) == $(file -b --mime-type "tree/$path") ]]
	done
	[[ $(row /a | jq 'has("digests")') == false ]]
}

@test "what is not wanted is not computed" {
	mkdir tree && echo text >tree/file
	a_file_system
	rows --no-hash --no-type
	[[ $(row /file | jq -c '[has("digests"), has("mime")]') == '[false,false]' ]]
	rows --no-hash
	[[ $(row /file | jq -c '[has("digests"), .mime]') == '[false,"text/plain"]' ]]
	rows --no-type -a sha3-256
	[[ $(row /file | jq -c '.digests | keys') == '["sha3-256"]' ]]
	exhibit files -a md4711 image
	expect_status 2
}

@test "the order of rows does not depend on the number of threads" {
	mkdir tree
	for i in {1..300}; do head -c $((i * 531)) /dev/urandom >"tree/$i"; done
	a_file_system
	rows --threads 1
	local one=$output
	rows --threads 7
	[[ $output == "$one" ]]
}

@test "a file with a lost byte has the range and no digest, and its neighbours have theirs" {
	mkdir tree
	head -c 40000 /dev/urandom >tree/hit
	head -c 40000 /dev/urandom >tree/whole
	a_file_system
	local block holes
	block=$(debugfs -R 'blocks /hit' image 2>/dev/null | cut -d ' ' -f 3)
	local size
	size=$(debugfs -R stats image 2>/dev/null | awk '/^Block size:/ {print $3}')
	printf '0x%x +\n0 0x%x +\n0x%x 0x200 -\n0x%x 0x%x +\n' 0 $((block * size)) $((block * size)) \
		$((block * size + 512)) $((32 * 1048576 - block * size - 512)) >map
	rows --mapfile map
	expect_status 3
	[[ $(row /hit | jq -c '[has("digests"), .lost, .ranges]') == "[false,512,[{\"start\":$((2 * size)),\"length\":512}]]" ]]
	row /hit | jq -e '.error | contains("not-rescued")'
	[[ $(row /whole | jq -r .digests.sha256) == $(sha256sum <tree/whole | cut -d ' ' -f 1) ]]
	[[ $stderr == *file-unreadable* ]]
	for holes in zero pattern; do
		rows --mapfile map --holes $holes
		[[ $(row /hit | jq -c '[has("digests"), .lost]') == '[false,512]' ]]
	done
	rows --mapfile map --only-hit --no-hash --no-type
	[[ $(jq -r .path <<<"$output") == /hit ]]
}

@test "compressed, sparse, deleted and additional contents of NTFS" {
	need_tool mkntfs ntfs-3g python3
	need_root
	need_fuse
	truncate -s 64M image
	mkntfs -q -F image >/dev/null 2>&1
	mkdir mount
	ntfs-3g -o compression,streams_interface=windows image mount || skip "this machine mounts no NTFS"
	local path status_of_writer=0
	(
		cd mount
		mkdir packed
		python3 -c 'import os; os.setxattr("packed", "system.ntfs_attrib_be", bytes.fromhex("00000810"))'
		seq 200000 >packed/text
		head -c 300000 /dev/urandom >packed/noise
		truncate -s 3M packed/holes
		printf hello >plain
		printf stream >plain:additional
		truncate -s 2M sparse
		printf end >>sparse
		seq 50000 >gone
		md5sum packed/* plain plain:additional sparse gone >../sums
		rm gone
	) || status_of_writer=$?
	umount mount
	((status_of_writer == 0))
	rows -a md5
	expect_status 0
	while read -r sum path; do
		[[ $(row "/$path" | jq -r .digests.md5) == "$sum" ]] || fail "$path"
	done <sums
	[[ $(row /gone | jq .allocated) == false && $(row /plain:additional | jq -r .kind) == stream ]]
}

@test "hostile names are shown in each format, and obeyed in none" {
	hostile_names
	a_file_system
	local format
	for format in text csv body dfxml jsonl; do
		exhibit files --no-type --format "$format" image
		expect_status 0
		[[ $output != *$'\x1b'* && $output != *$'\xe2\x80\xae'* ]]
	done
	exhibit files --no-type image
	(($(grep -c 'new\\nline' <<<"$output") == 1))
}

@test "CSV has as many cells in each line, and no formula" {
	need_tool python3
	hostile_names
	a_file_system
	"$EXHIBIT" files --no-type --format csv image >list.csv
	python3 - <<-'END'
		import csv
		rows = list(csv.reader(open("list.csv", newline="")))
		assert len({len(r) for r in rows}) == 1, rows
		cells = [c for r in rows for c in r]
		assert not [c for c in cells if c[:1] in ("=", "+", "-", "@")], cells
		assert "'=HYPERLINK(\"x\")" in cells
	END
}

@test "DFXML is valid, and its runs lead to the bytes of the file" {
	need_tool xmllint python3
	hostile_names
	head -c 100000 /dev/urandom >tree/large
	a_file_system
	"$EXHIBIT" files --format dfxml image >list.dfxml
	local schema=$EXHIBIT_TESTDATA/../standards/dfxml.xsd
	if [[ -e $schema ]]; then
		xmllint --noout --nonet --schema "$schema" list.dfxml
	else
		xmllint --noout --nonet list.dfxml
		echo "# the schema is not there; only well-formedness was looked at" >&3
	fi
	python3 - <<-'END'
		import hashlib
		import xml.etree.ElementTree as E
		ns = "{http://www.forensicswiki.org/wiki/Category:Digital_Forensics_XML}"
		image = open("image", "rb").read()
		checked = 0
		for f in E.parse("list.dfxml").iter(ns + "fileobject"):
		    sha1 = [h.text for h in f.iter(ns + "hashdigest") if h.get("type") == "sha1"]
		    if not sha1:
		        continue
		    data = b"".join(image[int(r.get("img_offset")):][:int(r.get("len"))] for r in f.iter(ns + "byte_run"))
		    assert hashlib.sha1(data).hexdigest() == sha1[0], f.find(ns + "filename").text
		    checked += 1
		assert checked >= 7, checked
	END
}

@test "mactime makes a timeline of the body file" {
	need_tool mactime
	hostile_names
	touch -d '2001-02-03T04:05:06Z' tree/*line
	a_file_system
	"$EXHIBIT" files --format body image >list.body
	[[ $(awk -F '|' '{print NF}' list.body | sort -u) == 11 ]]
	mactime -b list.body -d -z UTC | grep -q '^Sat Feb 03 2001 04:05:06,1,m.*new\\nline'
}

@test "known files are marked, whatever the set is" {
	need_tool hashdeep sqlite3
	mkdir tree
	echo known >tree/known
	echo unknown >tree/unknown
	a_file_system
	local sha1
	sha1=$(sha1sum <tree/known | cut -d ' ' -f 1 | tr a-f A-F)
	hashdeep -c md5,sha256 tree/known >deep
	sha256sum tree/known >sums
	printf '"SHA-1","MD5","CRC32","FileName"\r\n"%s","","","a ""b"", c"\r\n' "$sha1" >nsrl
	sqlite3 database "create table FILE(sha256, sha1, md5); insert into FILE values ('', '$sha1', '')"
	exhibit_json files --known deep --known sums --known nsrl --known database image
	expect_status 0
	expect_fact '[.files[] | select(.known) | [.path, .known]]' '[["/known", ["deep", "sums", "nsrl", "database"]]]'
	expect_fact '[.known_sets[].format]' '["hashdeep", "digests", "nsrl-text", "nsrl-sqlite"]'
	expect_fact '[.known_sets[].entries]' '[1, 1, 1, 1]'
}

@test "a set that cannot serve is refused" {
	mkdir tree && a_file_system
	echo 'no hash at all' >nothing
	: >empty
	md5sum image >md5
	head -c 4096 /dev/zero >zeros
	printf 'SQLite format 3\0' | cat - zeros >broken
	local set
	for set in nothing empty zeros broken /dev/null absent; do
		exhibit files --known "$set" image
		[[ $status == 2 || $status == 3 ]]
		[[ $stderr == *"$set"* ]]
	done
	exhibit files -a sha256 --known md5 image
	expect_status 2
}

@test "types and counts go into the case and the report" {
	mkdir tree
	printf '\x89PNG\r\n\x1a\n\0\0\0\rIHDR' | tee tree/1 tree/2 >tree/3
	echo text >tree/4
	a_file_system
	exhibit_json files image
	expect_fact '[.types[] | [.mime, .files]]' '[["image/png", 3], ["text/plain", 1]]'
	exhibit examine --method fuse --case "$PWD/case" image
	[[ -e case/report/report.html ]]
	grep -q 'image/png' case/report/report.html
	jq -es 'map(select(.path == "/1" and .digests.sha256)) | length == 1' case/output/*files.jsonl
	grep -qE 'Entries: .*6' case/report/report.html
}

@test "a case gets the rows as they come, in a file of their own, and the output is the same" {
	local format
	mkdir tree && seq 500 >tree/a && echo text >tree/b
	a_file_system
	export EXHIBIT_KEY_DIR=$PWD/keys
	for format in text json jsonl csv body dfxml; do
		"$EXHIBIT" files -q --format $format image >plain
		"$EXHIBIT" files -q --format $format --case case-$format image >recorded
		if [[ $format == json ]]; then
			diff <(jq 'del(.list, .rows)' recorded) <(jq . plain)
			jq -e '.rows == (.files | length) and (.list.path | endswith("files.jsonl"))' recorded
		else
			diff <(grep -v start_time plain) <(grep -v start_time recorded)
		fi
		diff <(jq -cS 'del(.runs)' case-$format/output/*files.jsonl) <("$EXHIBIT" files -q --format jsonl image | jq -cS .)
		[[ $format != dfxml ]] || grep -q '<volume offset=' recorded
		jq -e '.list and .rows and (has("files") | not)' case-$format/facts/*files.json
		exhibit_json case verify case-$format
		expect_fact .verdict '"intact"'
	done
}

@test "nothing is written beside the output" {
	mkdir tree work && echo text >tree/file
	a_file_system
	(cd work && TMPDIR=$PWD "$EXHIBIT" files --known <(:) --format dfxml ../image >/dev/null || true
		TMPDIR=$PWD "$EXHIBIT" files --format dfxml ../image >/dev/null)
	[[ -z $(ls -A work) ]]
}
