// SPDX-License-Identifier: Apache-2.0
#include "seal.h"

#include <string.h>

int exh_seal_fits(struct exh_ctx *ctx, struct exh_chain *chain, const struct exh_head *head)
{
	unsigned char root[EXH_TREE_HASH];
	char sha256[EXH_SHA256_HEX];
	int r;

	if (head->version != chain->version || head->entries != chain->entries ||
	    head->bytes != chain->end)
		return 0;
	if (head->version == 1)
		return !strcmp(head->last, chain->last);
	r = exh_chain_root(ctx, chain, root);
	if (r >= 0)
		r = exh_chain_whole(ctx, chain, sha256);
	if (r < 0)
		return r;
	return !memcmp(root, head->root, sizeof(root)) && !strcmp(sha256, head->sha256);
}

int exh_seal_describe(struct exh_ctx *ctx, struct exh_chain *chain,
		      const struct exh_identity *identity, struct exh_head *head)
{
	int r;

	memset(head, 0, sizeof(*head));
	head->version = chain->version;
	head->entries = chain->entries;
	head->bytes = chain->end;
	memcpy(head->case_id, identity->case_id, sizeof(head->case_id));
	memcpy(head->key, identity->fingerprint, sizeof(head->key));
	memcpy(head->last, chain->last, sizeof(head->last));
	r = exh_chain_root(ctx, chain, head->root);
	return r < 0 ? r : exh_chain_whole(ctx, chain, head->sha256);
}
