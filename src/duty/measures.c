/* SPDX-License-Identifier: ISC */
#include "duty/measures.h"

#include <string.h>

#include "base/clock.h"
#include "duty/brief_words.h"

#define MINUTE_US (60 * US_PER_S)

static const char *const means[DUTY_MEANS][3] = {
	[MEANS_BLACKHOLE] = {"blackhole", "blackhole", "ブラックホール"},
	[MEANS_COMMUNITY] = {"community", "blackhole by the transit", "上流でのブラックホール"},
	[MEANS_FILTER] = {"filter", "filter", "フィルタ"},
	[MEANS_LIMIT] = {"limit", "rate limit", "帯域制限"},
	[MEANS_DIVERSION] = {"diversion", "diversion to a scrubber", "洗浄装置への迂回"},
};

static const char *const standings[DUTY_STANDINGS] = {
	[STANDING_WAITS] = "waits", [STANDING_BEGINS] = "begins", [STANDING_IN_FORCE] = "in_force",
	[STANDING_ENDS] = "ends",   [STANDING_OVER] = "over",
};

const char *duty_measure_means(enum duty_means m, bool ja)
{
	return means[m][1 + ja];
}

int duty_measure_holds(const struct duty_measure *m)
{
	if (!m->measured || m->before_bps <= 0 || m->after_bps < 0)
		return 0;
	return m->after_bps <= DUTY_HOLDS_TO * m->before_bps	 ? 1
	       : m->after_bps >= DUTY_FAILS_FROM * m->before_bps ? -1
								 : 0;
}

bool duty_measure_stands(const struct duty_measure *m)
{
	return m->standing == STANDING_IN_FORCE || m->standing == STANDING_ENDS;
}

/* What is nearest to acting upon traffic comes first; of equals the later one. */
static bool says_more(const struct duty_measure *m, const struct duty_measure *than)
{
	static const unsigned rank[DUTY_STANDINGS] = {
		[STANDING_IN_FORCE] = 4,
		[STANDING_BEGINS] = 3,
		[STANDING_WAITS] = 2,
		[STANDING_ENDS] = 1,
	};

	if (!than || rank[m->standing] != rank[than->standing])
		return !than || rank[m->standing] > rank[than->standing];
	return m->standing == STANDING_OVER ? m->ended_us >= than->ended_us
					    : m->until_us >= than->until_us;
}

const struct duty_measure *duty_measure_of(const struct duty_measures *all, const char *incident,
					   unsigned *standing)
{
	const struct duty_measure *best = NULL;
	unsigned n = 0;

	for (unsigned i = 0; all && i < all->n; i++) {
		const struct duty_measure *m = &all->list[i];

		if (strcmp(m->incident, incident) != 0)
			continue;
		n += duty_measure_stands(m);
		if (says_more(m, best))
			best = m;
	}
	if (standing)
		*standing = n;
	return best;
}

enum measure_state duty_measure_state(const struct duty_measures *all, const char *incident,
				      bool *told)
{
	const struct duty_measure *m = duty_measure_of(all, incident, NULL);
	int holds = m && m->standing == STANDING_IN_FORCE ? duty_measure_holds(m) : 0;

	*told = m && m->failed;
	return *told || holds < 0 ? MEASURE_FAILS : holds ? MEASURE_WORKS : MEASURE_NONE;
}

/* ---- words ---- */

static void add_time(const char *zone, int64_t us, int64_t now_us, const char *before,
		     const char *behind, struct text *out)
{
	if (!words_time_known(us))
		return;
	text_add(out, before);
	words_time(zone, us, now_us, out);
	text_add(out, behind);
}

/* "until 03:40 JST, 28 min left" */
static void say_end(const struct duty_measure *m, const char *zone, int64_t now_us, bool ja,
		    struct text *out)
{
	int64_t left_us;

	if (!words_time_known(m->until_us)) {
		text_add(out, ja ? "、終期不明" : ", its end is not known");
		return;
	}
	add_time(zone, m->until_us, now_us, ja ? "、" : ", until ", ja ? " まで" : "", out);
	if (m->until_us <= now_us) {
		text_add(out, ja ? "（期限到来）" : ", which is over");
		return;
	}
	text_add(out, ja ? "（残り " : ", ");
	left_us = m->until_us - now_us;
	words_duration(left_us < MINUTE_US ? left_us : left_us / MINUTE_US * MINUTE_US, ja, out);
	text_add(out, ja ? "）" : " left");
}

