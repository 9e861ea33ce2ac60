/* SPDX-License-Identifier: ISC */
/*
 * May a measure start: what is missing first, then what does not fit, and last whether counsel has
 * reviewed what all of it rests on.
 */
#include <errno.h>
#include <string.h>

#include "act/law.h"
#include "base/clock.h"

static bool given(const char *s)
{
	return s && *s;
}

/* A reference, "contract 2026-0042" or "C-17": something of letters or digits. */
static bool is_reference(const char *s)
{
	for (; s && *s; s++)
		if ((unsigned char)*s >= 0x80 || (*s >= '0' && *s <= '9') ||
		    ((*s | 32) >= 'a' && (*s | 32) <= 'z'))
			return true;
	return false;
}

static enum law_refusal check_texts(const struct law_words *w)
{
	if (!law_says_something(w->purpose))
		return LAW_NO_PURPOSE;
	if (!law_says_something(w->necessity))
		return LAW_NO_NECESSITY;
	if (!law_says_something(w->weaker))
		return LAW_NO_WEAKER;
	if (law_purpose_barred(w->purpose) || law_purpose_barred(w->necessity))
		return LAW_PURPOSE_BARRED;
	return LAW_GOOD;
}

static bool is_long(uint64_t limit_s, uint64_t spent_s, uint64_t lasts_s)
{
	return limit_s && (spent_s >= limit_s || lasts_s > limit_s - spent_s);
}

static enum law_refusal check_end(const struct law_basis *b, const struct law_words *w,
				  uint64_t spent_s, int64_t now_us)
{
	uint64_t lasts_s;

	if (w->until_us == TIME_NONE)
		return LAW_NO_END;
	if (w->until_us <= now_us)
		return LAW_PAST_END;
	/* Whole seconds, rounded up: the last part of one counts. As unsigned: no overflow. */
	lasts_s = ((uint64_t)w->until_us - (uint64_t)now_us + US_PER_S - 1) / US_PER_S;
	return is_long(b->longest_s, spent_s, lasts_s) || is_long(w->agreed_s, spent_s, lasts_s)
		       ? LAW_LONG
		       : LAW_GOOD;
}

enum law_refusal law_check(const struct law *l, const struct law_words *w, unsigned kind,
			   bool override, uint64_t spent_s, int64_t now_us)
{
	const struct law_basis *b = law_find(l, w->basis);
	enum law_refusal r;

	if (!given(w->basis))
		return LAW_NO_BASIS;
	if (!l)
		return LAW_NONE;
	if (!b)
		return LAW_UNKNOWN_BASIS;
	if (kind >= 32 || !(b->allows & UINT32_C(1) << kind))
		return LAW_NOT_ALLOWED;
	r = check_texts(w);
	if (r)
		return r;
	if (b->needs_consent && !is_reference(w->consent))
		return LAW_NO_CONSENT;
	r = check_end(b, w, spent_s, now_us);
	if (r)
		return r;
	if (w->data & ~b->data)
		return LAW_DATA;
	return law_is_reviewed(l, now_us) || override ? LAW_GOOD : LAW_UNREVIEWED;
}
