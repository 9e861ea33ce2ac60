/* SPDX-License-Identifier: ISC */
/*
 * What a page says: one line of at most PAGE_CHARS_MAX characters with the one figure that matters
 * and the command to look further, and the JSON that a program is given beside it. Names are cut
 * where there is no room, never the figure or the command. No address but the target's is in it.
 */
#pragma once

#include "duty/alarm.h"
#include "judge/incident.h"

/* A storm in figures: of the alarms that it stands for, those that are over too. */
struct page_storm {
	unsigned incidents, faults, objects;
	unsigned links;		      /* main links of the incidents, 0 unknown */
	char link[SEVERITY_LINK_MAX]; /* where it is one */
};

/* What a page speaks of; all borrowed. */
struct page_about {
	const struct alarm *alarm;
	const struct severity *severity; /* incidents: the newest, n_reasons 0 unknown; else NULL */
	const struct incident *incident; /* NULL: another kind, or not told of since a restart */
	const struct fault *fault;	 /* NULL: another kind */
	const struct page_storm *storm;	 /* NULL: another kind */
	bool drill;
};

/** page_words() - the text, times in @zone. */
void page_words(const struct page_about *about, enum page_why why, bool ja, const char *zone,
		int64_t now_us, struct text *out);

/** page_test_words() - a page that only shows that pages arrive. */
void page_test_words(bool ja, bool drill, const char *zone, int64_t now_us, struct text *out);

/** page_data() - what the program is given, from a page that is complete but for `json`. Owned;
 * NULL without memory. */
json_t *page_data(const struct page_about *about, const struct page *p, const char *zone);

/** page_data_plain() - the same keys for a page that no alarm stands behind, what an alarm would
 * say being null: about a measure, or a test. @kind: "measure", "test"; @ref: what it is about, ""
 * nothing. Owned; NULL without memory. */
json_t *page_data_plain(const struct page *p, const char *kind, const char *ref, bool drill);

/** page_cut() - @name as one line of at most @most characters, the last an ellipsis where it was
 * longer; control and direction characters and broken bytes left out. */
void page_cut(const char *name, unsigned most, struct text *out);

/** page_characters() - Unicode code points of a UTF-8 text. */
unsigned page_characters(const char *s);

/** page_vector() - "SYN flood", "DNS amplification". */
void page_vector(enum vector v, uint16_t port, bool ja, struct text *out);
