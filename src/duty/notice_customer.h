/* SPDX-License-Identifier: ISC */
/*
 * What the owner of an attacked object is told: that it is under attack, what that is in plain
 * words, what was done, what still works, when the next word comes; and at the end what it was.
 * Only drafts are made here. Never in it: an address but the target's, another customer, a name for
 * who is behind it. doc/words.md.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "conf/conf.h"
#include "duty/measures.h"
#include "judge/incident.h"

#define NOTICE_LANGUAGES_MAX 2

/* All borrowed. */
struct customer_notice {
	const struct incident *incident;
	const struct conf_object *object; /* that is attacked */
	const struct conf *conf;
	const struct duty_measures *measures; /* NULL: not known */
	unsigned severity;		      /* 1 to 4, 0 not judged */
	bool closing;
	bool ja;
	const char *zone;
	int64_t now_us;
};

/** customer_notice_languages() - those of the object's contacts, each once; that of the
 * configuration where there is no contact. @ja: room for NOTICE_LANGUAGES_MAX. Return: how many. */
unsigned customer_notice_languages(const struct conf_object *object, const struct conf *conf,
				   bool ja[NOTICE_LANGUAGES_MAX]);

/** customer_notice_next_us() - when the next word is due: 15 min for severity 1, 30 min for 2, else
 * an hour, rounded up to 5 minutes. */
int64_t customer_notice_next_us(unsigned severity, int64_t now_us);

/** customer_notice_subject() - one line. customer_notice_text() - the whole draft, subject first,
 * 72 columns. Return: addresses that the guard replaced. */
uint64_t customer_notice_subject(const struct customer_notice *in, struct text *out);
uint64_t customer_notice_text(const struct customer_notice *in, struct text *out);

/** customer_notice_json() - for the program that sends it: {kind "notice", id, incident, closing,
 * language, subject, to[{name, mail, phone}], text, at, next_update, severity, withheld}. Owned,
 * NULL without memory. The id is made of what it says: the same notice again has the same. */
json_t *customer_notice_json(const struct customer_notice *in);
