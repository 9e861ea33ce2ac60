/* SPDX-License-Identifier: ISC */
/*
 * The configuration reader: whatever the bytes are, they are refused with a reason or give a
 * configuration that prints, reads back, and prints the same again.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void read_back(const struct conf *c)
{
	_cleanup_text_ struct text first = TEXT_NULL, second = TEXT_NULL, json = TEXT_NULL,
				   errors = TEXT_NULL;
	struct conf *back;

	conf_print(c, &first);
	conf_print_json(c, &json);
	require(text_ok(&first) && text_ok(&json));
	back = conf_load_text("printed", text_str(&first), first.len, &errors);
	require(back != NULL);
	conf_print(back, &second);
	require(strcmp(text_str(&first), text_str(&second)) == 0);
	conf_unref(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_text_ struct text errors = TEXT_NULL;
	struct conf *c = conf_load_text("input", (const char *)data, size, &errors);

	if (c)
		read_back(c);
	else
		require(errors.len > 0);
	conf_unref(c);
	return 0;
}
