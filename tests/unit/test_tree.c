// SPDX-License-Identifier: Apache-2.0
/* The Merkle tree against published roots and against its definition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/text.h"
#include "base/tree.h"

/* The inputs and roots that implementations of Certificate Transparency are tested with. */
static const struct {
	const char *entry;
	size_t n;
	const char *root;
} published[] = {
	{"", 0, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
	{"\x00", 1, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
	{"\x10", 1, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
	{"\x20\x21", 2, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
	{"\x30\x31", 2, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
	{"\x40\x41\x42\x43", 4, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
	{"\x50\x51\x52\x53\x54\x55\x56\x57", 8,
	 "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
	{"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16,
	 "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
};

static void expect_root(struct exh_tree *tree, const char *hex)
{
	unsigned char root[EXH_TREE_HASH];
	char found[2 * EXH_TREE_HASH + 1];

	assert_true(exh_tree_root(tree, root));
	exh_hex(root, sizeof(root), found);
	assert_string_equal(found, hex);
}

static void published_roots_are_met(void **state)
{
	struct exh_tree tree;

	(void)state;
	assert_true(exh_tree_init(&tree));
	expect_root(&tree, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++) {
		assert_true(exh_tree_add(&tree, published[i].entry, published[i].n));
		expect_root(&tree, published[i].root);
	}
	exh_tree_clear(&tree);
}

static void node_of(unsigned char prefix, const unsigned char *a, size_t n, const unsigned char *b,
		    unsigned char *out)
{
	unsigned char bytes[1 + 2 * EXH_TREE_HASH] = {prefix};

	memcpy(bytes + 1, a, n);
	if (b)
		memcpy(bytes + 1 + n, b, EXH_TREE_HASH);
	assert_true(
		EVP_Digest(bytes, 1 + n + (b ? EXH_TREE_HASH : 0), out, NULL, EVP_sha256(), NULL));
}

/* RFC 9162, 2.1.1, word for word: split at the largest power of two below n. */
static void defined_root(unsigned first, unsigned n, unsigned char *out)
{
	unsigned char left[EXH_TREE_HASH], right[EXH_TREE_HASH], entry = (unsigned char)first;
	unsigned k = 1;

	if (n == 1) {
		node_of(0, &entry, 1, NULL, out);
		return;
	}
	while (k * 2 < n)
		k *= 2;
	defined_root(first, k, left);
	defined_root(first + k, n - k, right);
	node_of(1, left, EXH_TREE_HASH, right, out);
}

static void every_size_gives_the_root_of_the_definition(void **state)
{
	struct exh_tree tree;

	(void)state;
	assert_true(exh_tree_init(&tree));
	for (unsigned n = 1; n <= 200; n++) {
		unsigned char entry = (unsigned char)(n - 1), expected[EXH_TREE_HASH],
			      root[EXH_TREE_HASH];

		assert_true(exh_tree_add(&tree, &entry, 1));
		assert_true(exh_tree_root(&tree, root));
		defined_root(0, n, expected);
		assert_memory_equal(root, expected, sizeof(root));
	}
	exh_tree_clear(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_roots_are_met),
		cmocka_unit_test(every_size_gives_the_root_of_the_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
