/* SPDX-License-Identifier: ISC */
/* What is said with a plan and with each of its options, in English and Japanese. */
#include <string.h>

#include "act/plan_inside.h"
#include "duty/brief_words.h"

#define NAMES_SAID 4

typedef void (*sayer)(const struct planning *g, const struct plan_option *o,
		      const struct plan_reach *r, bool ja, struct text *out);

/* ---- what must be said with a kind ---- */

static void names_of(const char names[][CONF_NAME_MAX], unsigned n, bool ja, struct text *out)
{
	const char *list[COLLATERAL_NAMES_MAX];

	for (unsigned i = 0; i < n && i < COLLATERAL_NAMES_MAX; i++)
		list[i] = names[i];
	words_list(list, n < COLLATERAL_NAMES_MAX ? n : COLLATERAL_NAMES_MAX, NAMES_SAID, ja, out);
}

/* Who suffers besides: by name, never by address. */
static void say_sufferers(const struct planning *g, bool ja, struct text *out)
{
	const struct incident_path *path = g->inc->path;
	const char *lost[PATH_BYSTANDERS_MAX + PATH_SERVICES_MAX];
	unsigned n = 0;

	for (unsigned i = 0; path && i < path->n_lost && i < PATH_BYSTANDERS_MAX; i++)
		lost[n++] = path->lost[i].object;
	for (unsigned i = 0; path && i < path->n_services && i < PATH_SERVICES_MAX; i++)
		if (path->service[i].risk == RISK_LOST)
			lost[n++] = path->service[i].name;
	plan_space(out, ja);
	if (n) {
		text_add(out,
			 of_two(ja, "Others lose traffic too: ", "ほかに通信を失っているのは "));
		words_list(lost, n, NAMES_SAID, ja, out);
		text_add(out, of_two(ja, ".", "。"));
		return;
	}
	text_add(out, path && path->loss_confidence > 0
			      ? of_two(ja, "Nobody else is seen to lose traffic.",
				       "ほかに通信を失った対象は見えない。")
			      : of_two(ja, "Whether others suffer was not measured.",
				       "ほかへの影響は測定されていない。"));
}

static void say_nothing_done(const struct planning *g, const struct plan_option *o,
			     const struct plan_reach *r, bool ja, struct text *out)
{
	static const char *const other[][2] = {
		[CASE_OUTGOING] =
			{"Own customers go on attacking somebody; that network may filter "
			 "all of ours.",
			 "自網の顧客による攻撃が続き、相手側に自網全体を遮断されるおそれがある。"},
		[CASE_SCAN] =
			{"A scan fills no line and asks hosts one by one. There is nothing to "
			 "filter.",
			 "スキャンは回線を埋めず、ホストを順に調べるもの。フィルタの対象はない。"},
		[CASE_NO_DESTINATION] =
			{"Every rule needs a destination, and this incident has none: "
			 "filters are planned with the incidents of the hosts and "
			 "prefixes behind it.",
			 "どの規則にも宛先が必要だが、この検知にはない。フィルタは配下のホスト"
			 "やプレフィックスの検知ごとに計画する。"},
	};

	if (g->about != CASE_INCOMING) {
		text_add(out, other[g->about][ja]);
		if (g->about == CASE_NO_DESTINATION)
			say_sufferers(g, ja, out);
		return;
	}
	if (g->inc->f.state == FINDING_CLOSED) {
		text_add(out, of_two(ja, "The attack is over.", "攻撃は終息している。"));
		return;
	}
	if (g->inc->class == CLASS_SERVER || g->inc->class == CLASS_COMPOUND)
		text_add(out,
			 of_two(ja, "The server goes on bearing it.", "サーバへの負荷が続く。"));
	say_sufferers(g, ja, out);
}

static void say_sharing(const struct planning *g, const struct plan_option *o, bool ja,
			struct text *out)
{
	_cleanup_text_ struct text names = TEXT_NULL;
	const struct collateral *c = &o->collateral;

