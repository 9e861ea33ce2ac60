/* SPDX-License-Identifier: ISC */
/* Where an attack comes from, as far as that is known, and what is not known. */
#include <inttypes.h>
#include <string.h>

#include "duty/brief_inside.h"

#define CERTAIN	   0.95 /* as spoof_words() has them */
#define LIKELY	   0.8
#define KIND_WORTH 0.1 /* share of packets from which a kind of sources is said */
#define KINDS_SAID 2

static void say_forged(const struct brief_input *in, struct text *out)
{
	static const char *const words[SPOOF_VERDICTS][2] = {
		[SPOOF_SPOOFED] = {"forged", "詐称"},
		[SPOOF_PARTLY] = {"partly forged", "一部が詐称"},
		[SPOOF_NOT] = {"real", "実在"},
	};
	const struct spoofing *s = &in->incident->spoofing;
	bool told = s->verdict > SPOOF_UNKNOWN && s->verdict < SPOOF_VERDICTS &&
		    s->confidence >= LIKELY;

	if (s->rule == SPOOF_BY_REFLECTION && s->verdict == SPOOF_NOT)
		text_add(out, in_words(in, "reflectors, not the attacker's own",
				       "反射に使われた第三者であり、攻撃者自身ではない"));
	else if (told)
		text_printf(out, "%s%s%s%s", words[s->verdict][in->ja], in_words(in, " (", "（"),
			    s->confidence >= CERTAIN ? in_words(in, "certain", "確実")
						     : in_words(in, "likely", "おそらく"),
			    in_words(in, ")", "）"));
	else
		text_add(out, in_words(in, "forged or real is not clear", "詐称かどうかは不明"));
}

static void say_kinds(const struct brief_input *in, struct text *out)
{
	const struct source_kinds *k = &in->incident->kinds;
	unsigned said = 0;

	for (unsigned i = 0; i < k->n && i < KINDS_MAX && said < KINDS_SAID; i++) {
		const struct source_part *p = &k->part[i];

		if (p->kind == KIND_UNKNOWN || p->kind >= KIND_COUNT || p->share < KIND_WORTH)
			continue;
		text_add(out,
			 said++ ? in_words(in, ", ", "、") : in_words(in, "; kinds: ", "。種別: "));
		text_add(out, source_kind_word(p->kind, in->ja));
		text_add(out, " ");
		words_share(p->share, in->ja, out);
	}
}

/* Only what the incident has evidence of: the side of most of the traffic. */
static void say_side(const struct brief_input *in, struct text *out)
{
	const struct scope *s = &in->incident->scope;

	if (s->traffic == SCOPE_FOREIGN)
		text_add(out, in_words(in, "; from abroad", "。国外から"));
	else if (s->traffic == SCOPE_DOMESTIC)
		text_add(out, in_words(in, "; from within the country", "。国内から"));
	else
		return;
	if (s->by_link)
		text_add(out, in_words(in, " by the links it came over", "（流入リンクによる）"));
}

void brief_say_from(const struct brief_input *in, struct text *out)
{
	const struct finding_sources *s = &in->incident->f.sources;
	const char *about = s->count_at_least ? in_words(in, "at least ", "少なくとも ")
			    : s->count_exact  ? ""
					      : in_words(in, "about ", "約 ");

	if (!s->count && in->incident->spoofing.verdict == SPOOF_UNKNOWN)
		return;
	text_add(out, in_words(in, "Sources: ", "送信元: "));
	if (s->count) {
		text_add(out, about);
		words_count(s->count, out);
		text_add(out, in_words(in, s->count == 1 ? " address, " : " addresses, ",
				       " アドレス、"));
	}
	if (words_is_own_out(in->incident))
		text_add(out, in_words(in, "inside our network", "自網内"));
	else
		say_forged(in, out);
	say_kinds(in, out);
	say_side(in, out);
	text_add(out, in_words(in, ".", "。"));
}

struct list {
	struct text *out;
	bool ja, any;
};

static void item(struct list *l)
{
	text_add(l->out, l->any ? l->ja ? "、" : "; " : l->ja ? "不明な点: " : "Not known: ");
	l->any = true;
}

static void say_gap(const struct brief_input *in, struct list *l)
{
	const struct incident *inc = in->incident;
	const struct incident_gap *g;

	if (!inc->n_gaps || inc->n_gaps > INCIDENT_GAPS_MAX)
		return;
	g = &inc->gaps[inc->n_gaps - 1];
	if (!words_time_known(g->from_us) || !words_time_known(g->until_us))
		return;
	item(l);
	text_add(l->out, in_words(in, "what happened from ", ""));
	words_time(in->zone, g->from_us, in->now_us, l->out);
	text_add(l->out, in_words(in, " to ", "～"));
	words_time(in->zone, g->until_us, in->now_us, l->out);
	text_add(l->out, in_words(in, ", when we did not watch", " は監視なし"));
}

void brief_say_unknown(const struct brief_input *in, struct text *out)
{
	const struct incident *inc = in->incident;
	struct list l = {.out = out, .ja = in->ja};

	if (!inc->f.sampling_known) {
		item(&l);
		text_add(out, in_words(in, "the sampling rate, so every figure is a minimum",
				       "サンプリング率（数値は全て下限）"));
	}
	say_gap(in, &l);
	if (!inc->f.own_known) {
		item(&l);
		text_add(out, in_words(in, "whether it comes in or goes out", "流入か流出か"));
	}
	if (inc->object[0] && !inc->line_bps && inc->class != CLASS_SERVER) {
		item(&l);
		text_add(out, in_words(in, "how large its access line is", "アクセス回線の容量"));
	}
	if (l.any)
		text_add(out, in_words(in, ".", "。"));
}

void brief_say_blind(const struct brief_input *in, struct text *out)
{
	const struct finding *f = &in->incident->f;
	_cleanup_text_ struct text rate = TEXT_NULL;

	if (!words_rate(f->blind_bps, "bit/s", &rate) && !words_rate(f->blind_pps, "pps", &rate))
		return;
	text_printf(out, in_words(in, "Below %s%s we would not see it.", "%s%s未満では見えない。"),
		    text_str(&rate),
		    f->blind_at_least ? in_words(in, ", perhaps even more,", "（またはそれ以上）")
				      : in_words(in, "", " "));
}
