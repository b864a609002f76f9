#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Examinations: what the command cannot do, what becomes of it, and that nothing stays behind however it ends.

load ../lib/common
load ../lib/device

setup() {
	own_places
	a_copy_of demo.raw 'demo.E0?' 'demo.00?'
	age demo.*
}

teardown() {
	detach_all
}

# examine ARG...: into the case "case".
examine() {
	exhibit_json examine --no-progress --case case "$@"
}

# output_of_command stdout|stderr: as it was kept in the case.
output_of_command() {
	cat case/"$(fact ".analysis.$1.path" | jq -r .)"
}

# try IMAGE SCRIPT: as the command of an examination; each line of the script that succeeds is named.
try() {
	local image=$1 script line
	while read -r line; do
		[[ -z $line ]] || script+="( $line ) && echo 'ALLOWED: ${line//\'/\"}'"$'\n'
	done <<<"$2"
	examine --mount "$image" -- bash -c "$script"$'\n''echo tried'
	[[ $(output_of_command stdout | tail -n 1) == tried ]] || fail "the attempts were not made: $output $stderr"
	! output_of_command stdout | grep ALLOWED || fail "see above; $(output_of_command stderr)"
}

# ---- what it cannot do ----

# probe IMAGE FILE...: everything the probe knows, against the files and devices.
probe() {
	local image=$1 before files=()
	shift
	before=$(state_of "$@")
	for file; do
		files+=(-e "$PWD/$file")
	done
	examine "$image" -- "$EXHIBIT_BUILD/tests/confine_probe" "${files[@]}" -d "{disk}" -d "{p1}" -d "{p2}" -l "$PWD/late"
	! output_of_command stdout | grep FAIL || fail "see above"
	output_of_command stdout | grep -E '^[0-9]+ attempts, 0 not as expected$'
	expect_status 0
	expect_fact .verdict '"unchanged"'
	expect_fact .analysis.exit_status 0
	[[ $(state_of "$@") == "$before" ]]
	sleep 2.5
	[[ ! -e late ]]
	nothing_is_left "the probe"
}

@test "a raw image: nothing that the probe tries succeeds, and the evidence is the same to the access time" {
	probe demo.raw demo.raw
}

@test "a split raw image: nothing that the probe tries succeeds" {
	probe demo.001 demo.001 demo.002 demo.003 demo.004
}

@test "an E01 set: nothing that the probe tries succeeds" {
	probe demo.E01 demo.E01 demo.E02 demo.E03
}

@test "common programs cannot change evidence, devices or mounts" {
	before=$(state_of demo.raw)
	try demo.raw '
		: >>demo.raw
		: >demo.raw
		dd if=/dev/zero of=demo.raw conv=notrunc count=1
		truncate -s 0 demo.raw
		fallocate -p -o 0 -l 4096 demo.raw
		touch demo.raw
		chmod 777 demo.raw
		chown 1 demo.raw
		rm -f demo.raw
		mv demo.raw other.raw
		ln demo.raw link.raw
		sed -i s/a/b/ demo.raw
		mount -o remount,rw demo.raw
		umount demo.raw
		dd if=/dev/zero of={p1} count=1
		dd if=/dev/zero of={disk} count=1 oflag=direct
		blockdev --setrw {disk}
		blockdev --rereadpt {disk}
		blkdiscard -f {p1}
		losetup -d {p1}
		losetup -c {p1}
		losetup --direct-io=on {p1}
		losetup -f demo.raw
		mke2fs -F {p1}
		tune2fs -L x {p1}
		mount {p1} /tmp
		mount -o remount,rw {p1.mount}
		umount {p1.mount}
		touch {p1.mount}/new
		rm -rf {p1.mount}/Documents
		mknod disk b 7 0
		unshare -Ur true
		nsenter -t 1 -m true'
	expect_status 0
	expect_fact .verdict '"unchanged"'
	[[ $(state_of demo.raw) == "$before" ]]
	nothing_is_left "the attempts"
}

@test "the record of the case, its key and the state of attachments are out of reach" {
	mkdir -p deep/er
	exhibit case init deep/er/case
	exhibit_json examine --no-progress --case deep/er/case demo.E01 -- bash -c '
		attempt() { "$@" && echo "ALLOWED: $*"; }
		attempt cat "$0"/*
		[[ -z $(ls -A "$0") ]] || echo "ALLOWED: listing the keys"
		for file in "$EXHIBIT_CASE"/* "$EXHIBIT_CASE"/*/* "$1"/* "$1"/*/*; do
			attempt touch "$file"
			attempt mv "$file" "$file.away"
			attempt rm -f "$file"
			[[ ! -f $file ]] || attempt cp /dev/null "$file"
		done
		attempt touch "$EXHIBIT_CASE/new" "$1/new"
		attempt mv "$EXHIBIT_CASE" moved
		attempt mv deep shallow
		attempt mv deep/er deep/es
		attempt mv "$PWD" "$PWD.away"
		echo tried' "$EXHIBIT_KEY_DIR" "$EXHIBIT_RUNTIME_DIR"
	mv deep/er/case case
	[[ $(output_of_command stdout | tail -n 1) == tried ]]
	! output_of_command stdout | grep -e ALLOWED -e PRIVATE -e pem || fail "see above"
	case_verify case
	expect_status 0
	expect_fact .verdict '"intact"'
	! jq -e 'any(.problems[]; .code == "file-unrecorded")' <<<"$output"
	nothing_is_left "the attempts"
}

