# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A guest: a kernel, an initramfs with busybox and the tests, a serial line that is a file.

# The header is the same for 32-bit programs, if it has no holes.
build_tool() {
	gcc -x c -fsyntax-only -Wpadded -Werror "$project/include/wploop.h" || return
	gcc -static -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I"$project/include" -I"$here/module" -I"$here/guest" \
		"$here"/guest/*.c -o "$1"
}

# add_program ROOT PROGRAM: with the libraries it needs
add_program() {
	local root=$1 program library
	program=$(command -v "$2") || return
	install -D "$program" "$root/bin/$(basename "$program")"
	while read -r library; do
		[[ -e $root$library ]] || install -D "$(readlink -f "$library")" "$root$library"
	done < <(ldd "$program" 2>/dev/null | grep -oE '/[^ ]+')
}

# add_modules ROOT NAME MODULE...: with what they depend on; what is built in, or is not there, is left out
add_modules() {
	local root=$1 name=$2 release module file
	shift 2
	release=$(<"$kernels/$name/release")
	mkdir -p "$root/lib/modules/$release"
	for module in "$@"; do
		modprobe -q -d "$kernels/$name/modules" -S "$release" --show-depends "$module" 2>/dev/null
	done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u | while read -r file; do
		case $file in
		*.xz) xz -dc "$file" >"$root/lib/modules/$release/$(basename "${file%.xz}")" ;;
		*.zst) zstd -qdc "$file" >"$root/lib/modules/$release/$(basename "${file%.zst}")" ;;
		*) cp "$file" "$root/lib/modules/$release" ;;
		esac
	done
	: | tee "$root/lib/modules/$release/modules."{order,builtin,builtin.modinfo}
	depmod -b "$root" "$release"
}

# make_root ROOT NAME MODULES_FOLDER WPTOOL: everything that is in a guest
make_root() {
	local root=$1 name=$2 built=$3 tool=$4 program
	mkdir -p "$root"/{bin,sbin,dev,proc,sys,tmp,etc,w,m,tests,usr}
	ln -s ../bin "$root/usr/bin"
	ln -s ../bin "$root/usr/sbin"
	cp "$(command -v busybox)" "$root/bin/busybox"
	cp "$tool" "$root/bin/wptool"
	install -m 755 "$here/guest/init" "$root/init"
	cp "$here"/guest/{rc,*.sh} "$here"/[0-9][0-9][0-9] "$here"/[0-9][0-9][0-9].out "$root/tests"
	echo 'root:x:0:0:root:/:/bin/sh' >"$root/etc/passwd"
	: >"$root/etc/mtab"
	for program in mkfs.ext4 mkfs.xfs mkfs.btrfs dmsetup "${extra_programs[@]}"; do
		add_program "$root" "$program" || because "$program is not installed" || return
	done
	cp "$built"/*.ko "$root/lib" 2>/dev/null || { mkdir -p "$root/lib" && cp "$built"/*.ko "$root/lib"; }
	add_modules "$root" "$name" loop ext4 xfs btrfs overlay fuse dm-mod dm-flakey dm-delay crc32c_generic crc32c_intel crc32c xor raid6_pq "${extra_modules[@]}"
}

# what_it_needs NAME: memory in MiB, and what is said to the kernel. One that watches itself keeps books, and what was freed.
what_it_needs() {
	if [[ $1 == debug ]]; then
		echo "${memory:-3072} kasan_multi_shot"
	else
		echo "${memory:-1536}"
	fi
}

# boot NAME ROOT LOG SECONDS WORDS: runs until the guest has powered itself off
# On a loaded machine an emulated timer is late: what only watches the time is switched off.
boot() {
	local name=$1 root=$2 log=$3 seconds=$4 words=$5 mib parameters
	read -r mib parameters < <(what_it_needs "$name")
	(cd "$root" && find . | cpio -o -H newc --quiet) >"$root.cpio" || return
	timeout --foreground -k 5 "$seconds" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -m "$mib" -smp 2 -display none -monitor none -no-reboot \
		-nodefaults -serial "file:$log" -kernel "$kernels/$name/image" -initrd "$root.cpio" \
		-append "console=ttyS0 panic=-1 oops=panic loglevel=4 no_timer_check nowatchdog rcupdate.rcu_cpu_stall_suppress=1 $parameters rdinit=/init -- $words" </dev/null >"$log.qemu" 2>&1
	local status=$?
	rm -f "$root.cpio"
	return "$status"
}
