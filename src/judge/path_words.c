/* SPDX-License-Identifier: ISC */
/* The way of an attack in words: names of the interface, and sentences for people. */
#include <inttypes.h>

#include "base/clock.h"
#include "base/text.h"
#include "judge/path.h"

static const char *const risk_names[] = {"shares_link", "link_near_capacity", "lost_traffic"};
static const char *const capacity_names[] = {NULL, "configured", "exported"};

static const struct {
	const char *name, *en, *ja;
} untold[UNTOLD_REASONS] = {
	[UNTOLD_NO_LOSS] = {"no_loss", "no loss that could be told from chance",
			    "偶然と区別できる減少なし"},
	[UNTOLD_LITTLE] = {"too_little_traffic",
			   "too little traffic: even a loss of all of it would not show",
			   "通信量が少なく、全て失われても判別できない"},
	[UNTOLD_SAMPLED] = {"sampled_too_coarsely",
			    "sampled too coarsely: even a loss of all of it would not show",
			    "サンプリングが粗く、全て失われても判別できない"},
	[UNTOLD_TIMEOUT] = {"active_timeout_too_long",
			    "its flows are exported after an active timeout longer than the attack",
			    "フローの active timeout が攻撃より長く、判別できない"},
	[UNTOLD_NO_BEFORE] = {"nothing_to_compare", "less than a minute was seen before the attack",
			      "攻撃前の観測が 1 分に満たず、比較できない"},
	[UNTOLD_SHORT] = {"too_short", "the attack is (yet) too short to compare",
			  "攻撃が（まだ）短く、比較できない"},
	[UNTOLD_ATTACKED] = {"attacked_itself", "under attack itself", "それ自体が攻撃対象"},
};

const char *path_risk_name(enum path_risk r)
{
	return risk_names[r];
}

const char *path_capacity_name(enum path_capacity c)
{
	return capacity_names[c];
}

const char *path_untold_name(enum path_untold u)
{
	return untold[u].name;
}

const char *path_untold_words(enum path_untold u, bool ja)
{
	return ja ? untold[u].ja : untold[u].en;
}

bool path_near(const struct path_row *r)
{
	return r->near_first_us != TIME_NONE;
}

void path_say_at(const struct path_at *at, struct text *out)
{
	if (at->link[0])
		text_printf(out, "%s (%s#%" PRIu32 ")", at->link, at->exporter, at->input);
	else
		text_printf(out, "%s#%" PRIu32, at->exporter, at->input);
}

void path_say_move(const struct path_move *m, bool ja, struct text *out)
{
	_cleanup_text_ struct text from = TEXT_NULL, to = TEXT_NULL;
	char when[TIME_TEXT_MAX];

	path_say_at(&m->from, &from);
	path_say_at(&m->to, &to);
	time_format_utc(m->at_us, when);
	text_printf(out,
		    ja ? "%s（%" PRIu32 " 秒単位）、攻撃は %s（%.0f %% → %.0f %%）から "
			 "%s（%.0f %% → %.0f %%）へ移った"
		       : "at %s (to %" PRIu32 " s) the attack moved from %s (%.0f %% of it, then "
			 "%.0f %%) to %s (%.0f %%, then %.0f %%)",
		    when, m->within_s, text_str(&from), 100 * m->from_before, 100 * m->from_after,
		    text_str(&to), 100 * m->to_before, 100 * m->to_after);
}

void path_say_lost(const struct path_lost *l, bool ja, struct text *out)
{
	_cleanup_text_ struct text at = TEXT_NULL, usual = TEXT_NULL, during = TEXT_NULL;

	path_say_at(&l->at, &at);
	text_rate(&usual, (double)l->usual_pps, "pps");
	text_rate(&during, (double)l->during_pps, "pps");
	text_printf(out,
		    ja ? "%s は %s で平常の通信の %.0f %%（%.0f～%.0f %%）を失った: %s → %s"
		       : "%s lost on %s %.0f %% (%.0f to %.0f %%) of its usual traffic: %s became "
			 "%s",
		    l->object, text_str(&at), 100 * l->lost, 100 * l->lost_low, 100 * l->lost_high,
		    text_str(&usual), text_str(&during));
}

void path_say_service(const struct path_service *s, bool ja, struct text *out)
{
	static const char *const words[][2] = {
		[RISK_SHARES] = {"its link carries a part of the attack, and how full that is "
				 "is not known",
				 "経路のリンクが攻撃の一部を運び、その余裕は不明"},
		[RISK_NEAR] = {"its link is near its capacity: it suffers though it is no target",
			       "経路のリンクが容量に近く、標的でなくとも影響を受ける"},
		[RISK_LOST] = {"it lost traffic though it is no target",
			       "標的でないのに通信が失われた"},
	};

	text_add(out, s->name);
	if (s->country[0])
		text_printf(out, " (%s)", s->country);
	if (s->link[0])
		text_printf(out,
			    ja ? "、リンク %s（攻撃の %.0f %%）"
			       : ", over %s (%.0f %% of the attack)",
			    s->link, 100 * s->share);
	text_printf(out, ": %s", words[s->risk][ja]);
}
