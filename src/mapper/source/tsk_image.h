/* SPDX-License-Identifier: Apache-2.0 */
/* A source as libtsk wants its images. libtsk never opens evidence itself. */
#ifndef EXH_SOURCE_TSK_IMAGE_H
#define EXH_SOURCE_TSK_IMAGE_H

#include <tsk/libtsk.h>

#include "source.h"

/**
 * exh_tsk_open - the source as a TSK_IMG_INFO; a lost byte is a read error
 *
 * The source stays the caller's and must outlive the image. NULL when memory is out. Release with
 * tsk_img_close().
 */
TSK_IMG_INFO *exh_tsk_open(struct exh_source *s);

#endif
