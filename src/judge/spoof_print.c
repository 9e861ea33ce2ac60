/* SPDX-License-Identifier: ISC */
/*
 * The verdict for people: certain, likely or unclear, in a sentence that also says what it does not
 * mean, and below it each piece of evidence with its figure. The number stays in the JSON.
 */
#include <inttypes.h>
#include <stdio.h>

#include "judge/spoof_inside.h"

#define CERTAIN	       0.95
#define LIKELY	       0.8
#define TELLS_LEAST    0.1 /* a weight below says nothing either way */
#define TELLS_STRONGLY 2.5

/* "%s" is the figure, "%u" on how many, "%%" a percent sign: texts of the table of tests. */
static void fill_in(const char *form, const char *figure, uint32_t n, struct text *out)
{
	for (const char *p = form; *p; p++) {
		if (*p != '%')
			text_add_n(out, p, 1);
		else if (*++p == 's')
			text_add(out, figure);
		else if (*p == 'u')
			text_printf(out, "%" PRIu32, n);
		else
			text_add_n(out, p, 1);
	}
}

void spoof_test_sentence(const struct incident *inc, const struct spoof_evidence *e, bool ja,
			 struct text *out)
{
	const struct spoof_test *t = &spoof_tests[e->test];
	char figure[48];

	(void)inc;
	snprintf(figure, sizeof(figure), "%.*f", (int)t->digits, e->figure * t->times);
	fill_in(ja ? t->ja : t->en, figure, e->n, out);
}

static unsigned sureness(double confidence)
{
	return confidence >= CERTAIN ? 0 : confidence >= LIKELY ? 1 : 2;
}

static const char *group_word(unsigned part, bool ja)
{
	static const char *const words[PART_GROUPS][2] = {
		{"SYN", "SYN"}, {"TCP", "TCP"}, {"UDP", "UDP"}, {"others", "その他"}};

	return words[part - PART_SYN][ja];
}

/* Which of the attack's groups of packets are forged. */
static void say_groups(const struct spoofing *s, bool ja, struct text *out)
{
	static const char *const what[SPOOF_VERDICTS][2] = {
		[SPOOF_UNKNOWN] = {"unclear", "不明"},
		[SPOOF_SPOOFED] = {"forged", "詐称"},
		[SPOOF_PARTLY] = {"partly forged", "一部詐称"},
		[SPOOF_NOT] = {"real", "実在"},
	};

	for (unsigned i = 0; i < s->n_groups; i++) {
		const struct spoof_group_said *g = &s->group[i];

		text_printf(out, ja ? "%s%s (%.0f %%) は%s%s" : "%s%s (%.0f %%) %s%s",
			    i == 0 ? ja ? "。" : "; "
			    : ja   ? "、"
				   : ", ",
			    group_word(g->part, ja), 100 * g->share, what[g->verdict][ja],
			    !g->reflected ? ""
			    : ja	  ? " (反射源)"
					  : " (reflectors)");
	}
}

void spoof_words(const struct incident *inc, bool ja, struct text *out)
{
	static const char *const sure[][2] = {
		{"certain", "確実"}, {"likely", "おそらく"}, {"unclear", "不明"}};
	static const char *const what[SPOOF_VERDICTS][2] = {
		[SPOOF_UNKNOWN] = {"it cannot be told whether the source addresses are forged",
				   "送信元アドレスが詐称かどうかは判断できない"},
		[SPOOF_SPOOFED] = {"the source addresses are forged",
				   "送信元アドレスは詐称されている"},
		[SPOOF_PARTLY] = {"a part of the source addresses is forged",
				  "送信元アドレスの一部が詐称されている"},
		[SPOOF_NOT] = {"the source addresses are real", "送信元アドレスは実在のもの"},
	};
	static const char *const why[SPOOF_RULES][2] = {
		[SPOOF_BY_REFLECTION] = {"; they are reflectors: the requests to them are forged, "
					 "they themselves are not the attacker",
					 "。これらは反射源であり、反射源への要求が詐称されている。"
					 "反射源自身は攻撃者ではない"},
		[SPOOF_BY_CONNECTIONS] = {"; they completed their connections",
					  "。接続を完了している"},
		[SPOOF_ONE_SOURCE] = {"; few constant sources without a handshake exclude only "
				      "forging at random: the address of a third party is possible",
				      "。接続を完了しない少数の固定送信元から言えるのは無作為な"
				      "詐称ではないことだけで、第三者のアドレスの詐称はあり得る"},
		[SPOOF_NO_FACTS] = {"; nothing was measured of the senders",
				    "。送信元の測定値がない"},
	};
	const struct spoofing *s = &inc->spoofing;
	unsigned how = s->verdict == SPOOF_UNKNOWN ? 2 : sureness(s->confidence);

	text_printf(out, "%s: %s", sure[how][ja], what[s->verdict][ja]);
	if (s->verdict == SPOOF_PARTLY)
		text_printf(out, ja ? " (パケットの %.0f %%)" : " (%.0f %% of the packets)",
			    100 * s->forged_share);
	say_groups(s, ja, out);
	text_add(out, why[s->rule][ja] ? why[s->rule][ja] : "");
}

static const char *tells(double weight, bool ja)
{
	static const char *const words[][2] = {{"forged", "詐称"},
					       {"rather forged", "やや詐称"},
					       {"neither", "どちらでもない"},
					       {"rather real", "やや実在"},
					       {"real", "実在"}};
	unsigned at = weight >= TELLS_STRONGLY	 ? 0
		      : weight >= TELLS_LEAST	 ? 1
		      : weight > -TELLS_LEAST	 ? 2
		      : weight > -TELLS_STRONGLY ? 3
						 : 4;

	return words[at][ja];
}

void spoof_print(const struct incident *inc, bool ja, unsigned indent, struct text *out)
{
	const struct spoofing *s = &inc->spoofing;

	spoof_words(inc, ja, out);
	text_add(out, "\n");
	for (unsigned i = 0; i < s->n_evidence; i++) {
		const struct spoof_evidence *e = &s->evidence[i];

		text_printf(out, "%*s%s: ", (int)indent, "", tells(e->weight, ja));
		spoof_test_sentence(inc, e, ja, out);
		text_printf(out, " [%s%s%s]\n", spoof_test_name(e->test),
			    e->part >= PART_SYN ? ", " : "",
			    e->part >= PART_SYN ? group_word(e->part, ja) : "");
	}
}
