/* SPDX-License-Identifier: ISC */
/* What an option needs before it: the word of those whose addresses it takes, or the figure that
 * shows harm to others, and the persons who approve it. */
#include "act/owners.h"
#include "act/plan_inside.h"
#include "duty/brief_words.h"

#define NAMES_SAID 4

/* "mail lost 42 % of its traffic": the figure that shows harm to others. */
static void say_harm(const struct planning *g, bool ja, struct text *out)
{
	const struct incident_path *path = g->inc->path;
	const struct plan_link *full = plan_full_link(g);
	unsigned n = 0;

	for (unsigned i = 0; path && i < path->n_lost && n < NAMES_SAID; i++) {
		text_add(out, n++ ? of_two(ja, ", ", "、") : "");
		text_add(out, path->lost[i].object);
		text_add(out, of_two(ja, " lost ", " が通信の "));
		words_share(path->lost[i].lost, ja, out);
		text_add(out, of_two(ja, " of its traffic", " を失った"));
	}
	for (unsigned i = 0; path && i < path->n_services && n < NAMES_SAID; i++)
		if (path->service[i].risk == RISK_LOST)
			text_printf(out,
				    of_two(ja, "%sservice %s lost traffic",
					   "%sサービス %s が通信を失った"),
				    n++ ? of_two(ja, ", ", "、") : "", path->service[i].name);
	if (n || !full)
		return;
	text_printf(out,
		    of_two(ja, "link %s, which others use, is full", "他者も使うリンク %s が満杯"),
		    full->name);
	if (full->capacity_bps <= 0)
		return;
	text_add(out, of_two(ja, " (", "（"));
	text_rate(out, full->load_bps > full->attack_bps ? full->load_bps : full->attack_bps,
		  "bit/s");
	text_add(out, of_two(ja, " of ", "、容量 "));
	text_rate(out, full->capacity_bps, "bit/s");
	text_add(out, of_two(ja, ")", "）"));
}

/* "contract 7, at most 2 h." */
static void say_agreed(const char *refs, uint64_t max_s, bool ja, struct text *out)
{
	text_add(out, refs);
	if (max_s) {
		text_add(out, of_two(ja, ", at most ", "、最長 "));
		words_duration((int64_t)max_s * US_PER_S, ja, out);
	}
	text_add(out, of_two(ja, ".", "。"));
}

/* Of a prefix that is not one owner's alone, each by name with what he agreed to. */
static void say_owners(const struct owners *w, bool ja, struct text *out)
{
	for (unsigned i = 0; i < w->n; i++) {
		const struct owner *o = &w->owner[i];

		text_printf(out, of_two(ja, "%s%s (%s)", "%s%s（%s）"),
			    i ? of_two(ja, ", ", "、") : "", o->name,
			    o->agreed ? o->measure->consent : of_two(ja, "none", "なし"));
	}
	if (w->more)
		text_add(out, of_two(ja, ", and others", "、ほか"));
}

/* What the owner agreed to is for his own addresses; why it does not do here. */
static void say_beyond(const struct planning *g, const struct plan_option *o, bool ja,
		       struct text *out)
{
	const struct conf_measure *m = g->object ? owners_measure(g->object, o) : NULL;
	char target[PREFIX_TEXT_MAX];

	if (!m)
		return;
	prefix_format(&o->target, target);
	text_printf(out,
		    of_two(ja, "%s is for the prefixes of %s alone and does not cover %s. ",
			   "%s は %s のプレフィックスだけのもので、%s には及ばない。"),
		    m->consent, g->object->name, target);
}

static void say_wanted(const struct planning *g, const struct owners *w, const char *whom, bool ja,
		       struct text *out)
{
	if (w->n > 1 || w->more) {
		text_add(out,
			 of_two(ja,
				"The consent of each owner by its reference (`measures` of the "
				"objects): ",
				"各所有者の同意の参照（対象の measures）が必要: "));
		say_owners(w, ja, out);
	} else {
		text_printf(out,
			    of_two(ja,
				   "The consent of %s by its reference (`measures` of the object)",
				   "%sの同意の参照（対象の measures）が必要"),
			    whom[0] ? whom : of_two(ja, "the owner", "所有者"));
	}
	if (!plan_harms_others(g)) {
		text_add(out, of_two(ja, "; harm to others is not shown.",
				     "。他者への被害は確認されていない。"));
		return;
	}
	text_add(out, of_two(ja, ", or harm to others, which is shown: ",
			     "。または他者への被害の数値（確認済み: "));
	say_harm(g, ja, out);
	text_add(out, of_two(ja, ".", "）"));
}

static void say_consent(const struct planning *g, const struct plan_option *o,
			const struct conf_measure *m, const char *whom, bool ja, struct text *out)
{
	char refs[CONF_TEXT_MAX];
	struct owners w;
	uint64_t max_s;

	owners_of(g->conf, g->object, o, &w);
	if (m) {
		text_add(out, of_two(ja, "The owner agreed to it: ", "所有者の同意あり: "));
		say_agreed(m->consent, m->max_s, ja, out);
		return;
	}
	if (plan_is_offline(o) && owners_agreement(&w, refs, sizeof(refs), &max_s)) {
		text_add(out, of_two(ja, "All owners agreed to it: ", "全所有者の同意あり: "));
		say_agreed(refs, max_s, ja, out);
		return;
	}
	say_beyond(g, o, ja, out);
	if (plan_is_offline(o))
		say_wanted(g, &w, whom, ja, out);
}

static void need_owner(struct planning *g, struct plan_option *o)
{
	const struct conf_measure *m = plan_consent(g, o);
	const char *whom = !g->object		    ? ""
			   : g->object->customer[0] ? g->object->customer
						    : g->object->name;
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;

	say_consent(g, o, m, whom, false, &en);
	say_consent(g, o, m, whom, true, &ja);
	if (en.len)
		plan_need(g, o, m || plan_all_agreed(g, o) ? "" : whom, &en, &ja);
}

static void need_approval(struct planning *g, struct plan_option *o)
{
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;

	if (!conf_act_two(g->conf, plan_kind_name(o->kind)))
		return;
	text_add(&en, "Two different persons must approve it.");
	text_add(&ja, "異なる 2 人の承認が必要。");
	plan_need(g, o, "", &en, &ja);
}

void plan_say_consent(struct planning *g, struct plan_option *o)
{
	need_owner(g, o);
	need_approval(g, o);
}