@test "results go to the working directory and to temporary files, nowhere else" {
	[[ -w /etc && -w /var/lib ]] || skip "nothing else can be written by anybody"
	examine demo.raw -- bash -c '
		echo result >result && mkdir folder && mv result folder/ && echo x >"$(mktemp)"
		for place in / /etc /usr/bin /var/lib /home "$HOME"; do
			! touch "$place/exhibit-probe" || { echo "ALLOWED: $place"; rm "$place/exhibit-probe"; }
		done'
	! output_of_command stdout | grep ALLOWED
	[[ $(cat folder/result) == result ]]
}

@test "nothing it starts outlives it" {
	examine demo.raw -- bash -c 'setsid --fork bash -c "trap \"\" TERM HUP; sleep 1; touch late"; (sleep 1; touch later) & disown'
	expect_status 0
	nothing_is_left "the command"
	sleep 1.5
	[[ ! -e late && ! -e later ]]
}

@test "unconfined: recorded as such, and nothing it starts outlives it either" {
	examine --unconfined demo.raw -- bash -c 'setsid --fork bash -c "sleep 1; touch late"'
	expect_status 0
	expect_problem unconfined
	expect_fact .analysis.confined false
	expect_fact .analysis.protections '[]'
	grep -q unconfined case/report/report.html
	sleep 1.5
	[[ ! -e late ]]
}

@test "evidence that somebody else changes meanwhile: seen, named, and the verdict is changed" {
	(
		until [[ -e started ]]; do sleep 0.05; done
		perl -e 'open(my $f, "+<", "demo.raw") or die; sysseek($f, 5000000, 0); syswrite($f, "x"); sleep 1'
	) 3>&- &
	examine demo.raw -- bash -c 'touch started; sleep 2'
	wait
	expect_status 1
	expect_fact .verdict '"changed"'
	expect_problem lease-broken
	expect_message "perl (process"
	expect_fact '[.problems[] | select(.code == "evidence-changed")] | length' 1
	nothing_is_left "the change"
}

# ---- what becomes of it ----

@test "placeholders and environment name the same devices" {
	examine --mount demo.raw -- bash -c '
		[[ $1 == "$EXHIBIT_DISK" && $2 == "$EXHIBIT_P1" && $3 == "x$EXHIBIT_P2-$EXHIBIT_P2" && $4 == "$EXHIBIT_P1_MOUNT" ]] || exit 9
		[[ $EXHIBIT_PARTITIONS == "1 2" && $EXHIBIT_CASE == "$PWD/case" && $EXHIBIT_IMAGE == "$PWD/demo.raw" ]] || exit 8
		[[ -b $1 && -b $2 && -d $4 ]] || exit 7
		cmp "$1" demo.raw || exit 6' - "{disk}" "{p1}" "x{p2}-{p2}" "{p1.mount}"
	expect_status 0
	expect_fact .analysis.exit_status 0
}

@test "a mounted partition is there to be read; one without a driver is a problem, not the end" {
	examine --mount demo.raw -- bash -c 'ls "$1" && [[ ! -e ${EXHIBIT_P2_MOUNT-} ]] && grep -F "$1 " /proc/mounts' - "{p1.mount}"
	if grep -qw vfat /proc/filesystems; then skip "this kernel has vfat"; fi
	expect_status 0
	expect_problem not-mounted
	output_of_command stdout | grep -x lost+found
	output_of_command stdout | grep -E 'ext4 ro,nosuid,nodev,noexec'
	expect_fact .verdict '"unchanged"'
	nothing_is_left "mounting"
}

@test "a command that fails: status 3, and its own is recorded" {
	examine demo.raw -- sh -c 'exit 42'
	expect_status 3
	expect_problem command-failed
	expect_fact .analysis.exit_status 42
	expect_fact .verdict '"unchanged"'
	expect_fact '.report | length > 0' true
}

@test "a command that is ended by a signal: status 3" {
	examine demo.raw -- sh -c 'kill -SEGV $$'
	expect_status 3
	expect_problem command-failed
	expect_fact .analysis.signal 11
}

