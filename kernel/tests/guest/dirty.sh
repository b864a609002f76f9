# SPDX-License-Identifier: GPL-2.0-only
# File systems as a power cut leaves them: the image is copied while it is mounted and its journal is full.

make_ext4() {
	mkfs.ext4 -q "$1"
}

# small enough to be hashed in a moment; mkfs.xfs makes such only for its own tests
make_xfs() {
	TEST_DIR=1 TEST_DEV=1 QA_CHECK_FS=1 mkfs.xfs -q "$1"
}

make_btrfs() {
	mkfs.btrfs -q --mixed "$1"
}

make_dirty() {
	modprobe "$1"
	truncate -s "$2" "/tmp/$1.img"
	make_$1 "/tmp/$1.img" >&2 || echo "mkfs.$1 failed"
	losetup /dev/loop2 "/tmp/$1.img"
	mkdir -p /m/dirty
	mount -t $1 /dev/loop2 /m/dirty || echo "$1 cannot be mounted at all"
	echo old >/m/dirty/old
	sync
	for i in 1 2 3 4 5 6 7 8; do
		echo $i >/m/dirty/new$i
		wptool sync-file /m/dirty/new$i
	done
	# an open file that is removed: to clean it up is a write
	exec 6>/m/dirty/orphan
	echo lost >&6
	rm /m/dirty/orphan
	wptool sync-file /m/dirty
	cp "/tmp/$1.img" /tmp/evidence.img
	exec 6>&-
	umount /m/dirty
	losetup -d /dev/loop2
	rm "/tmp/$1.img"
}

# try_mounts TYPE SIZE OPTIONS...
try_mounts() {
	type=$1
	make_dirty "$1" "$2"
	shift 2
	evidence /tmp/evidence.img
	attach /tmp/evidence.img
	mkdir -p /m/try
	for options in "$@"; do
		if mount -t "$type" -o "$options" "/dev/$dev" /m/try 2>/dev/null; then
			echo "$type, $options: mounted"
			umount /m/try
		else
			echo "$type, $options: not mounted"
		fi
	done
	# the kernel may try to write, it may not; what it tried is counted
	[ "$(counter refused_bytes)" = 0 ] || counter last_refusal | grep -q kind=write || echo 'refused bytes, and no refusal on record'
	refusals open
	wptool bio "/dev/$dev" 8 >/dev/null
	refusals write
	wptool detach "$dev"
	unchanged
}
