/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXH_CASE_CLOCK_H
#define EXH_CASE_CLOCK_H

#include <jansson.h>

/**
 * exh_clock_json - what this machine knows about its clock now; the caller owns it
 *
 * {"boot_id", "boottime_us", "synchronised", "error_us"}: the identity of this boot, the time since
 * it (clock steps do not move it), and what the kernel knows about synchronisation. What is not
 * known is absent.
 */
json_t *exh_clock_json(void);

#endif
