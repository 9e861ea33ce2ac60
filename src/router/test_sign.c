/* SPDX-License-Identifier: ISC */
/* Signatures over what is approved, and what must not hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "router/sign.h"

#define HASH  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define OTHER "10112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

struct keys {
	unsigned char pk[crypto_sign_PUBLICKEYBYTES], sk[crypto_sign_SECRETKEYBYTES];
	char path[40], signature[SIGN_SIGNATURE_MAX];
};

static void write_file(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
}

static void write_key(struct keys *k, const char *behind)
{
	char b64[64], text[128];

	sodium_bin2base64(b64, sizeof(b64), k->pk, sizeof(k->pk), sodium_base64_VARIANT_ORIGINAL);
	snprintf(text, sizeof(text), "%s%s", b64, behind);
	write_file(k->path, text, strlen(text));
}

static int setup(void **state)
{
	struct keys *k = calloc(1, sizeof(*k));
	unsigned char sig[crypto_sign_BYTES];
	char said[SIGN_TEXT_MAX];
	int fd;

	assert_true(sodium_init() >= 0);
	strcpy(k->path, "/tmp/noroshi-key-XXXXXX");
	fd = mkstemp(k->path);
	assert_true(fd >= 0);
	close(fd);
	crypto_sign_keypair(k->pk, k->sk);
	write_key(k, "\n");
	sign_text(HASH, 3, said);
	assert_string_equal(said, HASH ":3");
	crypto_sign_detached(sig, NULL, (unsigned char *)said, strlen(said), k->sk);
	sodium_bin2base64(k->signature, sizeof(k->signature), sig, sizeof(sig),
			  sodium_base64_VARIANT_ORIGINAL);
	*state = k;
	return 0;
}

static int teardown(void **state)
{
	struct keys *k = *state;

	unlink(k->path);
	free(k);
	return 0;
}

static int check(struct keys *k, const char *hash, unsigned option, const char *signature)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	int r = sign_check(k->path, hash, option, signature, &why);

	assert_int_equal(why.len > 0, r != 0);
	return r;
}

static void test_holds(void **state)
{
	struct keys *k = *state;

	assert_int_equal(check(k, HASH, 3, k->signature), 0);
	write_key(k, " alice@desk\n");
	assert_int_equal(check(k, HASH, 3, k->signature), 0);
}

static void test_other_plan_option_key(void **state)
{
	struct keys *k = *state;

	assert_int_equal(check(k, OTHER, 3, k->signature), 1);
	assert_int_equal(check(k, HASH, 4, k->signature), 1);
	k->pk[3] ^= 1;
	write_key(k, "\n");
	assert_int_equal(check(k, HASH, 3, k->signature), 1);
}

static void test_no_key_no_signature(void **state)
{
	struct keys *k = *state;

	assert_int_equal(check(k, HASH, 3, ""), -EINVAL);
	assert_int_equal(check(k, HASH, 3, "AAAA"), -EINVAL);
	write_file(k->path, "hello", 5);
	assert_int_equal(check(k, HASH, 3, k->signature), -EKEYREJECTED);
	unlink(k->path);
	assert_int_equal(check(k, HASH, 3, k->signature), -ENOENT);
}

static void test_read(void **state)
{
	struct keys *k = *state;
	char got[SIGN_SIGNATURE_MAX];
	unsigned char raw[crypto_sign_BYTES];
	size_t n;

	write_file(k->path, k->signature, strlen(k->signature));
	assert_int_equal(sign_read(k->path, got), 0);
	assert_string_equal(got, k->signature);
	assert_int_equal(sodium_base642bin(raw, sizeof(raw), k->signature, strlen(k->signature), "",
					   &n, NULL, sodium_base64_VARIANT_ORIGINAL),
			 0);
	write_file(k->path, raw, sizeof(raw));
	assert_int_equal(sign_read(k->path, got), 0);
	assert_string_equal(got, k->signature);
	write_file(k->path, "x", 1);
	assert_int_equal(sign_read(k->path, got), -EINVAL);
	unlink(k->path);
	assert_int_equal(sign_read(k->path, got), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_holds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_plan_option_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_key_no_signature, setup, teardown),
		cmocka_unit_test_setup_teardown(test_read, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