	if (!g->conf->n_own && !g->conf->n_objects) {
		text_add(out,
			 of_two(ja,
				"How many customers share the prefix is not known: none is "
				"configured.",
				"このプレフィックスを共有する顧客の数は、設定がないため不明。"));
		return;
	}
	names_of(c->customers, c->n_customers, ja, &names);
	if (ja)
		text_printf(out, "このプレフィックスにアドレスを持つ顧客は %u 者%s", c->n_customers,
			    c->n_customers == COLLATERAL_NAMES_MAX ? " 以上" : "");
	else
		text_printf(out, "%s%u customer%s ha%s addresses in this prefix",
			    c->n_customers == COLLATERAL_NAMES_MAX ? "At least " : "",
			    c->n_customers, c->n_customers == 1 ? "" : "s",
			    c->n_customers == 1 ? "s" : "ve");
	if (names.len)
		text_printf(out, of_two(ja, ": %s", "（%s）"), text_str(&names));
	text_add(out, of_two(ja, ".", "。"));
}

/* Behind one address may stand many who have done nothing. */
static void say_shared(const struct planning *g, const struct plan_option *o, bool ja,
		       struct text *out)
{
	static const char *const kinds[] = {[SHARED_CGN] = "CGN",
					    [SHARED_MAP_E] = "MAP-E",
					    [SHARED_CDN] = "CDN",
					    [SHARED_RESOLVER] = "resolver",
					    [SHARED_OTHER] = ""};
	uint32_t i;
	const char *kind;

	if (!g->conf->shared_set || !prefix_set_find(g->conf->shared_set, &o->target.addr, &i))
		return;
	kind = kinds[g->conf->shared[i].kind];
	plan_space(out, ja);
	text_printf(out,
		    of_two(ja, "It is a shared address%s%s%s: many more stand behind it.",
			   "共有アドレス%s%s%sのため、背後にはさらに多数の利用者がいる。"),
		    kind[0] ? of_two(ja, " (", "（") : "", kind,
		    kind[0] ? of_two(ja, ")", "）") : "");
}

static void say_offline(const struct planning *g, const struct plan_option *o,
			const struct plan_reach *r, bool ja, struct text *out)
{
	char target[PREFIX_TEXT_MAX];

	prefix_format(&o->target, target);
	if (r->foreign || o->step == STEP_FOREIGN_BORDER)
		text_printf(
			out,
			of_two(ja,
			       "It takes %s offline for everyone who comes in over foreign links, "
			       "clients too; domestic users keep access.",
			       "海外リンクから来る全員にとって %s "
			       "が到達不能になる（正規の利用者を含む）。国内の利用者は引き続き到達"
			       "できる。"),
			target);
	else if (!r->all)
		text_printf(out,
			    of_two(ja,
				   "It takes %s offline for everyone who comes in over the links "
				   "of this "
				   "point, clients too.",
				   "この地点のリンクから来る全員にとって %s "
				   "が到達不能になる（正規の利用者を含む）。"),
			    target);
	else
		text_printf(
			out,
			of_two(ja,
			       "It takes %s offline for everyone, clients too: for them the attack "
			       "has then reached its aim.",
			       "%s は全員にとって到達不能になる（正規の利用者を含む）。"
			       "利用者から見れば、攻撃の目的が達せられたのと同じになる。"),
			target);
	plan_space(out, ja);
	say_sharing(g, o, ja, out);
	say_shared(g, o, ja, out);
}

static void say_covers(const struct plan_option *o, bool ja, struct text *out)
{
	if (o->covers < 0)
		return;
	plan_space(out, ja);
	text_printf(out,
		    of_two(ja, "Its rules match %.1f %% of the attack's packets",
			   "規則は攻撃パケットの %.1f %% に合致する"),
		    100 * o->covers);
	if (o->covers_high > o->covers_low)
		text_printf(out, of_two(ja, " (%.1f to %.1f %%)", "（%.1f～%.1f %%）"),
			    100 * o->covers_low, 100 * o->covers_high);
	text_add(out, of_two(ja, ".", "。"));
}

