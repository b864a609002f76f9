#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Mapfiles of ddrescue: what was lost, whom that hits, and that nobody takes a hole for evidence.

load common

# a_map RANGE...: a mapfile in $map for $image, with START LENGTH STATUS for each hole.
a_map() {
	local at=0 size start length status
	map=$BATS_TEST_TMPDIR/map
	size=$(stat -c %s "$image")
	{
		echo '# Mapfile. Created by GNU ddrescue version 1.27'
		echo '# Command line: ddrescue -r1 /dev/sdz image map'
		echo '# Start time:   2026-01-02 03:04:05'
		echo '0x0 + 1'
		for range; do
			read -r start length status <<<"$range"
			((start == at)) || echo "$at $((start - at)) +"
			echo "$start $length $status"
			at=$((start + length))
		done
		((at >= size)) || echo "$at $((size - at)) +"
	} >"$map"
}

# a_disk: a partition with ext4 and one file of 300000 bytes in $image, at 1 MiB.
a_disk() {
	need_tool sfdisk mke2fs debugfs
	image=$BATS_TEST_TMPDIR/disk.raw
	mkdir "$BATS_TEST_TMPDIR/tree"
	head -c 300000 /dev/urandom >"$BATS_TEST_TMPDIR/tree/big"
	truncate -s 20M "$image"
	echo 'start=2048, size=32768' | sfdisk -q --label dos "$image"
	mke2fs -q -t ext4 -b 1024 -d "$BATS_TEST_TMPDIR/tree" -E offset=1048576 "$image" 16M
	first=$((1048576 + 1024 * $(debugfs -R 'bmap /big 0' "$image?offset=1048576" 2>/dev/null)))
}

# Kinds of file systems that tests/rescue/kinds.py makes, by what they need.
linux_kinds=(ext4 ext2 ext3 ext4-plain ext4-pieces ext4-inline ext2-indirect ext3-indirect)
other_kinds=(ntfs fat12 fat16 fat32 fat16-once ufs1 iso iso-joliet)
mounted_kinds=(ntfs-mounted ntfs-compressed exfat exfat-small)
given_kinds=(hfsplus apfs)

# the_truth_of SEED KIND...
the_truth_of() {
	local kind seed=$1
	shift
	need_tool python3
	# shellcheck disable=SC2046
	need_tool $("$EXHIBIT_SOURCE/tests/rescue/truth" --tools "$@")
	for kind; do
		"$EXHIBIT_SOURCE/tests/rescue/truth" "$EXHIBIT" "$kind" "$seed"
	done
}

@test "ext2, ext3, ext4: the files, bytes and ranges are those that extracting shows" {
	the_truth_of 1 "${linux_kinds[@]}"
}

@test "NTFS, FAT, UFS, ISO 9660: the same" {
	the_truth_of 1 "${other_kinds[@]}"
}

@test "compressed, sparse and deleted files of NTFS, exFAT: the same" {
	need_loop
	need_fuse
	the_truth_of 1 "${mounted_kinds[@]}"
}

@test "HFS+ and APFS of other people: the same" {
	need_testdata
	the_truth_of 1 "${given_kinds[@]}"
}

@test "no kind of file system is left out of these tests" {
	need_tool python3
	[[ $("$EXHIBIT_SOURCE/tests/rescue/truth" --kinds | tr ' ' '\n' | sort) == \
		$(printf '%s\n' "${linux_kinds[@]}" "${other_kinds[@]}" "${mounted_kinds[@]}" "${given_kinds[@]}" | sort) ]]
}

@test "each kind of file system, with many seeds" {
	need_long
	need_loop
	need_fuse
	need_testdata
	for seed in {2..15}; do
		the_truth_of "$seed" "${linux_kinds[@]}" "${other_kinds[@]}" "${mounted_kinds[@]}" "${given_kinds[@]}"
	done
}

@test "every lost byte is of one class, and the sums agree" {
	a_disk
	size=$(stat -c %s "$image")
	# a gap, the first sector of the file, bytes inside it, its slack, free space, and a tail that was never written
	a_map "4096 512 -" "$first 512 *" "$((first + 100000)) 24 ?" "$((first + 300000)) 32 /" \
		"$((1048576 + 15 * 1048576)) 2048 -" "$size 4096 -"
	exhibit_json rescue "$image" "$map"
	expect_status 0
	expect_fact '.totals' "{\"rescued\":$((size - 3128)),\"bad\":6656,\"non_trimmed\":512,\"non_scraped\":32,\"non_tried\":24}"
	expect_fact '.lost' '{"file_content":536,"file_system_metadata":0,"unallocated":2048,"slack":32,
		"outside_partitions":512,"past_end":4096,"in_use_by_unknown":0,"not_analysed":0}'
	expect_fact '[.files[] | {path, lost, size, allocated, ranges}]' '[{"path":"/big","lost":536,"size":300000,"allocated":true,
		"ranges":[{"start":0,"length":512},{"start":100000,"length":24}]}]'
	expect_fact '.partitions[0].lost' 2616
	expect_fact '.partitions[0].totals.non_trimmed' 512
	expect_fact '.image.media_size' "$((size + 4096))"
	expect_problem image-shorter-than-map
	expect_fact '.history.command_line' '"ddrescue -r1 /dev/sdz image map"'
}

