# SPDX-License-Identifier: GPL-2.0-only
# A disk with two partitions, made of a file, a split set and a block device in turn.

# An MBR with two partitions: sectors 64-1023 and 1024-2047. busybox has no way to write one but printf.
table() {
	printf '\000\000\000\000\203\000\000\000\100\000\000\000\300\003\000\000'
	printf '\000\000\000\000\203\000\000\000\000\004\000\000\000\004\000\000'
	dd if=/dev/zero bs=32 count=1 2>/dev/null
	printf '\125\252'
}

make_disk() {
	wptool fill "$1" 1M
	table | dd of="$1" bs=1 seek=446 conv=notrunc 2>/dev/null
}

# each_backing FUNCTION: calls it for the disk and a partition of each kind of backing
each_backing() {
	for backing in file split device; do
		make_disk disk
		case $backing in
		file)
			evidence disk
			attach partscan disk
			;;
		split)
			head -c 400000 disk >s.1
			tail -c +400001 disk >s.2
			evidence s.1 s.2
			attach partscan s.1 s.2
			;;
		device)
			evidence disk
			# the stock driver below would change the time of access
			mount -o remount,noatime /w
			losetup -r /dev/loop1 disk
			attach partscan /dev/loop1
			;;
		esac
		wait_for "/dev/${dev}p2"
		for node in "$dev" "${dev}p2"; do
			echo "== $backing, ${node#"$dev"}"
			"$1" "/dev/$node"
		done
		wptool counters "$dev"
		"${1}_after"
		wptool detach "$dev"
		[ $backing = device ] && losetup -d /dev/loop1 && mount -o remount,relatime /w
		unchanged
		rm -f disk s.1 s.2
	done
}

user_space() {
	wptool write-all "$1"
}

user_space_after() {
	refusals open setrw ioctl
}

kernel_bios() {
	wptool bio "$1" 8
}

kernel_bios_after() {
	refusals write
}

kernel_requests() {
	wptool request "$1" 8
}

kernel_requests_after() {
	refusals write write_zeroes discard secure_erase zone passthrough unknown
}
