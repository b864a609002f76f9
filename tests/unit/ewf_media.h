/* SPDX-License-Identifier: Apache-2.0 */
/* Media whose every byte is known, and the sets that hold them as sources in memory. */
#ifndef EXH_TEST_EWF_MEDIA_H
#define EXH_TEST_EWF_MEDIA_H

#include <stdbool.h>

#include "ewf_writer.h"
#include "memory_source.h"

#define MEDIA (200 * 512)

extern uint8_t media[MEDIA];

uint32_t next_random(uint32_t *state);

/** make_media - fill media; a group's setup. */
int make_media(void **state);

/** open_set - the files of a set but number skip (-1: none is left out), for memory_source_open().
 */
void open_set(struct memory_source *m, const struct ewf_set *set, int skip);

/** expect_equal - every byte, and many ranges, read as media have them. */
void expect_equal(struct memory_source *m);

/** tells - is a problem of this code among those of the source? */
bool tells(const struct memory_source *m, const char *code);

#endif
