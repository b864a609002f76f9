/* SPDX-License-Identifier: Apache-2.0 */
/* What this machine can do to protect evidence. */
#ifndef EXH_ATTACH_DOCTOR_H
#define EXH_ATTACH_DOCTOR_H

#include <jansson.h>
#include <stdbool.h>

#include "base/ctx.h"

/** exh_udev_rule_missing - does udev run here without our rule? why gets a borrowed text then. */
bool exh_udev_rule_missing(const char **why);

/**
 * exh_machine_facts - what did the work, for the record
 *
 * {"binary": {"path","sha256"}, "libraries": {NAME: version}, "kernel", "clock": {"synchronised", "max_error_us"}}; the caller owns it.
 */
json_t *exh_machine_facts(struct exh_ctx *ctx);

#endif
