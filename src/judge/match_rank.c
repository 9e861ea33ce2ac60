/* SPDX-License-Identifier: ISC */
/*
 * The order of proposals, what is certain, and the sentences. Certain is narrow on purpose: a wrong
 * automatic join puts one party's words into another party's case, a missed one costs a look.
 */
#include <stdlib.h>
#include <string.h>

#include "judge/match.h"

#define HOUR_US	  (3600 * US_PER_S)
#define RIVAL_US  (27 * HOUR_US) /* how far off another zone or day can lead */
#define BESIDE_US (HOUR_US)	 /* how near another address must be in time */
#define SHORT_US  (6 * HOUR_US)	 /* a told span that still says when */

static int64_t between_us(const struct notice *n, const struct match_candidate *c)
{
	int64_t from_us = n->from_us != TIME_NONE ? n->from_us : n->until_us;
	int64_t until_us = n->until_us != TIME_NONE ? n->until_us : n->from_us;

	if (until_us < c->first_us)
		return c->first_us - until_us;
	return c->last_us < from_us ? from_us - c->last_us : 0;
}

/* Might the notice have meant this one too, with one mistake more or less? */
static bool is_rival(const struct notice *n, const struct match_candidate *c, const struct match *m)
{
	if (m->target == MATCH_TARGET_OTHER || m->target == MATCH_TARGET_NOT_TOLD)
		return false;
	/* Another address and another zone would be two mistakes at once. */
	if (m->target == MATCH_TARGET_TYPED || m->target == MATCH_TARGET_BESIDE)
		return between_us(n, c) <= BESIDE_US;
	return between_us(n, c) <= RIVAL_US;
}

static bool may_be_certain(const struct notice *n, const struct match *m)
{
	return m->target == MATCH_TARGET_SAME && n->n_targets == 1 &&
	       m->time == MATCH_TIME_OVERLAPS && m->vector == MATCH_VECTOR_SAME &&
	       m->link != MATCH_LINK_OTHER && n->from_us != TIME_NONE && n->until_us != TIME_NONE &&
	       n->until_us - n->from_us <= SHORT_US;
}

static void find_certain(const struct notice *n, const struct match_candidate *c,
			 unsigned n_candidates, int home_minutes, struct match *best)
{
	if (!may_be_certain(n, best))
		return;
	for (unsigned i = 0; i < n_candidates; i++) {
		struct match m = match_one(n, &c[i], home_minutes);

		if (i != best->candidate && is_rival(n, &c[i], &m))
			return;
	}
	best->certain = true;
}

static bool better(const struct match *a, const struct match *b, const struct match_candidate *c)
{
	if (a->score != b->score)
		return a->score > b->score;
	return strcmp(c[a->candidate].id, c[b->candidate].id) < 0;
}

unsigned match_rank(const struct notice *n, const struct match_candidate *c, unsigned n_candidates,
		    int home_minutes, struct match *out, unsigned max)
{
	unsigned count = 0;

	for (unsigned i = 0; i < n_candidates; i++) {
		struct match m = match_one(n, &c[i], home_minutes);
		unsigned at = count;

		m.candidate = i;
		if (m.score < MATCH_PROPOSE)
			continue;
		while (at > 0 && better(&m, &out[at - 1], c)) {
			if (at < max)
				out[at] = out[at - 1];
			at--;
		}
		if (at < max)
			out[at] = m;
		count += count < max;
	}
	if (count)
		find_certain(n, c, n_candidates, home_minutes, &out[0]);
	return count;
}

const char *match_word(const struct match *m, const char *language)
{
	static const struct {
		int from;
		const char *en, *ja;
	} words[] = {
		{MATCH_VERY_LIKELY, "very likely", "可能性がかなり高い"},
		{MATCH_LIKELY, "likely", "可能性が高い"},
		{0, "possible", "可能性がある"},
	};
	bool ja = strcmp(language, "ja") == 0;

	if (m->certain)
		return ja ? "確実" : "certain";
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (m->score >= words[i].from)
			return ja ? words[i].ja : words[i].en;
	return "";
}

struct words {
	const char *name, *en, *ja;
};