static void say_foreign(const struct plan_option *o, bool ja, struct text *out)
{
	if (o->step != STEP_FOREIGN_BORDER)
		return;
	plan_space(out, ja);
	text_add(out,
		 of_two(ja, "Domestic users keep access.", "国内の利用者は引き続き到達できる。"));
}

/* RFC 8955 section 6; of the same AS a rule has an empty path and is taken (RFC 9117 section 4.1).
 */
static void say_validation(const struct plan_option *o, const struct plan_reach *r, bool ja,
			   struct text *out)
{
	const struct conf_neighbor *n = r->neighbor;

	if (o->kind != PLAN_FLOWSPEC || !n || !n->peer_as || n->peer_as == n->local_as)
		return;
	plan_space(out, ja);
	text_add(out,
		 of_two(ja,
			"A neighbour of another AS may obey rules only for destinations that it "
			"has from us; BGP does not tell whether it obeys, only the attack does.",
			"別の AS "
			"の隣接は、当方から受けた経路の宛先への規則にしか従わないことがある。"
			"従ったかどうかを BGP は伝えず、攻撃の変化でしか分からない。"));
}

static void say_filter(const struct planning *g, const struct plan_option *o,
		       const struct plan_reach *r, bool ja, struct text *out)
{
	if (plan_is_limit(o)) {
		double limit = 0;

		for (unsigned i = 0; i < o->n_rules; i++)
			limit += o->rule[i].limit_bps;
		text_add(out, of_two(ja, "What it matches is slowed down to ", "合致する通信を "));
		text_rate(out, limit, "bit/s");
		text_add(out, of_two(ja, "; clients lose packets in the same share as the attack.",
				     " に制限する。利用者のパケットも攻撃と同じ割合で失われる。"));
	}
	say_covers(o, ja, out);
	say_foreign(o, ja, out);
	say_validation(o, r, ja, out);
	if (o->kind != PLAN_ACL)
		return;
	plan_space(out, ja);
	text_add(out, of_two(ja,
			     "Somebody has to put it in, and to take it out again, by hand: "
			     "noroshi does neither.",
			     "投入も撤去も人の手で行う。noroshi は行わない。"));
}

static void say_diversion(const struct planning *g, const struct plan_option *o,
			  const struct plan_reach *r, bool ja, struct text *out)
{
	char target[PREFIX_TEXT_MAX];

	prefix_format(&o->target, target);
	text_printf(
		out,
		of_two(ja,
		       "All traffic to %s goes by way of the scrubber, clients' too; what it lets "
		       "through and what it drops is not known here.",
		       "%s への通信は利用者のものも含めすべてスクラビング装置を経由する。"
		       "何を通し何を落とすかは、ここでは分からない。"),
		target);
}

static void say_request(const struct planning *g, const struct plan_option *o,
			const struct plan_reach *r, bool ja, struct text *out)
{
	if (plan_is_host(g, o))
		text_add(out, of_two(ja, "It is theirs to decide.", "判断は相手に委ねられる。"));
	else
		text_add(out,
			 of_two(ja, "It is a request, never an order: nobody has to answer it.",
				"依頼であって命令ではない。応答の義務はない。"));
}

static void both(struct planning *g, struct plan_option *o, const struct plan_reach *r, sayer say,
		 char *en, size_t en_room, char *ja, size_t ja_room)
{
	_cleanup_text_ struct text e = TEXT_NULL, j = TEXT_NULL;

	say(g, o, r, false, &e);
	say(g, o, r, true, &j);
	plan_keep(g, &e, false, en, en_room);
	plan_keep(g, &j, true, ja, ja_room);
}

