/* SPDX-License-Identifier: Apache-2.0 */
/* What this machine has itself: a copy of it in evidence could be taken for it, by the machine or
 * by the examiner. */
#ifndef EXH_SCAN_HOST_H
#define EXH_SCAN_HOST_H

#include <jansson.h>

/**
 * exh_host_identities - {"uuids": {UUID: where}, "groups": {name: where}} of the machine below root
 *
 * From udev's links, the cache of libblkid, the btrfs and device-mapper entries of sysfs, and LVM's
 * copies of its metadata; no device is opened. What is not there is left out. The caller owns it.
 */
json_t *exh_host_identities(const char *root);

/** exh_host_clashes - add host-uuid-clash for each partition of the facts that has an identity of
 * the host. */
void exh_host_clashes(json_t *facts, const json_t *identities);

#endif
