/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libexhibit: evidence images, looked at without being changed.
 *
 * Every operation returns facts: a JSON object as docs/ describes it (schema "exhibit/1"), the same
 * that is printed, recorded and reported. Functions return 0 when they are done, 1 where there is
 * nothing (documented at each), and a negative error code otherwise; the text of the error is on
 * the context until its next failure. A verdict such as "mismatch" is not an error. Facts are set
 * whenever there is something to say, also beside an error: a caller prints them and releases them
 * with json_decref().
 *
 * A context serves one thread. exh_start() must be the first call of the process, before any thread
 * exists.
 */
#ifndef EXHIBIT_H
#define EXHIBIT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXHIBIT_VERSION_MAJOR 0
#define EXHIBIT_VERSION_MINOR 1
#define EXHIBIT_VERSION_PATCH 0

#ifdef __cplusplus
extern "C" {
#endif

#define EXH_MUST_CHECK __attribute__((warn_unused_result))

struct exh_ctx;
struct exh_image;
struct exh_progress;

/* ---- the context ---- */

/**
 * exh_start - make a context and the process that will fork the sandboxed workers
 *
 * Release it with exh_end().
 */
EXH_MUST_CHECK int exh_start(struct exh_ctx **ret);

/** exh_end - release the context; its helper process ends. NULL is fine. */
void exh_end(struct exh_ctx *ctx);

/** exh_error_text - one line, outermost context first; borrowed until the next failure on ctx. */
const char *exh_error_text(const struct exh_ctx *ctx);

/** exh_error_exit_status - the exit status of the contract for a negative error code. */
int exh_error_exit_status(int code);

/** exh_on_progress - be told how far long work is. total is 0 where nobody knows. */
void exh_on_progress(struct exh_ctx *ctx,
		     void (*callback)(const char *what, uint64_t done, uint64_t total,
				      void *opaque),
		     void *opaque);

/** exh_on_note - be told, in lines of text, what happens; never part of a result. */
void exh_on_note(struct exh_ctx *ctx, void (*callback)(const char *text, void *opaque),
		 void *opaque);

/** exh_interrupt - ask what runs to stop soon and clean up. Safe in a signal handler. */
void exh_interrupt(void);

/** exh_is_interrupted - has exh_interrupt() been called? */
bool exh_is_interrupted(void);

const char *exh_version(void);

/* ---- facts ---- */

/** exh_result_new - facts of a command with nothing in them yet; for a caller that puts several
 * results together. The caller owns them. */
json_t *exh_result_new(const char *command);

/** exh_exit_status - the exit status that the contract derives from facts. */
int exh_exit_status(const json_t *facts);

/** exh_add_interrupted - put the problem "interrupted" into facts. */
void exh_add_interrupted(json_t *facts);

/** exh_add_failure - put the problem "failed" with the error text of ctx into *facts; new facts of
 * command where *facts is NULL. */
void exh_add_failure(const struct exh_ctx *ctx, const char *command, json_t **facts);

/** exh_visible - a copy of a text from evidence that is safe on a terminal; the caller frees it.
 * NULL when memory is out. */
char *exh_visible(const char *utf8);

/** exh_each_problem_code - call back for each problem code with its severity and meaning (the
 * manual's table). */
void exh_each_problem_code(void (*callback)(const char *code, const char *severity,
					    const char *meaning, void *opaque),
			   void *opaque);

/* ---- images ---- */

struct exh_image_options {
	size_t size;		      /* sizeof(struct exh_image_options) */
	const char *allow_incomplete; /* why damaged evidence may be opened; NULL: it may not */
	uint32_t sector_size;	      /* 0: as the container says, or 512 */
	const char *mapfile; /* of GNU ddrescue: what it does not call rescued is lost; or NULL */
	const char *holes;   /* what lost areas read as: "eio", "zero", "pattern"; NULL: eio */
};

/**
 * exh_image_open - open an image and all segments of its set, read-only
 *
 * path is any one segment, a raw image, or a read-only block device. Succeeds also for evidence
 * that is incomplete or of a format that is not read, so that exh_info() can say so; every other
 * operation then fails with the reason, unless allow_incomplete is given (which never makes another
 * format readable). Close with exh_image_close().
 */
EXH_MUST_CHECK int exh_image_open(struct exh_ctx *ctx, const char *path,
				  const struct exh_image_options *options, struct exh_image **ret);
void exh_image_close(struct exh_image *image);

/** exh_info - what the container is and says about itself. */
EXH_MUST_CHECK int exh_info(struct exh_ctx *ctx, struct exh_image *image, json_t **facts);

struct exh_scan_options {
	size_t size;
	uint32_t sector_size; /* 0: found out */
	bool deep;	      /* read all that is in no partition, and look for lost ones */
};

/** exh_scan - partition tables, partitions with their contents, gaps, and everything that does not
 * fit together. */
EXH_MUST_CHECK int exh_scan(struct exh_ctx *ctx, struct exh_image *image,
			    const struct exh_scan_options *options, json_t **facts);

/** exh_scan_draw - draw the layout that a scan found into a new file (SVG); 1 where there is
 * nothing to draw. */
EXH_MUST_CHECK int exh_scan_draw(struct exh_ctx *ctx, const json_t *facts, const char *path);

struct exh_verify_options {
	size_t size;
	const char *algorithms;	   /* names that OpenSSL knows, "a,b"; NULL: md5,sha1,sha256 */
	const char *const *expect; /* "ALG:HEX" strings, ended by NULL; NULL for none */
	const json_t *baseline; /* facts of an earlier verify: its digests and windows are compared;
				   borrowed, or NULL. One without either is an error */
	unsigned threads;	/* 0: as many as there are processors */
	bool from_medium;	/* read past the page cache where that can be done */
	uint64_t window; /* bytes of a window, each with a SHA-256 of its own; 0: as the baseline
			    has them, or none */
	bool ranges; /* read nothing but the windows, on all processors, and compare them with the
			baseline's */
};

#define EXH_DEFAULT_WINDOW (64U << 20) /* where a case is open */

/** exh_verify - read every byte once and compare with every reference there is. */
EXH_MUST_CHECK int exh_verify(struct exh_ctx *ctx, struct exh_image *image,
			      const struct exh_verify_options *options, json_t **facts);

struct exh_files_options {
	size_t size;
	const uint64_t *partitions; /* numbers, or NULL for all */
	size_t nr_partitions;
	/* Called for each row as it comes (borrowed); NULL: rows are collected in facts["files"].
	 * Non-zero stops the walk. */
	int (*on_row)(const json_t *row, void *opaque);
	void *opaque;
	/* Called before the rows of each file system with {"partition", "type", "start", "length",
	 * "block_size", "block_count", "clock", "volume"?}; may be NULL. */
	void (*on_volume)(const json_t *volume, void *opaque);
	const char *algorithms;	  /* of the contents, "a,b"; NULL: md5,sha1,sha256 */
	bool no_hash;		  /* no digests */
	bool no_type;		  /* libmagic is not asked; with no_hash, no content is read */
	const char *const *known; /* files with hashes of known files, ended by NULL; or NULL */
	bool only_hit;		  /* only the rows of files that lost bytes */
	bool runs;		  /* rows say where the bytes of the file are */
	unsigned threads;	  /* that read contents; 0: as many as there are processors */
};

/** exh_files - every file of every file system that can be read, allocated and deleted. */
EXH_MUST_CHECK int exh_files(struct exh_ctx *ctx, struct exh_image *image,
			     const struct exh_files_options *options, json_t **facts);

struct exh_rescue_options {
	size_t size;
	/* Where to leave a domain map for a further pass of ddrescue: what is lost of files that
	 * are not deleted and of what they hang on. The caller frees it. NULL: none is made. */
	char **domain;
};

/**
 * exh_rescue - which bytes were lost, and which files and structures that hits
 *
 * What is lost comes from the mapfile that the image was opened with, and from the container:
 * errors of the acquisition, damaged chunks, missing segments. A raw image without a mapfile is
 * -EXH_E_USAGE.
 */
EXH_MUST_CHECK int exh_rescue(struct exh_ctx *ctx, struct exh_image *image,
			      const struct exh_rescue_options *options, json_t **facts);

/** exh_rescue_draw - draw the media with partitions and losses into a new file (SVG). */
EXH_MUST_CHECK int exh_rescue_draw(struct exh_ctx *ctx, const json_t *facts, const char *path);

/** exh_rescue_map - the mapfile of one partition alone, counted from its first byte; the caller
 * frees *text. */
EXH_MUST_CHECK int exh_rescue_map(struct exh_ctx *ctx, struct exh_image *image, uint64_t partition,
				  char **text);

/* ---- devices ---- */

struct exh_attach_options {
	size_t size;
	const char *method;	    /* "auto", "wploop", "loop", "fuse"; NULL: auto */
	const uint64_t *partitions; /* numbers, or NULL for all */
	size_t nr_partitions;
	const char *case_dir;  /* recorded with the attachment, or NULL */
	bool ends_with_caller; /* once the calling process is gone, exh_recover() undoes it */
};

/** exh_attach - one bounded read-only block device (or file) for the disk and for each partition.
 * facts["attachments"] has one entry. */
EXH_MUST_CHECK int exh_attach(struct exh_ctx *ctx, struct exh_image *image,
			      const struct exh_attach_options *options, json_t **facts);

/** exh_status - what is attached now. */
EXH_MUST_CHECK int exh_status(struct exh_ctx *ctx, json_t **facts);

/** exh_detach - undo attachments by id, all where ids is NULL; waits for the real release. */
EXH_MUST_CHECK int exh_detach(struct exh_ctx *ctx, const char *const *ids, json_t **facts);

/** exh_mount - mount partition number of attachment id on dir, read-only, with the options that are
 * safe for its file system. */
EXH_MUST_CHECK int exh_mount(struct exh_ctx *ctx, const char *id, uint64_t partition,
			     const char *dir, json_t **facts);

/** exh_umount - undo exh_mount. */
EXH_MUST_CHECK int exh_umount(struct exh_ctx *ctx, const char *dir, json_t **facts);

/** exh_recover - undo what a crash left attached, and record it in the cases that were open:
 * facts["attachments"], facts["cases"] (paths). */
EXH_MUST_CHECK int exh_recover(struct exh_ctx *ctx, json_t **facts);

/** exh_doctor - what on this machine can protect evidence, and what is missing. */
EXH_MUST_CHECK int exh_doctor(struct exh_ctx *ctx, json_t **facts);

/* ---- cases ---- */

/* What only people know. NULL: not supplied. */
struct exh_operator {
	size_t size;
	const char *case_number, *exhibit_number, *examiner, *organisation, *authority, *purpose;
	const char
		*file; /* of lines "name: value", for these and further fields; outranked by them */
};

struct exh_case_init_options {
	size_t size;
	const struct exh_operator *who;
	const char *
		signing_key; /* file with a private Ed25519 key (PEM), or NULL: a new one is made */
	bool with_passphrase;	/* a new key is kept under a passphrase */
	const json_t *evidence; /* facts of exh_verify(), bound by the first entry and recorded; or
				   NULL */
};

/** exh_case_init - make a case in dir (absent or empty), and seal it. */
EXH_MUST_CHECK int exh_case_init(struct exh_ctx *ctx, const char *dir,
				 const struct exh_case_init_options *options, json_t **facts);

/** exh_case_show - the case, its fields, its steps, its exhibits and a row for each entry. */
EXH_MUST_CHECK int exh_case_show(struct exh_ctx *ctx, const char *dir, json_t **facts);

/* An exhibit as it came in. NULL: not supplied. */
struct exh_exhibit {
	size_t size;
	const char *label; /* how it is called from then on; needed */
	const char *description;
	const char *make, *model, *serial; /* of the device it is, or comes from */
	const char *const *seals;	   /* numbers, ended by NULL; or NULL */
	const char *condition, *received_from, *place;
	const char *occurred; /* RFC 3339 with its zone */
	const struct exh_operator *who;
};

/** exh_case_add - put an exhibit on record: facts["exhibit"], ["entry"]. -EXH_E_STATE where its
 * label is taken. */
EXH_MUST_CHECK int exh_case_add(struct exh_ctx *ctx, const char *dir,
				const struct exh_exhibit *exhibit, json_t **facts);

/* One handling of an exhibit. NULL: not supplied. */
struct exh_transfer {
	size_t size;
	const char *exhibit, *released_by, *received_by; /* needed */
	const char *purpose, *place, *occurred;
	const char *seal_state;	  /* intact, broken, replaced, none */
	const char *const *seals; /* numbers from now on, ended by NULL; or NULL */
	const struct exh_operator *who;
	struct exh_image *image;       /* is read before and, past the page cache, after; or NULL */
	struct exh_image *image_after; /* what is read after, where that is another copy */
	const char *algorithms;
	unsigned threads;
};

/** exh_case_transfer - put a transfer on record: facts["transfer"], ["entry"], and with an image
 * ["before"], ["after"], ["verdict"]: match, mismatch, undecided. */
EXH_MUST_CHECK int exh_case_transfer(struct exh_ctx *ctx, const char *dir,
				     const struct exh_transfer *transfer, json_t **facts);

struct exh_case_sign_options {
	size_t size;
	const char *signing_key; /* file with the second person's private Ed25519 key (PEM) */
	const char *name, *role; /* of that person; role may be NULL */
};

/** exh_case_sign - countersign the head with the key of a second person: facts["countersignature"].
 */
EXH_MUST_CHECK int exh_case_sign(struct exh_ctx *ctx, const char *dir,
				 const struct exh_case_sign_options *options, json_t **facts);

struct exh_case_timestamp_options {
	size_t size;
	const char *answer; /* file of the authority to attach, or NULL: a request is written */
	const char *tsa;    /* its certificates (PEM), or NULL: only the fit is checked */
};

/** exh_case_timestamp - ask for a time stamp on the head (facts["request"]), or attach one
 * (["timestamp"]). */
EXH_MUST_CHECK int exh_case_timestamp(struct exh_ctx *ctx, const char *dir,
				      const struct exh_case_timestamp_options *options,
				      json_t **facts);

/** exh_case_finish - end the record: nothing can be added behind this entry. reason may be NULL. */
EXH_MUST_CHECK int exh_case_finish(struct exh_ctx *ctx, const char *dir,
				   const struct exh_operator *who, const char *reason,
				   json_t **facts);

/** exh_case_export - copy the record with all it names, and a verifier that needs a shell and
 * openssl only, to out_dir (absent or empty): facts["files"], ["totals"]. */
EXH_MUST_CHECK int exh_case_export(struct exh_ctx *ctx, const char *dir, const char *out_dir,
				   json_t **facts);

struct exh_case_verify_options {
	size_t size;
	const char *key;	   /* public key file (PEM) from outside the case, or NULL */
	const char *head;	   /* head file from outside the case, or NULL */
	const char *countersigner; /* public key file of whoever countersigned, or NULL */
	const char *tsa; /* certificates of the authority that made time stamps, or NULL */
};

/** exh_case_verify - facts["verdict"]: intact, altered, truncated, unsealed, unreadable. */
EXH_MUST_CHECK int exh_case_verify(struct exh_ctx *ctx, const char *dir,
				   const struct exh_case_verify_options *options, json_t **facts);

/** exh_case_baseline - facts of the newest complete verify of this image in the case; 1 where there
 * is none. */
EXH_MUST_CHECK int exh_case_baseline(struct exh_ctx *ctx, const char *dir, struct exh_image *image,
				     json_t **facts);

/** exh_case_record - write facts into the case as a step, add it to the ledger and seal. Makes the
 * case when dir is absent or empty. */
EXH_MUST_CHECK int exh_case_record(struct exh_ctx *ctx, const char *dir, const char *step,
				   const json_t *facts);

/**
 * exh_case_files - exh_files() as a step of the case at dir, which is made when it is absent or
 * empty
 *
 * The rows go to output/NNNN-files.jsonl as they come, and to on_row; none is kept in memory. facts
 * name the output ("list") and how many there are ("rows"). Recorded also where it fails half way.
 */
EXH_MUST_CHECK int exh_case_files(struct exh_ctx *ctx, struct exh_image *image, const char *dir,
				  const struct exh_files_options *options, json_t **facts);

struct exh_examine_options {
	size_t size;
	const char *case_dir; /* NULL: ./exhibit-IMAGENAME-UTCTIME */
	struct exh_operator who;
	const char *algorithms;
	const char *const *expect;
	unsigned threads;
	const char *method;
	char *const *command; /* argv with placeholders, ended by NULL; NULL: list the files */
	bool unconfined;
	bool mount;	 /* mount what can be mounted, for {pN.mount} */
	uint64_t window; /* bytes of a window; 0: as an earlier verify in the case has them, or
			    EXH_DEFAULT_WINDOW */
	const char *report_formats;  /* see struct exh_report_options; NULL: all but pdf */
	const char *report_language; /* NULL: English */
};

/** exh_examine - verify, scan, attach, run the command, detach, verify again, record, report. */
EXH_MUST_CHECK int exh_examine(struct exh_ctx *ctx, struct exh_image *image,
			       const struct exh_examine_options *options, json_t **facts);

struct exh_report_options {
	size_t size;
	const char *formats; /* comma-separated: html, pdf, json, case, dfxml; NULL: all that can be
				made here */
	const char *out_dir; /* NULL: CASE/report */
	const char *language; /* "en", "de"; NULL: English */
};

/** exh_report_as - write the reports of a case. */
EXH_MUST_CHECK int exh_report_as(struct exh_ctx *ctx, const char *case_dir,
				 const struct exh_report_options *options, json_t **facts);

/** exh_report - the same in English. */
EXH_MUST_CHECK int exh_report(struct exh_ctx *ctx, const char *case_dir, const char *formats,
			      const char *out_dir, json_t **facts);

#ifdef __cplusplus
}
#endif

#endif
