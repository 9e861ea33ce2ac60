/* SPDX-License-Identifier: ISC */
/* Configurations from text, and tables of what is said to them, for the tests of this room. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"

static inline void drop_conf(struct conf **c)
{
	conf_unref(*c);
}

#define _cleanup_conf_ _cleanup_(drop_conf)

/* One to which nothing is said, no warning either. */
static inline struct conf *load(const char *yaml)
{
	_cleanup_text_ struct text errors = TEXT_NULL;
	struct conf *c = conf_load_text("f", yaml, strlen(yaml), &errors);

	if (!c || errors.len)
		fail_msg("of:\n%s\ncame:\n%s", yaml, text_str(&errors));
	return c;
}

struct row {
	const char *yaml, *expected;
	bool holds; /* only warnings, or nothing */
};

static inline void expect_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_text_ struct text errors = TEXT_NULL;
		const char *yaml = rows[i].yaml;
		/* UTF-16 has zeros inside: two characters. */
		size_t len = strncmp(yaml, "\xff\xfe", 2) ? strlen(yaml) : 4;
		struct conf *c = conf_load_text("f", yaml, len, &errors);

		if (strcmp(text_str(&errors), rows[i].expected) != 0)
			fail_msg("of:\n%s\ncame:\n%s\nnot:\n%s", yaml, text_str(&errors),
				 rows[i].expected);
		if ((c != NULL) != rows[i].holds)
			fail_msg("%s:\n%s", c ? "accepted" : "refused", yaml);
		conf_unref(c);
	}
}
