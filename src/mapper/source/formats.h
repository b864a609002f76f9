/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the format table; source.c lists them in the order in which they are asked. */
#ifndef EXH_SOURCE_FORMATS_H
#define EXH_SOURCE_FORMATS_H

#include "source.h"

extern const struct exh_source_ops exh_source_ewf;
extern const struct exh_source_ops exh_source_ewf2;
extern const struct exh_source_ops exh_source_foreign;
extern const struct exh_source_ops exh_source_split_raw;
extern const struct exh_source_ops exh_source_raw;

/** exh_source_refuse - say why the source must not be used as it is; the first reason stays. */
void exh_source_refuse(struct exh_source *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** exh_source_basename - the last part of a file's path, for messages. */
const char *exh_source_basename(const struct exh_source *s, size_t file);

#endif