@test "structures are named, and what they make unreachable" {
	a_disk
	inode=$(debugfs -R 'imap /big' "$image?offset=1048576" 2>/dev/null | sed -n 's/.*located at block \([0-9]*\), offset 0x\(.*\)/\1 \2/p')
	read -r block offset <<<"$inode"
	a_map "$((1048576 + block * 1024 + (16#$offset & ~511))) 512 -"
	exhibit_json rescue "$image" "$map"
	expect_fact '[.metadata[] | [.kind, .name, .lost]]' '[["inode-table","inode table of group 0",512]]'
	expect_fact '[.unreachable[] | select(.path == "/big") | .what]' '["file"]'
	expect_fact '.lost.file_system_metadata' 512
	expect_fact '.files' '[]'
}

@test "a partition whose contents are not read: its lost ranges are counted, and that is said" {
	need_tool sfdisk
	image=$BATS_TEST_TMPDIR/disk.raw
	truncate -s 4M "$image"
	echo 'start=2048, size=4096' | sfdisk -q --label dos "$image"
	printf 'XFSB' | dd of="$image" bs=1 seek=1048576 conv=notrunc status=none
	a_map "1050000 700 -"
	exhibit_json rescue "$image" "$map"
	expect_problem not-supported
	expect_fact '.lost.not_analysed' 700
	expect_fact '.partitions[0].lost' 700
}

@test "what was not rescued is an error for verify, files and attached files" {
	a_disk
	a_map "$first 512 -" "$((first + 8192)) 100 ?"
	exhibit_json verify "$image" --mapfile "$map"
	expect_status 3
	expect_fact .verdict '"undecided"'
	expect_fact '.damage' "[{\"start\":$first,\"length\":512,\"reason\":\"not-rescued\"},{\"start\":$((first + 8192)),\"length\":100,\"reason\":\"not-rescued\"}]"
	expect_fact '.digests' null
	expect_fact '.covers.lost' 612
	expect_fact '.image.mapfile.sha256' "\"$(sha256sum "$map" | cut -d' ' -f1)\""
	expect_problem not-rescued
	# the file as it is has a digest of its own
	expect_fact '.segments_digests[0].sha256' "\"$(sha256sum "$image" | cut -d' ' -f1)\""
	exhibit files "$image" --mapfile "$map"
	expect_status 3
	expect_message "/big" "612 of 300000 bytes are lost, first 0 to 511: not-rescued"
}

@test "--holes gives zeros or a pattern, and says so" {
	a_disk
	a_map "$first 512 -"
	cp "$image" "$BATS_TEST_TMPDIR/zeroed"
	dd if=/dev/zero of="$BATS_TEST_TMPDIR/zeroed" bs=1 seek="$first" count=512 conv=notrunc status=none
	exhibit_json verify "$image" --mapfile "$map" --holes zero
	expect_status 3
	expect_fact .digests.sha256 "\"$(sha256sum "$BATS_TEST_TMPDIR/zeroed" | cut -d' ' -f1)\""
	expect_fact .fill '"zero"'
	expect_problem holes-filled
	exhibit_json verify "$image" --mapfile "$map" --holes pattern
	expect_fact .fill '"pattern"'
	expect_fact .image.mapfile.holes '"pattern"'
	exhibit verify "$image" --mapfile "$map" --holes sometimes
	expect_status 2
}

@test "a map that does not fit is a problem, and nothing outside it counts as rescued" {
	a_disk
	size=$(stat -c %s "$image")
	map=$BATS_TEST_TMPDIR/map
	printf '0 +\n0 %d +\n' $((size - 512)) >"$map"
	exhibit_json rescue "$image" "$map"
	expect_status 3
	expect_problem mapfile-mismatch
	expect_fact '.lost | add' 512
	printf '0 +\n512 %d +\n' $((size - 512)) >"$map"
	exhibit_json rescue "$image" "$map"
	expect_status 3
	expect_problem mapfile-mismatch
	expect_fact '.lost | add' 512
	printf '0 +\n0 %d +\n' $((size + 512)) >"$map"
	exhibit_json rescue "$image" "$map"
	expect_status 3
	expect_problem mapfile-mismatch
	expect_fact '.lost | add' 512
}

