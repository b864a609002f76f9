# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The kernels of kernel/tests/run, which fetches and unpacks them: $kernels/NAME/{release,image,modules}.

# From run.
: "${source:?}" "${scratch:?}"

kernels=${EXHIBIT_KERNELS:-${XDG_CACHE_HOME:-$HOME/.cache}/exhibit/kernels}

# of_the_module FUNCTION ARG...: a function of the module's own tests, in a process of its own.
of_the_module() {
	# shellcheck disable=SC2016
	project=$source here=$source/kernel/tests bash -c '. "$here/lib/kernels.bash"; . "$here/lib/guest.bash"; "$@" || { echo "$reason"; exit 1; }' \
		of_the_module "$@"
}

# kernel_get NAME: 0 where it is there; otherwise prints why not.
kernel_get() {
	mkdir -p "$kernels"
	of_the_module "kernel_${1}_get"
}

kernel_release() {
	cat "$kernels/$1/release"
}

# kernel_modules NAME MODULE...: the files of these modules and of those that they need, in the order to load them.
kernel_modules() {
	local module
	for module in "${@:2}"; do
		modprobe -S "$(kernel_release "$1")" -d "$kernels/$1/modules" --show-depends "$module" 2>/dev/null |
			awk '$1 == "insmod" {print $2}' || true
	done | awk '!seen[$0]++'
}

# kernel_wploop NAME: builds the module for a kernel, and the one that sends what only the kernel can send; prints their paths, or nothing,
# with why in $scratch/wploop.NAME.
kernel_wploop() {
	local out=$scratch/module.$1
	if of_the_module build_modules "$1" "$source" "$out" >"$scratch/wploop.$1" 2>&1; then
		printf '%s\n' "$out/wploop.ko" "$out/wploop_test.ko"
	else
		cat "$out/build.log" >>"$scratch/wploop.$1" 2>/dev/null || true
	fi
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