/* Both sides where they are seen: never "it works" where nobody looks. */
static void say_effect(const struct duty_measure *m, bool ja, struct text *out)
{
	_cleanup_text_ struct text before = TEXT_NULL, after = TEXT_NULL;
	int holds = duty_measure_holds(m);

	if (!m->measured) {
		text_add(out, ja ? "、効果は未測定" : "; its effect is not measured yet");
		return;
	}
	if (m->before_bps < 0 || m->after_bps < 0) {
		text_add(out, ja ? "、効果は測定できない" : "; its effect is not measurable");
		return;
	}
	if (!words_rate((uint64_t)m->before_bps, "bit/s", &before)) {
		text_add(out, ja ? "、手前に攻撃は見えない" : "; no attack is seen before it");
		return;
	}
	text_add(out, holds > 0 ? ja ? "、攻撃を止めている" : "; it holds the attack"
		      : holds < 0 ? ja ? "、攻撃を止めていない" : "; it does not hold the attack"
		      : ja	  ? "、攻撃の一部が通っている"
				  : "; a part of the attack passes");
	text_add(&after, ja && m->after_bps >= 1 ? " " : "");
	if (!words_rate((uint64_t)m->after_bps, "bit/s", &after))
		text_add(&after, ja ? "なし" : "nothing");
	text_printf(out, ja ? "（手前 %s、通過後%s）" : " (%s before it, %s behind it)",
		    text_str(&before), text_str(&after));
}

static void say_standing(const struct duty_measure *m, const char *zone, int64_t now_us, bool ja,
			 struct text *out)
{
	switch (m->standing) {
	case STANDING_WAITS:
		text_add(out, ja ? "、承認待ち" : "; it waits for approval");
		add_time(zone, m->sign_by_us, now_us, ja ? "（" : " until ", ja ? " まで）" : "",
			 out);
		return;
	case STANDING_BEGINS:
		text_add(out,
			 ja ? "、ルーターの応答待ち" : "; the router has not confirmed it yet");
		return;
	case STANDING_ENDS:
		text_add(out,
			 ja ? "、撤去の確認待ち" : "; the router has not confirmed its end yet");
		return;
	case STANDING_IN_FORCE:
		say_effect(m, ja, out);
		add_time(zone, m->sign_by_us, now_us,
			 ja ? "、追加承認の期限 " : "; a second approval is due by ", "", out);
		if (m->lift)
			text_add(out, ja ? "、解除の提案あり" : "; lifting it is proposed");
		return;
	default:
		return;
	}
}

void duty_measure_say(const struct duty_measure *m, const char *zone, int64_t now_us, bool ja,
		      struct text *out)
{
	text_add(out, duty_measure_means(m->means, ja));
	if (m->point[0])
		text_printf(out, ja ? "（%s）" : " at %s", m->point);
	if (m->standing != STANDING_ENDS && m->standing != STANDING_OVER)
		say_end(m, zone, now_us, ja, out);
	say_standing(m, zone, now_us, ja, out);
}

static json_t *time_or_null(int64_t us)
{
	char buf[TIME_TEXT_MAX];

	return words_time_known(us) ? json_string(time_format_utc(us, buf)) : json_null();
}

static json_t *minutes_left(const struct duty_measure *m, int64_t now_us)
{
	if (!words_time_known(m->until_us) || m->standing >= STANDING_ENDS)
		return json_null();
	return json_integer(m->until_us > now_us ? (m->until_us - now_us) / MINUTE_US : 0);
}

json_t *duty_measure_json(const struct duty_measure *m, int64_t now_us)
{
	int holds = duty_measure_holds(m);

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:b, s:b, s:o}", "id",
			 m->id, "incident", m->incident, "object", m->object, "point", m->point,
			 "means", means[m->means][0], "standing", standings[m->standing], "begun",
			 time_or_null(m->begun_us), "until", time_or_null(m->until_us),
			 "minutes_left", minutes_left(m, now_us), "sign_by",
			 time_or_null(m->sign_by_us), "failed", m->failed, "lift_proposed", m->lift,
			 "holds", holds ? json_boolean(holds > 0) : json_null());
}
