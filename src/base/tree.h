/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Merkle tree of RFC 9162, 2.1.1, grown leaf by leaf. Only the roots of its perfect subtrees
 * are kept, one for each bit of the number of leaves, so that a leaf and a root cost the logarithm
 * of it.
 */
#ifndef EXH_BASE_TREE_H
#define EXH_BASE_TREE_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXH_TREE_HASH	32
#define EXH_TREE_LEVELS 64

struct exh_tree {
	uint64_t size; /* leaves */
	unsigned char range[EXH_TREE_LEVELS]
			   [EXH_TREE_HASH]; /* [k] counts where bit k of size is set */
	EVP_MD *sha256;
	EVP_MD_CTX *md;
};

/** exh_tree_init - an empty tree; false where libcrypto fails. Release with exh_tree_clear(), also
 * then. */
bool exh_tree_init(struct exh_tree *tree);
void exh_tree_clear(struct exh_tree *tree);

/** exh_tree_add - add the leaf whose entry has these n bytes; false where libcrypto fails. */
bool exh_tree_add(struct exh_tree *tree, const void *entry, size_t n);

/** exh_tree_root - the root over all leaves so far; the tree may grow on. */
bool exh_tree_root(struct exh_tree *tree, unsigned char out[EXH_TREE_HASH]);

#endif
