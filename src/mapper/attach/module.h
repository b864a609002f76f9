/* SPDX-License-Identifier: Apache-2.0 */
/* Is the wploop module here, and if not, what is in its way? For exhibit doctor. */
#ifndef EXH_ATTACH_MODULE_H
#define EXH_ATTACH_MODULE_H

#include <stdbool.h>
#include <stddef.h>

/** exh_module_ready - true where wploop can be used by root; text gets what there is, or what is
 * missing and the next step. */
bool exh_module_ready(char *text, size_t size);

/** exh_module_signing - true where a module needs no signature on this machine; text says why, or
 * how to sign. */
bool exh_module_signing(char *text, size_t size);

#endif