static const struct words target_words[] = {
	[MATCH_TARGET_NOT_TOLD] = {"not_told", "", ""},
	[MATCH_TARGET_SAME] = {"same", "the same target", "対象が同じ"},
	[MATCH_TARGET_INSIDE] = {"inside", "one target lies in the other",
				 "対象の一方が他方に含まれる"},
	[MATCH_TARGET_NAME] = {"name", "the target by its name", "対象の名前が同じ"},
	[MATCH_TARGET_TYPED] = {"typed", "the told target is one stroke away",
				"書かれた対象と 1 字違い"},
	[MATCH_TARGET_BESIDE] = {"beside", "a neighbour of the told target", "書かれた対象の近隣"},
	[MATCH_TARGET_OTHER] = {"other", "another target", "対象が異なる"},
};

static const struct words time_words[] = {
	[MATCH_TIME_NOT_TOLD] = {"not_told", "", ""},
	[MATCH_TIME_OVERLAPS] = {"overlaps", "the times overlap", "時間が重なる"},
	[MATCH_TIME_SAME_DAY] = {"same_day", "on the told day", "書かれた日に当たる"},
	[MATCH_TIME_MINUTES] = {"minutes", "minutes apart", "時間差は数分"},
	[MATCH_TIME_HOUR] = {"hour", "within an hour", "時間差は 1 時間以内"},
	[MATCH_TIME_HOURS] = {"hours", "a few hours apart", "時間差は数時間"},
	[MATCH_TIME_HOME_ZONE] = {"home_zone", "the times fit if local time and UTC were confused",
				  "現地時刻と UTC の取り違えとすれば時間が合う"},
	[MATCH_TIME_ZONE] = {"zone", "the times fit if the time zone is wrong",
			     "時間帯の誤りとすれば時間が合う"},
	[MATCH_TIME_DAY] = {"day", "the times fit if the date is a day off",
			    "日付が 1 日違うとすれば時間が合う"},
	[MATCH_TIME_BEFORE] = {"before", "within the day before it came", "受領前の 1 日以内"},
	[MATCH_TIME_WEEK] = {"week", "within the week before it came", "受領前の 1 週間以内"},
	[MATCH_TIME_LATER] = {"later", "it began only after the notice came",
			      "受領より後に始まった"},
	[MATCH_TIME_OTHER] = {"other", "another time", "時間が異なる"},
};

static const struct words vector_words[] = {
	[MATCH_VECTOR_NOT_TOLD] = {"not_told", "", ""},
	[MATCH_VECTOR_SAME] = {"same", "the same vector", "手法が同じ"},
	[MATCH_VECTOR_FAMILY] = {"family", "a vector of the same protocol",
				 "手法のプロトコルが同じ"},
	[MATCH_VECTOR_OTHER] = {"other", "another vector", "手法が異なる"},
};

static const struct words link_words[] = {
	[MATCH_LINK_NOT_TOLD] = {"not_told", "", ""},
	[MATCH_LINK_SAME] = {"same", "the same link", "回線が同じ"},
	[MATCH_LINK_OTHER] = {"other", "another link", "回線が異なる"},
};

static void add_reason(struct text *out, const char *s, bool ja)
{
	if (*s)
		text_printf(out, "%s%s", !out->len ? "" : ja ? "、" : ", ", s);
}

void match_reason(const struct match *m, const char *language, struct text *out)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	bool ja = strcmp(language, "ja") == 0;

	add_reason(&t, ja ? target_words[m->target].ja : target_words[m->target].en, ja);
	add_reason(&t, ja ? time_words[m->time].ja : time_words[m->time].en, ja);
	if (m->time == MATCH_TIME_ZONE || m->time == MATCH_TIME_HOME_ZONE)
		text_printf(&t, ja ? " (%+d:%02d)" : " (by %+d:%02d)", m->zone_minutes / 60,
			    abs(m->zone_minutes) % 60);
	add_reason(&t, ja ? vector_words[m->vector].ja : vector_words[m->vector].en, ja);
	add_reason(&t, ja ? link_words[m->link].ja : link_words[m->link].en, ja);
	text_add(out, text_str(&t));
	if (!text_ok(&t))
		out->failed = true;
}

const char *match_target_name(enum match_target t)
{
	return target_words[t].name;
}

const char *match_time_name(enum match_time t)
{
	return time_words[t].name;
}

const char *match_vector_name(enum match_vector v)
{
	return vector_words[v].name;
}

const char *match_link_name(enum match_link l)
{
	return link_words[l].name;
}
