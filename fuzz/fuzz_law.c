/* SPDX-License-Identifier: ISC */
/*
 * A law file of any bytes: refused with a reason, or a law that prints in both languages and lets
 * nothing start that it should not. The same bytes as purpose: any verdict, no harm.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "act/law.h"
#include "base/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void try_words(const struct law *l, const char *text)
{
	struct law_words w = {.basis = text,
			      .purpose = text,
			      .necessity = text,
			      .weaker = text,
			      .consent = text,
			      .until_us = TIME_NONE};
	_cleanup_text_ struct text say = TEXT_NULL;
	enum law_refusal r = law_check(l, &w, 1, true, 0, 0);

	require(r != LAW_GOOD && r < LAW_REFUSALS); /* there is no end */
	law_refusal_say(r, &w, false, &say);
	law_refusal_say(r, &w, true, &say);
	require(say.len > 0);
}

static void try_law(const struct law *l)
{
	_cleanup_text_ struct text say = TEXT_NULL;
	struct law_words w = {.purpose = "protect the shop", .until_us = INT64_MAX};
	json_t *json = law_json(l);

	law_print(l, false, &say);
	law_print(l, true, &say);
	require(text_ok(&say) && json && l->n_bases > 0 && l->n_bases <= LAW_BASES_MAX);
	json_decref(json);
	for (unsigned i = 0; i < l->n_bases; i++) {
		w.basis = l->basis[i].id;
		require(law_find(l, w.basis) != NULL);
		require(law_check(l, &w, 1, true, 0, 0) != LAW_GOOD); /* no necessity */
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	_cleanup_text_ struct text errors = TEXT_NULL, text = TEXT_NULL;
	_cleanup_law_ struct law *l = NULL;

	if (law_read("input", (const char *)data, n, &l, &errors) == 0)
		try_law(l);
	else
		require(errors.len > 0 && !l);
	text_add_n(&text, (const char *)data, n);
	try_words(l, text_str(&text));
	return 0;
}
