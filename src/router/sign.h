/* SPDX-License-Identifier: ISC */
/*
 * Detached Ed25519 signatures (RFC 8032) over what is approved: the hash of the plan and the number
 * of its option, as the text "HASH:NUMBER" without an end of line, so that neither can be taken for
 * another one.
 */
#pragma once

#include <stdbool.h>

#include "act/plan.h"
#include "base/text.h"

#define SIGN_TEXT_MAX	   (PLAN_HASH_MAX + 12)
#define SIGN_SIGNATURE_MAX 128 /* base64 of 64 bytes, with room */

/** sign_text() - what is signed. @buf: SIGN_TEXT_MAX. Return: @buf. */
char *sign_text(const char *hash, unsigned option, char *buf);

/**
 * sign_check() - @key_path: a file with the public key, base64 of 32 bytes, as one line (the first
 * word of it counts). @signature: base64 of 64 bytes.
 * Return: 0 good, 1 it is not of this key, -EINVAL no signature, or the errno of the key's file
 * (-EKEYREJECTED: no key), with a sentence in @why.
 */
int sign_check(const char *key_path, const char *hash, unsigned option, const char *signature,
	       struct text *why);

/** sign_read() - a signature's file: 64 raw bytes, or base64 of them; as base64 into @buf
 * (SIGN_SIGNATURE_MAX). Return: 0, -EINVAL, or an errno. */
int sign_read(const char *path, char *buf);
