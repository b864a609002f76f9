/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read leases on evidence files: fcntl(2), F_SETLEASE. Whoever opens a leased file for writing, or truncates it, waits until the lease is
 * given up (or /proc/sys/fs/lease-break-time is over), and is seen. That detects writers; it keeps nobody from writing.
 */
#ifndef EXH_ATTACH_LEASES_H
#define EXH_ATTACH_LEASES_H

#include <signal.h>
#include <stddef.h>

#include "mapper/source/image.h"

struct exh_leases;

/** exh_leases_signal - the signal by which the kernel tells; it must be blocked before exh_leases_take() and read by a signalfd. */
int exh_leases_signal(void);

/**
 * exh_leases_take - take a lease on every file of an image, through descriptors of its own
 *
 * eventfd is a file opened for appending: one JSON line for each event. A file on which no lease can be had is an event
 * "lease-unavailable" and no error. Release with exh_leases_free().
 */
int exh_leases_take(struct exh_ctx *ctx, const struct exh_image *image, int eventfd,
		    struct exh_leases **ret);

/** exh_leases_held - how many leases are held now. */
size_t exh_leases_held(const struct exh_leases *l);

/** exh_leases_broken - handle one signal: fd as signalfd gives it, or -1 to look at every file. */
void exh_leases_broken(struct exh_leases *l, int fd);

/** exh_leases_retry - try to take again what was given up; returns how many are still out. */
size_t exh_leases_retry(struct exh_leases *l);

void exh_leases_free(struct exh_leases *l);

#endif
