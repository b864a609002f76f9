/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger as a chain of lines and the tree over them, and nothing about cases: reading it,
 * saying where it breaks, and adding to it. docs/ledger.md has the format. Everything here is
 * called with the ledger locked.
 */
#ifndef EXH_CASE_LEDGER_H
#define EXH_CASE_LEDGER_H

#include <jansson.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/ctx.h"
#include "base/tree.h"
#include "clock.h"
#include "files.h"

#define EXH_LEDGER_NAME	    "ledger.jsonl"
#define EXH_LEDGER_VERSION  2 /* of new ledgers */
#define EXH_LEDGER_LINE_MAX ((size_t)1 << 20)
#define EXH_LEDGER_TORN_MAX (16 * EXH_LEDGER_LINE_MAX)

/* A line that is an entry of the chain, or stands where one should. */
struct exh_entry {
	uint64_t number;	/* counted, from 0 */
	uint64_t start, length; /* bytes of the ledger, with the newline */
	char sha256[EXH_SHA256_HEX];
	const char *text; /* the line itself */

	/* as they stand in the line */
	uint64_t seq;
	char prev[EXH_SHA256_HEX], event[64], time[32];
	bool has_torn;
	struct exh_moment moment;
	int64_t clock_step; /* microseconds; 0: none recorded */

	json_t **parsed; /* see exh_entry_json() */
};

/** exh_entry_json - the entry as an object, which is made when it is asked for; borrowed until the
 * callback returns. */
const json_t *exh_entry_json(const struct exh_entry *entry);

enum exh_finding_kind {
	EXH_CHAIN_BROKEN,    /* what stands there is not what was recorded */
	EXH_CHAIN_TORN,	     /* an unfinished write that the entry behind it declares */
	EXH_CHAIN_TORN_TAIL, /* an unfinished write at the end */
};

struct exh_finding {
	enum exh_finding_kind kind;
	uint64_t number;
	uint64_t start, length;
	const char *text;
};

/* How far a reader is in the chain. Callbacks return 0, or a negative error that ends the reading.
 */
struct exh_chain {
	int fd; /* borrowed */
	int (*on_entry)(struct exh_ctx *ctx, const struct exh_entry *entry, void *opaque);
	int (*on_finding)(struct exh_ctx *ctx, const struct exh_finding *finding, void *opaque);
	void *opaque;

	unsigned version;    /* of the ledger; that of new ones before its first entry is read */
	uint64_t entries;    /* that hold; also the number of the next */
	uint64_t start, end; /* of the last one that holds */
	char last[EXH_SHA256_HEX];     /* its digest, or the one that the first entry must name */
	char first[3][EXH_SHA256_HEX]; /* [version]: the digest that the first entry must name */
	struct exh_tree tree;	       /* over the entries */
	EVP_MD_CTX *whole;	       /* over the bytes of the ledger up to end */
	uint64_t hashed;	       /* how many those are */
	struct exh_moment moment;      /* of the last one that holds */
	bool is_closed;		       /* by the entry of this number */
	uint64_t closed_by;
	uint64_t read; /* whole lines were looked at up to here */
	uint64_t breaks;
	bool is_resyncing; /* after a break the next link cannot be checked */
	bool has_torn;	   /* unexplained bytes begin at torn_start */
	uint64_t torn_start;
	char torn_text[200];
	EVP_MD *sha256;
	EVP_MD_CTX *md;
	char *buffer;
};

/** exh_chain_init - begin at the start of the ledger of this case. Release with exh_chain_clear(),
 * also after an error. */
int exh_chain_init(struct exh_ctx *ctx, struct exh_chain *chain, int fd, const char *case_id,
		   const char *fingerprint);
void exh_chain_clear(struct exh_chain *chain);

/**
 * exh_chain_read - look at every whole line from where the chain stands up to size bytes
 *
 * Breaks are told to on_finding and counted; they are no errors. The reading goes on behind a
 * break.
 */
int exh_chain_read(struct exh_ctx *ctx, struct exh_chain *chain, uint64_t size);

/** exh_chain_finish - tell what is left at the end: bytes up to size that no entry explains.
 * Nothing is read afterwards. */
int exh_chain_finish(struct exh_ctx *ctx, struct exh_chain *chain, uint64_t size);

/**
 * exh_chain_catch_up - read what other writers added, and check that what was read before is still
 * there
 *
 * -EXH_E_STATE where the record broke, became shorter, or no longer ends its known part as it did.
 */
int exh_chain_catch_up(struct exh_ctx *ctx, struct exh_chain *chain);

/** exh_chain_root - the root of the tree over the entries that hold. */
int exh_chain_root(struct exh_ctx *ctx, struct exh_chain *chain, unsigned char out[EXH_TREE_HASH]);

/** exh_chain_whole - SHA-256 of the bytes of the ledger up to the end of the last entry that holds.
 */
int exh_chain_whole(struct exh_ctx *ctx, struct exh_chain *chain, char out[EXH_SHA256_HEX]);

/**
 * exh_chain_cover - add the bytes of the ledger up to an offset to the digest of the whole
 *
 * text may be NULL, or what stands at the end of them.
 */
int exh_chain_cover(struct exh_ctx *ctx, struct exh_chain *chain, uint64_t end, const char *text,
		    uint64_t length);

/** exh_chain_rewind - back to the start of the ledger, before anything was read; 1, or a negative
 * error. */
int exh_chain_rewind(struct exh_ctx *ctx, struct exh_chain *chain);

/**
 * exh_chain_append - add one entry, durably
 *
 * data's members become members of the entry; it is borrowed and may be NULL. The chain must be
 * caught up. Bytes of an unfinished write before it are declared in the entry, never removed. After
 * an error the entry is not acknowledged, and may or may not be there. Nothing but found-unsealed
 * is added behind a closing entry.
 */
int exh_chain_append(struct exh_ctx *ctx, struct exh_chain *chain, const char *event,
		     const json_t *data);

#endif
