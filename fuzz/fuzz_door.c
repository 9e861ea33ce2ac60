/* SPDX-License-Identifier: ISC */
/*
 * What anybody may send to the role's door: bytes, in pieces as long as the first byte says. Lines
 * come out whole and as they went in, or the talk ends; a request that is taken has only texts that
 * can be logged and printed, numbers that an option and a time can have, and loses its signature
 * before it is kept.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "act/law.h"
#include "base/clock.h"
#include "base/text.h"
#include "router/request.h"
#include "router/sign.h"
#include "router/talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char *const words[] = {"do",     "incident",  "plan",   "basis", "purpose",
				    "weaker", "necessity", "why",    "by",    "measure",
				    "hash",   "signature", "consent"};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void look_at_word(const char *s)
{
	require(strlen(s) < LAW_WORDS_MAX && text_is_utf8(s, strlen(s)));
	for (; *s; s++)
		require((unsigned char)*s >= ' ' && *s != 0x7f);
}

static void look(const json_t *o)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	json_t *kept = request_for_log(o);
	_cleanup_free_ char *line = json_dumps(kept, JSON_COMPACT);

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		look_at_word(request_word(o, words[i]));
	require(request_option(o) <= INT32_MAX);
	require(request_until(o) == TIME_NONE || json_is_integer(json_object_get(o, "until")));
	require(!request_says(o, "break_glass") || !request_says(o, "no such key"));
	require(sign_check("/dev/null", "h", request_option(o), request_word(o, "signature"),
			   &why) != 0);
	require(kept && !json_object_get(kept, "signature"));
	require(line && !strpbrk(line, "\r\n"));
	json_decref(kept);
}

static void on_line(const char *line)
{
	json_t *o = request_parse(line);

	if (request_is_good(o))
		look(o);
	json_decref(o);
}

/* The next line of @left as talk.h has it; NULL without one. */
static const char *model_line(struct text *left, struct text *line)
{
	char *end = left->s ? memchr(left->s, '\n', left->len) : NULL;
	size_t n = end ? (size_t)(end - left->s) : 0;

	if (!end)
		return NULL;
	text_clear(line);
	text_add_n(line, left->s, n && left->s[n - 1] == '\r' ? n - 1 : n);
	memmove(left->s, left->s + n + 1, left->len - n - 1);
	left->len -= n + 1;
	return text_str(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	_cleanup_text_ struct text left = TEXT_NULL, want = TEXT_NULL;
	size_t piece = n ? (size_t)data[0] * 16 + 1 : 1, at = n ? 1 : 0;
	struct talk client, door;
	int fd[2], r = 0;

	require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd) == 0);
	talk_open(&client, fd[0], fd[0]);
	talk_open(&door, fd[1], fd[1]);
	while (at < n && r == 0) {
		size_t len = n - at < piece ? n - at : piece;
		char *line;

		require(send(fd[0], data + at, len, 0) == (ssize_t)len);
		text_add_n(&left, (const char *)data + at, len);
		at += len;
		r = talk_read(&door);
		while (r == 0 && (line = talk_line(&door)) != NULL) {
			const char *model = model_line(&left, &want);

			require(model && strcmp(model, line) == 0);
			on_line(line);
		}
		require(r || model_line(&left, &want) == NULL);
	}
	require(r == 0 || r == -EMSGSIZE);
	require(r == 0 || left.len > TALK_LINE_MAX);
	talk_close(&client);
	require(talk_read(&door) < 0);
	talk_close(&door);
	return 0;
}
