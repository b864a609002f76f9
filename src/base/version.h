/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXH_BASE_VERSION_H
#define EXH_BASE_VERSION_H

#include <exhibit.h>

#define EXH_STRING_(x) #x
#define EXH_STRING(x)  EXH_STRING_(x)
#define EXH_VERSION                                                                                \
	EXH_STRING(EXHIBIT_VERSION_MAJOR)                                                          \
	"." EXH_STRING(EXHIBIT_VERSION_MINOR) "." EXH_STRING(EXHIBIT_VERSION_PATCH)

#endif
