// SPDX-License-Identifier: Apache-2.0
#include "tree.h"

#include <string.h>

bool exh_tree_init(struct exh_tree *tree)
{
	memset(tree, 0, sizeof(*tree));
	tree->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	tree->md = EVP_MD_CTX_new();
	return tree->sha256 && tree->md;
}

void exh_tree_clear(struct exh_tree *tree)
{
	EVP_MD_free(tree->sha256);
	EVP_MD_CTX_free(tree->md);
	memset(tree, 0, sizeof(*tree));
}

static bool hash_parts(struct exh_tree *tree, unsigned char prefix, const void *a, size_t n,
		       const void *b, size_t m, unsigned char *out)
{
	return EVP_DigestInit_ex2(tree->md, tree->sha256, NULL) &&
	       EVP_DigestUpdate(tree->md, &prefix, 1) && EVP_DigestUpdate(tree->md, a, n) &&
	       (!m || EVP_DigestUpdate(tree->md, b, m)) && EVP_DigestFinal_ex(tree->md, out, NULL);
}

static bool node(struct exh_tree *tree, const unsigned char *left, const unsigned char *right,
		 unsigned char *out)
{
	return hash_parts(tree, 1, left, EXH_TREE_HASH, right, EXH_TREE_HASH, out);
}

bool exh_tree_add(struct exh_tree *tree, const void *entry, size_t n)
{
	unsigned char hash[EXH_TREE_HASH];
	unsigned level = 0;

	if (!hash_parts(tree, 0, entry, n, NULL, 0, hash))
		return false;
	for (; tree->size >> level & 1; level++)
		if (!node(tree, tree->range[level], hash, hash))
			return false;
	memcpy(tree->range[level], hash, sizeof(hash));
	tree->size++;
	return true;
}

bool exh_tree_root(struct exh_tree *tree, unsigned char out[EXH_TREE_HASH])
{
	bool has_any = false;

	if (!tree->size)
		return EVP_Digest("", 0, out, NULL, tree->sha256, NULL);
	for (unsigned level = 0; level < EXH_TREE_LEVELS; level++) {
		if (!(tree->size >> level & 1))
			continue;
		if (!has_any)
			memcpy(out, tree->range[level], EXH_TREE_HASH);
		else if (!node(tree, tree->range[level], out, out))
			return false;
		has_any = true;
	}
	return true;
}
