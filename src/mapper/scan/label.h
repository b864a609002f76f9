/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partition tables other than MBR and GPT ("labels"). A reader is one file and one row in label.c.
 * Readers are bounded by constants of their own, whatever the numbers on the disk say.
 */
#ifndef EXH_SCAN_LABEL_H
#define EXH_SCAN_LABEL_H

#include "reader.h"

struct exh_label {
	const char *scheme;
	uint64_t base, room;	/* the disk or slice that it stands in */
	uint64_t start, length; /* what the table itself takes */
	uint32_t sector_size;
	bool valid;	 /* its checksum holds, where the scheme has one */
	json_t *entries; /* rows as exh_label_add() makes them */
	json_t *problems;
};

struct exh_label_reader {
	const char *scheme;
	bool nests; /* is found inside partitions of other tables too */
	/*
	 * Reads the label of [label->base, +room): 0, or 1 where there is none. What cannot be
	 * read holds none. Sets start, length, sector_size, valid and adds rows and problems.
	 */
	int (*read)(const struct exh_reader *r, struct exh_label *label);
};

/* Ends with a row without a scheme. */
extern const struct exh_label_reader exh_label_readers[];

/** exh_label_read - run one reader on [base, base + room): 0, or 1 where there is no such label.
 * Release it with exh_label_clear() in either case. */
int exh_label_read(const struct exh_reader *r, const struct exh_label_reader *reader, uint64_t base,
		   uint64_t room, struct exh_label *label);

void exh_label_clear(struct exh_label *label);

/** exh_label_add - a row for a partition; borrowed, for more keys. A range that no disk can have
 * gets length 0 and "broken". */
json_t *exh_label_add(struct exh_label *label, unsigned number, uint64_t start, uint64_t length);

/** exh_label_set_type - "type_id" as the contract writes a type byte, and the usual name, if any.
 */
void exh_label_set_type(json_t *row, unsigned type, const char *name);

/** exh_label_set_text - row[key] from a field of n bytes that ends with a 0 or at its end. */
void exh_label_set_text(json_t *row, const char *key, const uint8_t *field, size_t n);

/** exh_label_damaged - say that the label does not hold; it is not valid then. */
void exh_label_damaged(struct exh_label *label, const char *what);

int exh_label_read_bsd(const struct exh_reader *r, struct exh_label *label);
int exh_label_read_bsd64(const struct exh_reader *r, struct exh_label *label);
int exh_label_read_apm(const struct exh_reader *r, struct exh_label *label);
int exh_label_read_sun(const struct exh_reader *r, struct exh_label *label);
int exh_label_read_sgi(const struct exh_reader *r, struct exh_label *label);
int exh_label_read_atari(const struct exh_reader *r, struct exh_label *label);
int exh_label_read_dasd(const struct exh_reader *r, struct exh_label *label);

#endif
