/* SPDX-License-Identifier: ISC */
/* Reasons come from programs and servers, so from anybody: they are cleaned before they go on. */
#include "courier/channel.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* Bytes of the character at @s, 0 where there is none. */
static size_t character(const char *s)
{
	for (size_t n = 1; n <= 4; n++) {
		if (memchr(s, '\0', n))
			return 0;
		if (text_is_utf8(s, n))
			return n;
	}
	return 0;
}

/* Control characters of one byte, and those of Unicode's second block (U+0080 to U+009F). */
static bool is_control(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;

	return n == 1 ? u[0] < 0x20 || u[0] == 0x7f : n == 2 && u[0] == 0xc2 && u[1] < 0xa0;
}

void channel_clean(char *s)
{
	char *to = s, *at = s;
	size_t n;

	while (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')
		at++;
	for (; *at; at += n) {
		n = character(at);
		if (n > 0 && !is_control(at, n)) {
			memmove(to, at, n);
			to += n;
			continue;
		}
		*to++ = n ? ' ' : '?';
		n = n ? n : 1;
	}
	while (to > s && to[-1] == ' ')
		to--;
	*to = '\0';
}

void channel_failed(struct channel_result *out, bool unsure, const char *fmt, ...)
{
	va_list ap;

	out->sent = false;
	out->unsure = unsure;
	va_start(ap, fmt);
	vsnprintf(out->why, sizeof(out->why), fmt, ap);
	va_end(ap);
	channel_clean(out->why);
}
