/* SPDX-License-Identifier: ISC */
#include "router/request.h"

#include <string.h>

#include "act/law.h"
#include "base/clock.h"
#include "base/text.h"

json_t *request_parse(const char *line)
{
	return json_loads(line, JSON_REJECT_DUPLICATES, NULL);
}

static bool is_plain(const char *s)
{
	size_t n = strlen(s);

	if (n >= LAW_WORDS_MAX || !text_is_utf8(s, n))
		return false;
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

bool request_is_good(const json_t *o)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)o, key, value)
	{
		const char *s = json_string_value(value);

		if (s && !is_plain(s))
			return false;
	}
	return json_is_object(o);
}

const char *request_word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

bool request_says(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

unsigned request_option(const json_t *o)
{
	json_int_t n = json_integer_value(json_object_get(o, "option"));

	return n > 0 && n <= INT32_MAX ? (unsigned)n : 0;
}

int64_t request_until(const json_t *o)
{
	const json_t *until = json_object_get(o, "until");

	return json_is_integer(until) ? json_integer_value(until) : TIME_NONE;
}

json_t *request_for_log(const json_t *o)
{
	json_t *copy = json_copy((json_t *)o);

	json_object_del(copy, "signature");
	return copy;
}
