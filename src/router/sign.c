/* SPDX-License-Identifier: ISC */
#include "router/sign.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

#define VARIANT sodium_base64_VARIANT_ORIGINAL

char *sign_text(const char *hash, unsigned option, char *buf)
{
	snprintf(buf, SIGN_TEXT_MAX, "%s:%u", hash, option);
	return buf;
}

/* Return: bytes, or a negative errno. */
static ssize_t read_file(const char *path, char *buf, size_t room)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;

	if (fd < 0)
		return -errno;
	while (n < room) {
		ssize_t got = read(fd, buf + n, room - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

static bool from_base64(const char *s, size_t n, unsigned char *out, size_t want)
{
	size_t got = 0;

	return sodium_base642bin(out, want, s, n, " \t\r\n", &got, NULL, VARIANT) == 0 &&
	       got == want;
}

static int load_key(const char *path, unsigned char *key)
{
	char buf[512];
	ssize_t n = read_file(path, buf, sizeof(buf));
	size_t word = 0;

	if (n < 0)
		return (int)n;
	while (word < (size_t)n && buf[word] > ' ')
		word++;
	return from_base64(buf, word, key, crypto_sign_PUBLICKEYBYTES) ? 0 : -EKEYREJECTED;
}

int sign_check(const char *key_path, const char *hash, unsigned option, const char *signature,
	       struct text *why)
{
	unsigned char key[crypto_sign_PUBLICKEYBYTES], sig[crypto_sign_BYTES];
	char said[SIGN_TEXT_MAX];
	int r;

	if (sodium_init() < 0)
		return -ENOSYS;
	if (!from_base64(signature, strlen(signature), sig, sizeof(sig))) {
		text_add(why, "that is no signature: base64 of 64 bytes is wanted");
		return -EINVAL;
	}
	r = load_key(key_path, key);
	if (r) {
		text_printf(why, "%s: %s", key_path,
			    r == -EKEYREJECTED ? "base64 of a public key of 32 bytes is wanted"
					       : strerror(-r));
		return r;
	}
	sign_text(hash, option, said);
	if (crypto_sign_verify_detached(sig, (const unsigned char *)said, strlen(said), key)) {
		text_printf(why, "the signature is not of this key over \"%s\"", said);
		return 1;
	}
	return 0;
}

int sign_read(const char *path, char *buf)
{
	unsigned char sig[crypto_sign_BYTES];
	char raw[SIGN_SIGNATURE_MAX + 16];
	ssize_t n = read_file(path, raw, sizeof(raw));

	if (n < 0)
		return (int)n;
	if (n == crypto_sign_BYTES)
		memcpy(sig, raw, sizeof(sig));
	else if (!from_base64(raw, (size_t)n, sig, sizeof(sig)))
		return -EINVAL;
	sodium_bin2base64(buf, SIGN_SIGNATURE_MAX, sig, sizeof(sig), VARIANT);
	return 0;
}
