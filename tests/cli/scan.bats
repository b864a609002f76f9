#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What everybody's tools say of healthy tables, and what a scan does beside its facts.

load common

# healthy SCHEME: a disk of 64 MiB in $disk, with that table and two partitions.
healthy() {
	disk=$BATS_TEST_TMPDIR/disk.raw
	truncate -s 64M "$disk"
	sfdisk -q "$disk" <<-TEXT
		label: $1
		first-lba: 2048
		start=2048, size=20480
		start=40960, size=40960
	TEXT
	mke2fs -q -t ext4 -L oracle -E offset=1048576 "$disk" 10M
}

places() {
	"$EXHIBIT" scan --json "$1" | jq -c '[.partitions[] | [.start / 512, .length / 512]]'
}

@test "sfdisk gives the same partitions" {
	need_tool sfdisk jq mke2fs
	for scheme in dos gpt; do
		healthy "$scheme"
		[[ $(places "$disk") == "$(sfdisk -J "$disk" | jq -c '[.partitiontable.partitions[] | [.start, .size]]')" ]]
	done
}

@test "sgdisk gives the same partitions" {
	need_tool sgdisk jq mke2fs
	healthy gpt
	[[ $(places "$disk") == "$(sgdisk -p "$disk" | awk '$1 ~ /^[0-9]+$/ {print "[" $2 "," $3 - $2 + 1 "]"}' | jq -cs .)" ]]
}

@test "mmls gives the same partitions" {
	need_tool mmls jq mke2fs
	for scheme in dos gpt; do
		healthy "$scheme"
		[[ $(places "$disk") == "$(mmls -t "$scheme" -a "$disk" |
			awk '$2 ~ /^[0-9]+/ {print "[" $3 + 0 "," $5 + 0 "]"}' | jq -cs .)" ]]
	done
}

@test "blkid gives the same contents" {
	need_tool blkid jq mke2fs
	healthy gpt
	for tag in TYPE LABEL UUID; do
		[[ $("$EXHIBIT" scan --json "$disk" | jq -r ".partitions[0].contents.${tag,,}") == \
			"$(blkid -p -O 1048576 -S 10485760 -o value -s $tag "$disk")" ]]
	done
}

@test "the command lines of --commands do what they say" {
	need_tool mmls fls mke2fs
	healthy gpt
	run -0 "$EXHIBIT" scan --commands "$disk"
	expect_text "$output" "mmls -t gpt -b 512 '$disk'"
	mapfile -t lines < <(grep -E '^(mmls|fls) ' <<<"$output")
	((${#lines[@]} == 3))
	for line in "${lines[@]}"; do
		bash -c "$line" >"$BATS_TEST_TMPDIR/out"
	done
	grep -q 'lost+found' "$BATS_TEST_TMPDIR/out"
	expect_text "$output" "losetup --find --show --read-only --offset 1048576 --sizelimit 10485760 '$disk'"
}

@test "a name with a quote in it stays one word" {
	healthy gpt
	mv "$disk" "$BATS_TEST_TMPDIR/it's; here.raw"
	run -0 "$EXHIBIT" scan --commands "$BATS_TEST_TMPDIR/it's; here.raw"
	bash -c "$(grep '^mmls -t gpt' <<<"$output")"
}

@test "--svg draws into a new file and never into one that is there" {
	healthy gpt
	run -0 "$EXHIBIT" scan --svg "$BATS_TEST_TMPDIR/map.svg" "$disk"
	python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$BATS_TEST_TMPDIR/map.svg"
	before=$(sha256sum <"$disk")
	run -3 "$EXHIBIT" scan --svg "$disk" "$disk"
	[[ $before == "$(sha256sum <"$disk")" ]]
}

# zeroed: a disk in $disk, not sparse, with one partition of nothing but zeros between 1 and 101 MiB.
zeroed() {
	disk=$BATS_TEST_TMPDIR/zeroed.raw
	head -c 102M /dev/zero >"$disk"
	sfdisk -q "$disk" <<<$'label: dos\nstart=2048, size=204800'
}

contents() {
	"$EXHIBIT" scan --json "$@" | jq -r '.partitions[0].contents.kind'
}

@test "empty chunks of E01 are known to be zero without a long reading" {
	need_tool sfdisk jq ewfacquire
	zeroed
	[[ $(contents "$disk") == unknown ]]
	[[ $(contents --deep "$disk") == empty ]]
	for compression in fast best; do
		ewfacquire -q -u -c "$compression" -t "$BATS_TEST_TMPDIR/$compression" "$disk" >/dev/null
		run -0 --separate-stderr "$EXHIBIT" scan --json "$BATS_TEST_TMPDIR/$compression.E01"
		jq -e '.partitions[0].contents.kind == "empty" and all(.gaps[]; .zero)' <<<"$output"
	done
}

@test "a hole that a mapfile says was never rescued is not zero" {
	need_tool sfdisk jq
	disk=$BATS_TEST_TMPDIR/rescued.raw
	truncate -s 102M "$disk"
	sfdisk -q "$disk" <<<$'label: dos\nstart=2048, size=204800'
	[[ $(contents "$disk") == empty ]]
	# half of the partition, and the end of the disk, were not read
	printf '0x0 ?\n0x0 0x1800000 +\n0x1800000 0x3000000 ?\n0x4800000 0x1d00000 +\n0x6500000 0x100000 -\n' >"$disk.map"
	run --separate-stderr "$EXHIBIT" scan --json --mapfile "$disk.map" "$disk"
	[[ $(jq -r '.partitions[0].contents.kind' <<<"$output") == unknown ]]
	jq -e '[.gaps[] | select(.start == 105906176 and has("zero"))] == []' <<<"$output"
}