void plan_say_option(struct planning *g, struct plan_option *o, const struct plan_reach *r)
{
	static const sayer says[PLAN_KINDS] = {
		[PLAN_NONE] = say_nothing_done,	  [PLAN_RTBH] = say_offline,
		[PLAN_FLOWSPEC] = say_filter,	  [PLAN_NFTABLES] = say_filter,
		[PLAN_ACL] = say_filter,	  [PLAN_COMMUNITY] = say_offline,
		[PLAN_DIVERSION] = say_diversion, [PLAN_ASK] = say_request,
	};
	struct prefix whole = g->guard->target;

	/* Its own prefix may stand in what is said of it. */
	g->guard->target = o->target;
	both(g, o, r, plan_say_helps, o->helps_en, sizeof(o->helps_en), o->helps_ja,
	     sizeof(o->helps_ja));
	both(g, o, r, says[o->kind], o->says_en, sizeof(o->says_en), o->says_ja,
	     sizeof(o->says_ja));
	if (o->kind != PLAN_NONE && o->kind != PLAN_ASK)
		plan_say_consent(g, o);
	g->guard->target = whole;
}

/* ---- the plan as a whole ---- */

/* Without a time: that is told in the reader's zone, and the plan is the same everywhere. */
static void say_attack(const struct planning *g, bool ja, struct text *out)
{
	const struct incident *inc = g->inc;
	_cleanup_text_ struct text vectors = TEXT_NULL, figures = TEXT_NULL;
	static const char *const states[][2] = {
		[FINDING_OPEN] = {"it goes on", "継続中"},
		[FINDING_QUIET] = {"quiet now, not over", "現在は見えないが終息とはしない"},
		[FINDING_CLOSED] = {"over", "終息済み"},
		[FINDING_LOST_SIGHT] = {"not seen any more; it may go on",
					"見えなくなったが継続の可能性あり"},
	};

	words_object(inc, g->conf, ja, out);
	if (g->about == CASE_SCAN)
		text_add(out, of_two(ja, ": scan", ": スキャン"));
	else if (words_vectors(inc, 3, ja, &vectors))
		text_printf(out, ": %s", text_str(&vectors));
	if (words_figures(inc, ja, &figures))
		text_printf(out, of_two(ja, ", peak %s", "、最大 %s"), text_str(&figures));
	text_printf(out, of_two(ja, "; %s.", "、%s。"), states[inc->f.state][ja]);
}

/* Why there are no rules at all, where the evidence was not even asked. */
static void say_separable(const struct planning *g, bool ja, struct text *out)
{
	const char *why = ja ? g->derived->why_ja : g->derived->why_en;

	if (g->about == CASE_SCAN)
		text_add(out, of_two(ja, "A scan is not filtered.", "スキャンはフィルタしない。"));
	else if (g->about == CASE_NO_DESTINATION)
		text_add(out, of_two(ja, "Without a destination there is no rule.",
				     "宛先がないため規則は作れない。"));
	else if (why[0])
		text_add(out, why);
	else
		text_add(out, of_two(ja,
				     "No header records of the attack are kept, so no rule can be "
				     "made of them.",
				     "攻撃のヘッダ記録が残っていないため、規則を作れない。"));
}

void plan_say_plan(struct planning *g)
{
	struct plan *p = g->plan;

	for (int ja = 0; ja < 2; ja++) {
		_cleanup_text_ struct text attack = TEXT_NULL, why = TEXT_NULL;

		say_attack(g, ja, &attack);
		say_separable(g, ja, &why);
		plan_keep(g, &attack, ja, ja ? p->attack_ja : p->attack_en,
			  ja ? sizeof(p->attack_ja) : sizeof(p->attack_en));
		plan_keep(g, &why, ja, ja ? p->separable_ja : p->separable_en,
			  ja ? sizeof(p->separable_ja) : sizeof(p->separable_en));
	}
}
