# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Kernels and their headers, as packages that are unpacked and never installed.
#
# kernel_NAME_get: makes sure that $kernels/NAME holds one, or says why not and returns 1. Afterwards
# $kernels/NAME/{release,image,modules} name it: its version, its bzImage, the folder that holds lib/modules.

kernels=${EXHIBIT_KERNELS:-${XDG_CACHE_HOME:-$HOME/.cache}/exhibit/kernels}
trixie=$kernels/trixie
mirror=${EXHIBIT_DEBIAN_MIRROR:-http://deb.debian.org/debian}

reason=

because() {
	reason=$*
	return 1
}

# quietly LOG COMMAND...
quietly() {
	local log=$1
	shift
	"$@" >"$log" 2>&1
}

# newest_package REGEX: the highest version among the packages whose names match
newest_package() {
	apt-cache search --names-only "$1" | awk '{print $1}' | grep -E "$1" | sort -V | tail -n 1
}

# unpack FOLDER PACKAGE...: downloads and unpacks; what is there in this version already is left alone
unpack() {
	local folder=$1 package
	shift
	mkdir -p "$folder/debs"
	(cd "$folder/debs" && quietly apt.log apt-get download "$@") || because "apt-get download $*: $(tail -n 1 "$folder/debs/apt.log")" || return
	for package in "$folder"/debs/*.deb; do
		dpkg-deb -x "$package" "$folder/root" || because "cannot unpack $package" || return
		rm -f "$package"
	done
}

# Debian's headers include each other by absolute names, as if they were installed.
relocate_headers() {
	local src=$1/usr/src header
	for header in "$src"/linux-headers-*-amd64; do
		sed -i "s|^include .*|include $src/$(basename "${header%-amd64}")-common/Makefile|" "$header/Makefile"
	done
}

# A kernel of bookworm: NAME is also the beginning of its version.
bookworm_kernel() {
	local name=$1 folder=$kernels/$1 image release
	image=$(newest_package "^linux-image-${name//./\\.}(\\.[0-9]+)+(-[0-9]+|\\+deb12)-amd64\$")
	[[ $image ]] || because "no package linux-image-$name.*-amd64 in the lists of apt" || return
	release=${image#linux-image-}
	[[ -e $folder/release && $(<"$folder/release") == "$release" ]] && return
	rm -rf "$folder"
	unpack "$folder" "$image" "linux-headers-$release" "linux-headers-${release%-amd64}-common" "$(kbuild_of "$release")" || return
	relocate_headers "$folder/root"
	ln -s "root/boot/vmlinuz-$release" "$folder/image"
	ln -s root "$folder/modules"
	depmod -b "$folder/root" "$release" || because "depmod failed" || return
	printf '%s\n' "$release" >"$folder/release"
}

# 6.1 has one linux-kbuild for all, later ones have one each
kbuild_of() {
	local release=${1%-amd64}
	if [[ $release == 6.1.* ]]; then
		echo linux-kbuild-6.1
	else
		echo "linux-kbuild-$release"
	fi
}

kernel_6.1_get() {
	bookworm_kernel 6.1
}

kernel_6.12_get() {
	bookworm_kernel 6.12
}

in_trixie() {
	# its own mounts: they end with it
	unshare --mount sh -c 'mount -t proc proc "$0/proc" && exec chroot "$@"' "$trixie" "$trixie" "$@"
}

trixie_folder() {
	[[ -e $trixie/ready ]] && return
	((EUID == 0)) || because "making a trixie folder needs root" || return
	command -v debootstrap >/dev/null || because "debootstrap is not installed" || return
	rm -rf "$trixie"
	mkdir -p "$trixie"
	quietly "$kernels/debootstrap.log" debootstrap --variant=minbase --include=make,gcc,libc6-dev,pahole trixie "$trixie" "$mirror" ||
		because "debootstrap trixie: $(tail -n 1 "$kernels/debootstrap.log")" || return
	echo "deb $mirror trixie-backports main" >"$trixie/etc/apt/sources.list.d/backports.list"
	quietly "$kernels/debootstrap.log" in_trixie apt-get update ||
		because "apt-get update in trixie: $(tail -n 1 "$kernels/debootstrap.log")" || return
	touch "$trixie/ready"
}

# The newest of trixie-backports: its tools need the libc of trixie, so it is built inside.
kernel_backports_get() {
	local folder=$kernels/backports release part
	local -a packages=()
	trixie_folder || return
	release=$(in_trixie apt-cache depends linux-image-amd64/trixie-backports | sed -n 's/.*Depends: linux-image-\([0-9].*\)/\1/p' | head -n 1)
	[[ $release ]] || because "trixie-backports has no linux-image-amd64" || return
	[[ -e $folder/release && $(<"$folder/release") == "$release" ]] && return
	for part in image base binary modules headers; do
		packages+=("linux-$part-$release")
	done
	packages+=("linux-headers-${release%-amd64}-common" "linux-kbuild-${release%-amd64}")
	# what a package of one name holds has been split over time: those that are not there are not needed
	mapfile -t packages < <(in_trixie apt-cache show "${packages[@]}" 2>/dev/null | sed -n 's/^Package: //p' | sort -u)
	rm -rf "$folder" "$trixie/debs"
	mkdir -p "$folder" "$trixie/debs"
	quietly "$folder/apt.log" in_trixie sh -c 'cd /debs && apt-get download "$@"' sh "${packages[@]}" ||
		because "apt-get download ${packages[*]}: $(tail -n 1 "$folder/apt.log")" || return
	for part in "$trixie"/debs/*.deb; do
		dpkg-deb -x "$part" "$trixie" || because "cannot unpack $part" || return
	done
	rm -rf "$trixie/debs"
	ln -s "$(compgen -G "$trixie/boot/vmlinuz-$release" || compgen -G "$trixie/usr/lib/modules/$release/vmlinuz")" "$folder/image"
	ln -s "$trixie" "$folder/modules"
	depmod -b "$trixie" "$release" || because "depmod failed" || return
	printf '%s\n' "$release" >"$folder/release"
}

# build_modules NAME SOURCE OUT: SOURCE is the folder kernel/ and include/ lie in; OUT gets *.ko and build.log
build_modules() {
	local name=$1 source=$2 out=$3 release
	release=$(<"$kernels/$name/release")
	copy_source "$source" "$out"
	if [[ $name == backports ]]; then
		mkdir -p "$trixie/build.$$"
		cp -r "$out/." "$trixie/build.$$"
		quietly "$out/build.log" in_trixie sh -c "$(make_commands "/build.$$" "/usr/src/linux-headers-$release")" || return
		cp "$trixie/build.$$"/*.ko "$trixie/build.$$"/tests/module/*.ko "$out"
		rm -rf "$trixie/build.$$"
	else
		quietly "$out/build.log" sh -c "$(make_commands "$out" "$(headers_of "$name" "$release")")" || return
		cp "$out"/tests/module/*.ko "$out"
	fi
}

headers_of() {
	if [[ -e $kernels/$1/build ]]; then
		readlink -f "$kernels/$1/build"
	else
		echo "$kernels/$1/root/usr/src/linux-headers-$2"
	fi
}

copy_source() {
	rm -rf "$2"
	mkdir -p "$2/include" "$2/tests"
	cp "$1"/kernel/{Kbuild,*.[ch],probes.sh} "$2"
	cp "$1"/include/*.h "$2/include"
	cp -r "$1/kernel/tests/module" "$2/tests"
}

# sparse_modules NAME OUT: what build_modules built, looked at by sparse; 0 clean, 1 findings in OUT/sparse.log, 2 not done and why
sparse_modules() {
	local name=$1 out=$2 module
	[[ $name != backports ]] || because "its tools run in the trixie folder only, and one source serves all kernels" || return 2
	command -v sparse >/dev/null || because "sparse is not installed" || return 2
	for module in "$out" "$out/tests/module"; do
		rm -f "$module"/*.o
		make -C "$(headers_of "$name" "$(<"$kernels/$name/release")")" M="$module" C=1 CF=-Wsparse-error CONFIG_DEBUG_INFO_BTF_MODULES= modules ||
			return 1
	done >"$out/sparse.log" 2>&1
}

# Warnings are errors. The type information of modules is for debuggers; it needs a matching pahole.
make_commands() {
	local folder=$1 headers=$2 module
	for module in "$folder" "$folder/tests/module"; do
		printf 'make -j2 -C %q M=%q W=1 KCFLAGS=-Werror CONFIG_DEBUG_INFO_BTF_MODULES= modules && ' "$headers" "$module"
	done
	echo true
}
