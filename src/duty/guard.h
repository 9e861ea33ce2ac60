/* SPDX-License-Identifier: ISC */
/*
 * The last look at every text before it leaves: no address stands in it but the target's own, and,
 * for readers inside the house, those that the configuration gives to exporters and listeners. It
 * looks at the words, not at where they came from, so a name that is an address, a note that quotes
 * one, or a sentence made wrongly is caught as well. What is found is replaced and counted, never
 * printed; the count is all that is told of it. doc/words.md.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/text.h"
#include "conf/conf.h"
#include "duty/alarm.h"

enum guard_reader {
	GUARD_HOUSE,	/* the desk: exporters and listeners may be named by their addresses */
	GUARD_CUSTOMER, /* the owner of the target: nothing but the target */
};

struct guard {
	enum guard_reader reader;
	const struct conf *conf; /* borrowed; NULL: no address of ours may stand */
	struct prefix target;	 /* of the one incident that the text is about */
	bool has_target;
	const char *word;  /* that replaces them; NULL: guard_word() */
	uint64_t withheld; /* addresses replaced so far */
};

struct incident;

/** guard_about() - a guard for a text about @inc; NULL: about several, so no target may stand. */
struct guard guard_about(enum guard_reader reader, const struct conf *conf,
			 const struct incident *inc);

/**
 * guard_text() - @raw appended to @to with each foreign address replaced by a neutral word, and
 * without characters that are not seen (words.h, page_cut(); ends of lines stay).
 * Seen are IPv4 (leading zeros, full-width digits, "[.]" for ".", "192-0-2-1" inside of a host's
 * name too) and IPv6 (RFC 4291 section 2.2); a prefix is an address. @ja: language of the word.
 * Return: how many were replaced in this text.
 */
unsigned guard_text(struct guard *g, const char *raw, bool ja, struct text *to);

/** guard_json() - the same over every string in @o, in place, keys left alone. Return: 0, -ENOMEM,
 * or -EINVAL where it is nested deeper than anything that is written here. */
int guard_json(struct guard *g, json_t *o, bool ja);

/** guard_page() - a page's text and its JSON before they are kept; the text stays within
 * PAGE_CHARS_MAX. @inc: NULL where it is about none. Return: 0, -ENOMEM, -EINVAL. */
int guard_page(struct page *p, const struct conf *conf, const struct incident *inc);

/** guard_word() - what stands where an address stood. */
const char *guard_word(bool ja);
