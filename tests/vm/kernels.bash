# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Debian's kernels, fetched as packages and unpacked below $kernels/NAME/root, never installed; kernel/tests uses the same folder.

kernels=${EXHIBIT_KERNELS:-${XDG_CACHE_HOME:-$HOME/.cache}/exhibit/kernels}

# newest_release 6.1|6.12: the newest that the package lists have.
newest_release() {
	apt-cache search --names-only "^linux-image-${1//./\\.}\\.[0-9]+.*-amd64\$" 2>/dev/null | cut -d ' ' -f 1 |
		grep -vE -- '-(cloud|rt|dbg|unsigned)' | sed 's/^linux-image-//' | sort -V | tail -n 1
}

# packages_of RELEASE: the kernel, and what building a module for it needs.
packages_of() {
	local headers=linux-headers-$1
	echo "linux-image-$1" "$headers"
	apt-cache depends "$headers" 2>/dev/null | awk '$1 == "Depends:" && $2 ~ /^linux-(headers|kbuild)-/ {print $2}'
}

# kernel_get NAME: 0 where it is there; otherwise prints why not.
kernel_get() {
	local into=$kernels/$1/root release package new
	[[ ! -e $(kernel_image "$1") ]] || return 0
	release=$(newest_release "$1")
	[[ -n $release ]] || {
		echo "no package linux-image-$1 is in the package lists (apt-get update)"
		return 1
	}
	new=$(mktemp -d "$scratch/kernel.XXXXXX")
	# shellcheck disable=SC2046
	(cd "$new" && apt-get -qq download $(packages_of "$release")) >"$scratch/fetch" 2>&1 || {
		tail -n 1 "$scratch/fetch"
		return 1
	}
	mkdir "$new/root"
	for package in "$new"/*.deb; do
		dpkg-deb -x "$package" "$new/root"
	done
	sed -i "s#/usr/src/#$into&#" "$new/root/usr/src/linux-headers-$release/Makefile"
	mkdir -p "${into%/*}"
	rm -rf "$into"
	mv "$new/root" "$into"
}

kernel_release() {
	local modules=("$kernels/$1/root/lib/modules"/*)
	echo "${modules[0]##*/}"
}

kernel_image() {
	echo "$kernels/$1/root/boot/vmlinuz-$(kernel_release "$1")"
}

# kernel_modules NAME MODULE...: the files of these modules and of those that they need, in the order to load them.
kernel_modules() {
	local root=$kernels/$1/root release module
	release=$(kernel_release "$1")
	[[ -e $root/lib/modules/$release/modules.dep ]] || depmod -b "$root" "$release"
	for module in "${@:2}"; do
		modprobe -S "$release" -d "$root" --show-depends "$module" 2>/dev/null | awk '$1 == "insmod" {print $2}' || true
	done | awk '!seen[$0]++'
}

# kernel_wploop NAME: builds the module for a kernel; prints its path, or nothing, with why in $scratch/wploop.NAME.
kernel_wploop() {
	local work=$scratch/module.$1 headers
	headers=$kernels/$1/root/usr/src/linux-headers-$(kernel_release "$1")
	mkdir "$work"
	cp -r "$source/include" "$source/kernel" "$work" 2>"$scratch/wploop.$1" || return 0
	make -s -C "$work/kernel" KDIR="$headers" CONFIG_DEBUG_INFO_BTF_MODULES= modules >"$scratch/wploop.$1" 2>&1 || return 0
	echo "$work/kernel/wploop.ko"
}

# packages_unpack DIR PACKAGE...: Debian's packages, unpacked below $kernels/DIR; 1 where they cannot be had.
packages_unpack() {
	local into=$kernels/$1 new package
	[[ ! -d $into ]] || return 0
	new=$(mktemp -d "$scratch/packages.XXXXXX")
	(cd "$new" && apt-get -qq download "${@:2}") >"$scratch/fetch" 2>&1 || return 1
	mkdir "$new/root"
	for package in "$new"/*.deb; do
		dpkg-deb -x "$package" "$new/root"
	done
	mv "$new/root" "$into"
}
