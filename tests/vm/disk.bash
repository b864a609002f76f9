# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The guest's disk: the program under test and what the tests call, taken from this machine as it is installed, on ext4.

# From run.
: "${here:?}" "${source:?}" "${build:?}" "${scratch:?}" "${kernels:?}"

readonly DISK_MIB=700 DAMAGED_CHUNK=100

# What the tests call; the shared objects come by themselves.
readonly GUEST_PACKAGES=(bash coreutils util-linux util-linux-extra mount grep sed mawk findutils diffutils jq e2fsprogs xfsprogs
	btrfs-progs dosfstools ntfs-3g fuse3 openssl kmod procps dmsetup libmagic-mgc fdisk libc-bin debianutils dash)

# Beside those of the file systems' own dependencies.
readonly GUEST_MODULES=(virtio_pci virtio_blk virtio_rng ext4 loop fuse xfs btrfs vfat nls_ascii nls_utf8 nls_cp437 nls_iso8859-1 ntfs3
	dm-mod dm-delay dm-flakey raid1 crc32c_generic sha256_generic xxhash_generic blake2b_generic)

# files_of PACKAGE...: without what nobody reads in a guest.
files_of() {
	# shellcheck disable=SC2016
	dpkg-query -L "$@" 2>/dev/null | grep -vE '^/usr/share/(doc|man|locale|info|lintian|bash-completion|zsh|bug)(/|$)' |
		sort -u | xargs -d '\n' sh -c 'for f; do if [ ! -d "$f" ] || [ -L "$f" ]; then echo "$f"; fi; done' sh
}

# objects_in: the shared objects that ldd names.
objects_in() {
	awk '$2 == "=>" && $3 ~ /^\// {print $3} $1 ~ /^\/lib/ {print $1}' | sort -u
}

# programs_in LIST: those of the files that can be loaded.
programs_in() {
	xargs -d '\n' grep -lsaE $'^\x7fELF' <"$1" || true
}

# take LIST ROOT: copies the files, and those that links among them lead to, to the same places.
take() {
	(cat "$1" && (xargs -d '\n' readlink -m <"$1" || true)) | grep '^/' | sed -E 's#^/(bin|sbin|lib|lib64)/#/usr/\1/#; s#^/##' | sort -u >"$1.all"
	tar -C / -cf - --no-recursion --ignore-failed-read -T "$1.all" 2>/dev/null | tar -C "$2" -xf -
}

lay_out() {
	local root=$1 dir
	mkdir -p "$root"/usr/{bin,sbin,lib,lib64} "$root"/{dev,proc,sys,run,tmp,root,etc,var/tmp,work,source/tests,build/tests}
	for dir in bin sbin lib lib64; do
		ln -s "usr/$dir" "$root/$dir"
	done
	ln -s /proc/self/mounts "$root/etc/mtab"
	printf 'root:x:0:0:root:/root:/bin/bash\n' >"$root/etc/passwd"
	printf 'root:x:0:\n' >"$root/etc/group"
}

# install_modules NAME ROOT: of one kernel, with wploop.
install_modules() {
	local release built into
	release=$(kernel_release "$1")
	into=$2/lib/modules/$release
	mkdir -p "$into"
	kernel_modules "$1" "${GUEST_MODULES[@]}" | xargs -d '\n' cp -t "$into"
	find "$into" -name '*.xz' -exec xz -d {} +
	built=$(kernel_wploop "$1")
	if [[ -n $built ]]; then
		xargs -d '\n' cp -t "$into" <<<"$built"
	else
		tail -n 3 "$scratch/wploop.$1" | sed "s/^/# wploop for $1: /"
		tail -n 1 "$scratch/wploop.$1" >"$into/wploop.why"
	fi
	cp "$kernels/$1/modules/lib/modules/$release"/modules.{order,builtin,builtin.modinfo} "$into"
	depmod -b "$2" "$release"
}

# The smallest first root: what it takes to reach the disk.
make_initramfs() {
	local name=$1 dir=$2 first=$scratch/first module
	rm -rf "$first"
	mkdir -p "$first"/{bin,dev,proc,root}
	cp "$(command -v busybox)" "$first/bin/busybox"
	cp "$here/guest/first" "$first/init"
	kernel_modules "$name" virtio_pci virtio_blk crc32c_generic ext4 | while IFS= read -r module; do
		cp "$module" "$first"
		module=${module##*/}
		echo "${module%.xz}" >>"$first/order"
	done
	find "$first" -name '*.xz' -exec xz -d {} +
	(cd "$first" && find . | cpio -o -H newc --quiet) >"$dir/initramfs"
}

# make_evidence WORK: small.raw, 8 MiB of noise with two partitions; the same as small.E01 and on; a copy of that with one chunk
# damaged, and which bytes of the media that is.
make_evidence() {
	local work=$1
	head -c 8M /dev/urandom >"$work/small.raw"
	printf 'start=64, size=4096, type=83\nstart=8192, size=4096, type=83\n' | sfdisk -q --wipe never "$work/small.raw"
	ewfacquire -u -q -f encase6 -c fast -b 64 -S 3145728 -d sha1 -m fixed -M physical -C 1 -E 1 -e "A. Examiner" -D "a test" -N "none" \
		-t "$work/small" "$work/small.raw" >"$scratch/ewfacquire" 2>&1
	mkdir "$work/damaged"
	cp "$work"/small.E0? "$work/damaged"
	"$source/tests/fixtures/damage" flip-chunk "$DAMAGED_CHUNK" "$work"/damaged/small.E0? >"$work/damaged/range"
	"$here/members" "$work"
}

# install_udev ROOT: udev, and the rules of everything that would look into a device, as Debian ships them.
install_udev() {
	local from=$kernels/udev-packages
	packages_unpack udev-packages udev systemd lvm2 mdadm udisks2 bcache-tools dmsetup multipath-tools btrfs-progs || return 0
	mkdir -p "$1/lib/udev/rules.d" "$1/lib/systemd"
	cp "$from"/lib/udev/rules.d/* "$1/lib/udev/rules.d"
	cp "$from/bin/udevadm" "$1/bin"
	ln -s /bin/udevadm "$1/lib/systemd/systemd-udevd"
	ldd "$from/bin/udevadm" | objects_in >"$scratch/udev"
	take "$scratch/udev" "$1"
}

# disk_make DIR NAME...: makes DIR/root.img, one for all kernels.
disk_make() {
	local dir=$1 root=$scratch/root name
	lay_out "$root"
	files_of "${GUEST_PACKAGES[@]}" >"$scratch/list"
	programs_in "$scratch/list" | (xargs -d '\n' ldd "$EXHIBIT" 2>/dev/null || true) | objects_in >"$scratch/objects"
	cat "$scratch/objects" >>"$scratch/list"
	take "$scratch/list" "$root"
	cp "$EXHIBIT" "$root/usr/bin/exhibit"
	of_the_module build_tool "$root/usr/bin/wptool"
	cp "$here/guest/init" "$root/usr/sbin/guest"
	cp -r "$source"/tests/{lib,vm,fixtures} "$root/source/tests"
	cp "$source"/src/mapper/attach/60-exhibit.rules "$root/source"
	cp "$build/tests/confine_probe" "$root/build/tests"
	make_evidence "$root/work"
	install_udev "$root"
	for name in "${@:2}"; do
		install_modules "$name" "$root"
	done
	rm -f "$dir/root.img"
	mke2fs -q -F -t ext4 -O ^has_journal -E root_owner=0:0 -d "$root" "$dir/root.img" "${DISK_MIB}M" >"$scratch/mke2fs"
}
