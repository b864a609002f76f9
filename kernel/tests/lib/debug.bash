# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A kernel that watches itself: 6.12 from Debian's source, as small as the tests allow, so that it is built in minutes.

debug_config() {
	local option
	for option in 64BIT SMP PRINTK TTY SERIAL_8250 SERIAL_8250_CONSOLE BLK_DEV_INITRD BINFMT_ELF BINFMT_SCRIPT PROC_FS PROC_SYSCTL SYSCTL SYSFS DEVTMPFS \
		TMPFS SHMEM SWAP BLOCK BLK_DEV BLK_DEV_LOOP BLK_DEV_WRITE_MOUNTED MD BLK_DEV_DM DM_FLAKEY DM_DELAY EXT4_FS XFS_FS XFS_SUPPORT_V4 BTRFS_FS \
		OVERLAY_FS FUSE_FS MODULES MODULE_UNLOAD FTRACE ENABLE_DEFAULT_TRACERS TRACING NET UNIX AUDIT AUDITSYSCALL ACPI PCI FUTEX EPOLL SIGNALFD \
		EVENTFD AIO IO_URING POSIX_TIMERS MULTIUSER ADVISE_SYSCALLS FILE_LOCKING INOTIFY_USER MEMFD_CREATE USERFAULTFD PARTITION_ADVANCED \
		MSDOS_PARTITION EFI_PARTITION UNWINDER_FRAME_POINTER KALLSYMS KALLSYMS_ALL IA32_EMULATION TRANSPARENT_HUGEPAGE DM_SNAPSHOT IKCONFIG \
		MISC_FILESYSTEMS HIGH_RES_TIMERS COMPAT_32BIT_TIME PRINTK_TIME BUG GENERIC_BUG STACKTRACE DEBUG_INFO_NONE \
		DEBUG_KERNEL DEBUG_FS KASAN KASAN_GENERIC KASAN_INLINE KASAN_VMALLOC PROVE_LOCKING PROVE_RCU DEBUG_SPINLOCK DEBUG_MUTEXES DEBUG_RWSEMS \
		DEBUG_ATOMIC_SLEEP DEBUG_KMEMLEAK DEBUG_LIST DEBUG_OBJECTS DEBUG_OBJECTS_WORK DEBUG_OBJECTS_FREE DEBUG_OBJECTS_TIMERS \
		DEBUG_OBJECTS_RCU_HEAD SLUB_DEBUG DETECT_HUNG_TASK SCHED_STACK_END_CHECK \
		FAULT_INJECTION FAULT_INJECTION_DEBUG_FS FAILSLAB FAIL_PAGE_ALLOC FAIL_MAKE_REQUEST; do
		echo "CONFIG_$option=y"
	done
	echo 'CONFIG_DEBUG_KMEMLEAK_MEM_POOL_SIZE=40000'
	echo 'CONFIG_FRAME_WARN=4096'
}

build_debug() {
	local tree=$1 compiler=gcc
	debug_config >"$tree/../fragment"
	! command -v ccache >/dev/null || compiler='ccache gcc'
	quietly "$tree/../build.log" make -C "$tree" KCONFIG_ALLCONFIG="$(readlink -f "$tree/../fragment")" allnoconfig || return
	debug_config_holds "$tree" || return
	quietly "$tree/../build.log" make -C "$tree" -j"$(nproc)" CC="$compiler" bzImage modules ||
		because "the debug kernel does not build: $(grep -m 1 -E 'error|Error' "$tree/../build.log")"
}

# Options that the kernel did not take would make its silence worthless.
debug_config_holds() {
	local line
	while read -r line; do
		grep -qxF "$line" "$1/.config" || because "the kernel cannot be configured with $line" || return
	done < <(debug_config)
}

# debug_source FOLDER VERSION: the source of that version in FOLDER/build
debug_source() {
	local folder=$1
	[[ -e $folder/version && $(<"$folder/version") == "$2" ]] && return
	rm -rf "$folder"
	unpack "$folder" linux-source-6.12 || return
	tar -C "$folder" -xJf "$folder/root/usr/src/linux-source-6.12.tar.xz" || because "cannot unpack the source" || return
	rm -rf "$folder/root"
	mv "$folder/linux-source-6.12" "$folder/build"
	mkdir "$folder/modules"
	ln -s build/arch/x86/boot/bzImage "$folder/image"
	printf '%s\n' "$2" >"$folder/version"
}

# Another configuration is built in the tree that is there: what it does not touch stays.
kernel_debug_get() {
	local folder=$kernels/debug version
	version=$(apt-cache show linux-source-6.12 2>/dev/null | sed -n 's/^Version: //p' | head -n 1)
	[[ $version ]] || because "no package linux-source-6.12 in the lists of apt" || return
	debug_source "$folder" "$version" || return
	[[ -e $folder/release ]] && debug_config_holds "$folder/build" && return
	rm -f "$folder/release"
	build_debug "$folder/build" || return
	make -s -C "$folder/build" kernelrelease >"$folder/release"
}
