#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Writes probes.h: one definition for each thing that this kernel has. CC and FLAGS come from Kbuild.
set -u
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# probe NAME CODE: does CODE compile?
probe() {
	printf '%s\n' "$2" >"$folder/$1.c"
	# shellcheck disable=SC2086 # both are lists of words
	if eval "$CC $FLAGS -Werror=implicit-function-declaration -Werror=incompatible-pointer-types -Werror=int-conversion \
		-c -o '$folder/$1.o' '$folder/$1.c'" 2>"$folder/$1.log"; then
		echo "#define $1 1" >"$folder/$1.answer"
	else
		echo "/* no $1 */" >"$folder/$1.answer"
	fi
}

# The headers must compile at all: otherwise each answer would be no.
probe WPL_CONTROL '#include <linux/blk-mq.h>
int probe(void) { return 0; }'
if ! grep -q define "$folder/WPL_CONTROL.answer"; then
	cat "$folder/WPL_CONTROL.log" >&2
	exit 1
fi

probe WPL_HAVE_LIMITS '#include <linux/blk-mq.h>
struct gendisk *probe(struct blk_mq_tag_set *s, struct queue_limits *l) { return blk_mq_alloc_disk(s, l, NULL); }' &
probe WPL_HAVE_SHOULD_MERGE '#include <linux/blk-mq.h>
int probe(void) { return BLK_MQ_F_SHOULD_MERGE; }' &
probe WPL_HAVE_OPEN_DISK '#include <linux/blkdev.h>
static int wpl_open(struct gendisk *disk, blk_mode_t mode) { return 0; }
const struct block_device_operations probe = {.open = wpl_open};' &
probe WPL_HAVE_WQ_PERCPU '#include <linux/workqueue.h>
int probe(void) { return WQ_PERCPU; }' &
probe WPL_HAVE_SIGNED_NODE '#include <linux/blk-mq.h>
static int wpl_init(struct blk_mq_tag_set *s, struct request *rq, unsigned int i, int node) { return 0; }
const struct blk_mq_ops probe = {.init_request = wpl_init};' &
probe WPL_HAVE_BD_MAPPING '#include <linux/blkdev.h>
struct address_space *probe(struct block_device *bdev) { return bdev->bd_mapping; }' &
wait
echo '/* SPDX-License-Identifier: GPL-2.0-only */'
cat "$folder"/WPL_HAVE_*.answer