@test "a command that is not there: 127 as a shell says it, and status 3" {
	examine demo.raw -- no-such-program-xyz "{p1}"
	expect_status 3
	expect_fact .analysis.exit_status 127
	expect_message "no-such-program-xyz: command not found"
	exhibit examine -q --no-progress --case case demo.raw -- ./demo.raw
	expect_status 3
	[[ $(jq .analysis.exit_status case/facts/*-examine.json | tail -n 1) == 126 ]]
}

@test "a placeholder that nothing can fill: status 2, before anything is hashed or made" {
	local place
	for place in "{p9}" "{p0}" "{p18446744073709551616}" "{p1.mount}"; do
		exhibit examine --no-progress --case case demo.raw -- cat "$place"
		expect_status 2
		expect_message "$place"
		[[ ! -e case && $stderr != *verify-before* ]]
	done
	nothing_is_left "a wrong placeholder"
}

@test "what it prints is kept byte for byte: long lines, binary, both streams" {
	cat >prints <<-'END'
		perl -e 'binmode STDOUT; for $i (0 .. 19) { print chr(97 + $i) x 1048576, "\n" } print join "", map { chr } 0 .. 255'
		perl -e 'binmode STDERR; print STDERR "e" x 3145728, "\e[31m\0\xff"' >&2
	END
	examine demo.raw -- bash prints
	expect_status 0
	cmp <(bash prints 2>/dev/null) <(output_of_command stdout)
	cmp <(bash prints 2>&1 >/dev/null) <(output_of_command stderr)
	expect_fact .analysis.stdout.bytes $((20 * 1048577 + 256))
	[[ $(fact .analysis.stdout.sha256) == "\"$(bash prints 2>/dev/null | sha256sum | cut -c 1-64)\"" ]]
	exhibit case verify case
	expect_status 0
}

@test "a command that closes its streams and reads what is not there" {
	examine demo.raw -- bash -c 'cat; exec 0<&- 1>&- 2>&-; sleep 0.5'
	expect_status 0
	expect_fact .analysis.stdout.bytes 0
}

@test "without a command: every file of every file system, deleted ones too" {
	before=$(state_of demo.E0?)
	examine demo.E01
	expect_status 0
	expect_fact .verdict '"unchanged"'
	jq -se 'any(.[]; .allocated == false) and any(.[]; .partition == 1) and any(.[]; .partition == 2)' case/output/*-files.jsonl
	[[ $(state_of demo.E0?) == "$before" ]]
	exhibit case verify case
	expect_status 0
}

@test "several examinations of one case; the second compares with the first" {
	examine demo.raw -- true
	examine demo.raw -- true
	expect_status 0
	expect_fact 'any(.before.references[]; .source == "case" and .verdict == "match")' true
	exhibit case verify case
	expect_status 0
}

@test "files instead of devices" {
	before=$(state_of demo.E0?)
	examine --method fuse demo.E01 -- bash -c 'cmp "$1" demo.raw && ! : >>"$1" && ! rm -f "$2" && [[ -f $2 ]]' - "{disk}" "{p1}"
	expect_status 0
	expect_fact .verdict '"unchanged"'
	[[ $(state_of demo.E0?) == "$before" ]]
	nothing_is_left "files"
}

@test "without root: files, confined all the same" {
	need_tool setpriv fusermount3
	run setpriv --reuid=nobody --regid=nogroup --clear-groups test -x "$EXHIBIT"
	[[ $status == 0 ]] || skip "another user cannot run the program from here"
	theirs=$(mktemp -d /tmp/exhibit-theirs.XXXXXX)
	mkdir "$theirs/run" "$theirs/keys"
	cp demo.E0? demo.raw "$theirs"
	chown -R nobody:nogroup "$theirs"
	age "$theirs"/demo.E0?
	before=$(state_of "$theirs"/demo.E0?)
	run --separate-stderr timeout 60 setpriv --reuid=nobody --regid=nogroup --clear-groups \
		env -u EXHIBIT_RUNTIME_DIR XDG_RUNTIME_DIR="$theirs/run" EXHIBIT_KEY_DIR="$theirs/keys" HOME="$theirs" bash -c '
		cd "$1" && "$EXHIBIT" examine --no-progress --json --case case demo.E01 -- bash -c "
			cmp {disk} demo.raw || exit 5
			: >>demo.E01 && exit 6
			rm -f demo.E02 && exit 7
			: >>{p1} && exit 8
			cat keys/* && exit 9
			touch case/new && exit 10
			echo result >result"' - "$theirs"
	grep -F "$theirs" /proc/mounts && fail "a mount is left"
	[[ $(state_of "$theirs"/demo.E0?) == "$before" && $(cat "$theirs/result") == result ]] || fail "$output $stderr"
	rm -rf "$theirs"
	expect_status 0
	expect_fact .verdict '"unchanged"'
	expect_fact '.attachments[0].method' '"fuse"'
	expect_fact .analysis.confined true
}
