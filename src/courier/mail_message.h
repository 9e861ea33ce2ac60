/* SPDX-License-Identifier: ISC */
/*
 * A page as a mail: RFC 5322, with UTF-8 in subject (RFC 2047) and body (RFC 2045). The Message-ID
 * is made of the page's id, so a mail that had to be sent twice is seen to be one. Auto-Submitted
 * keeps answering machines silent (RFC 3834 section 5).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct mail_message {
	const char *id;	   /* of the page */
	const char *first; /* id of the alarm's first mail, "" this is it */
	const char *alarm; /* "" none */
	const char *from, *to, *text;
	const char *subject; /* NULL: the text, which is one line then */
	int64_t at_us;
	bool drill, repeat;
};

/** mail_message() - headers and body with CRLF, appended. Return: 0, -ENOMEM, or -EINVAL for an
 * address that cannot stand in a header. */
int mail_message(const struct mail_message *m, struct text *out);

/** mail_address_ok() - one address, without anything that could end a header or begin another. */
bool mail_address_ok(const char *s);