@test "a mapfile that is none: the line is named" {
	a_disk
	map=$BATS_TEST_TMPDIR/map
	printf '# c\n0 +\n0 512 +\n1024 512 -\n' >"$map"
	exhibit rescue "$image" "$map"
	expect_status 3
	expect_message "line 4" "gap"
	exhibit rescue "$image" "$BATS_TEST_TMPDIR/none"
	expect_status 3
	exhibit rescue "$image"
	expect_status 2
	expect_message "MAPFILE"
}

@test "maps to go on with are taken by ddrescuelog" {
	need_tool ddrescuelog
	a_disk
	a_map "4096 512 -" "$first 512 *" "$((1048576 + 15 * 1048576)) 2048 -"
	exhibit rescue "$image" "$map" --export-map -p 1
	expect_status 0
	printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/p1"
	ddrescuelog -t "$BATS_TEST_TMPDIR/p1"
	[[ $(ddrescuelog -b1 -l'*' "$BATS_TEST_TMPDIR/p1" | head -1) == $((first - 1048576)) ]]
	[[ $(ddrescuelog -b512 -l- "$BATS_TEST_TMPDIR/p1" | wc -l) == 4 ]]
	exhibit rescue "$image" "$map" --export-domain
	expect_status 0
	printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/domain"
	ddrescuelog -t "$BATS_TEST_TMPDIR/domain"
	[[ $(ddrescuelog -b512 -l+ "$BATS_TEST_TMPDIR/domain") == $((first / 512)) ]]
	exhibit rescue "$image" "$map" --export-map
	expect_status 2
}

@test "an EWF image knows its losses by itself" {
	a_copy_of demo.E01 demo.E02 demo.E03
	exhibit_json rescue demo.E01
	expect_status 0
	expect_fact '.lost | add' 0
	damage flip-chunk 700 demo.E0?
	exhibit_json verify demo.E01
	lost=$(fact '.damage | map(.length) | add')
	exhibit_json rescue demo.E01
	expect_fact '.lost | add' "$lost"
	expect_fact '.totals.bad' "$lost"
	((lost > 0))
}

@test "--svg draws, and names in it are escaped" {
	a_disk
	a_map "$first 512 *"
	exhibit_json rescue "$image" "$map" --svg "$BATS_TEST_TMPDIR/map.svg"
	expect_status 0
	python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$BATS_TEST_TMPDIR/map.svg"
	exhibit rescue "$image" "$map" --svg "$BATS_TEST_TMPDIR/map.svg"
	expect_status 3
}

@test "text for people has history, map, totals, files" {
	a_disk
	a_map "$first 512 -"
	exhibit rescue "$image" "$map"
	expect_status 0
	expect_message "ddrescue -r1 /dev/sdz" "/big" "Content of files" "a little lost"
}

@test "mapfiles and damaged images of other people have the answers that are documented" {
	need_testdata
	need_tool xz jq
	cd "$BATS_TEST_TMPDIR"
	for fs in ntfs ext4; do
		xz -dkc "$EXHIBIT_TESTDATA/forensics-samples/fs.$fs.xz" >$fs.raw
		exhibit_json rescue $fs.raw "$EXHIBIT_TESTDATA/damage/$fs.mapfile"
		expect_status 0
		answer=$(jq -c ".[] | select(.path == \"damage/$fs.mapfile\") | .expect" "$EXHIBIT_TESTDATA/answers.json")
		expect_fact '.totals' "$(jq -c .totals <<<"$answer")"
		expect_fact '[.files[] | [(.path | ltrimstr("/")), .lost, .size, (if .allocated then "live" else "deleted" end)]] | sort' \
			"$(jq -c '[.hits[] | [.path, .lost, .size, .state]] | sort' <<<"$answer")"
		expect_fact '[.metadata[].ranges[]] | sort' "$(jq -c '.metadata_hits // [] | map({start, length}) | sort' <<<"$answer")"
		expect_fact '.lost.outside_partitions' "$(jq -c '.outside_partitions | map(.length) | add // 0' <<<"$answer")"
		exhibit_json verify $fs.raw --mapfile "$EXHIBIT_TESTDATA/damage/$fs.mapfile" --holes zero
		expect_fact .digests.sha256 "$(jq -c .rescued_sha256 <<<"$answer")"
	done
	truncate -s 4096 small.raw
	while read -r path; do
		answer=$(jq -c ".[] | select(.path == \"$path\") | .expect" "$EXHIBIT_TESTDATA/answers.json")
		exhibit_json info small.raw --mapfile "$EXHIBIT_TESTDATA/$path"
		if [[ $(jq .openable <<<"$answer") == false ]]; then
			expect_status 3
			continue
		fi
		expect_fact '.image.mapfile.totals' "$(jq -c .totals <<<"$answer")"
	done < <(jq -r '.[] | select(.kind == "mapfile" and (.path | startswith("mapfiles/"))) | .path' "$EXHIBIT_TESTDATA/answers.json")
}
