/* SPDX-License-Identifier: ISC */
/* Does it help: the figures of the lines behind and before a point, as sentences. */
#include <math.h>
#include <string.h>

#include "act/plan_inside.h"
#include "duty/brief_words.h"

#define LINKS_SAID 3

static void rate(double bps, bool ja, struct text *out)
{
	if (bps < 1)
		text_add(out, of_two(ja, "nothing", "0"));
	else
		text_rate(out, bps, "bit/s");
}

/* Attack figures of unknown sampling are bounds. */
static void attack_rate(const struct planning *g, double bps, bool ja, struct text *out)
{
	bool bound = !g->inc->f.sampling_known && bps >= 1;

	text_add(out, bound && !ja ? "at least " : "");
	rate(bps, ja, out);
	text_add(out, bound && ja ? " 以上" : "");
}

/* ---- lines ---- */

static bool is_link(const struct planning *g, const char *name)
{
	for (unsigned i = 0; i < g->n_links; i++)
		if (strcmp(g->link[i].name, name) == 0)
			return true;
	return false;
}

static void line_name(const struct planning *g, const struct plan_option *o, bool ja,
		      struct text *out)
{
	if (o->step == STEP_HOST && g->about == CASE_INCOMING)
		text_add(out, of_two(ja, "the host", "ホスト"));
	else if (is_link(g, o->line))
		text_printf(out, of_two(ja, "link %s", "リンク %s"), o->line);
	else if (o->line[0] && o->point[0] && strcmp(o->line, o->point) == 0)
		text_printf(out, of_two(ja, "the line behind %s", "%s の先の回線"), o->line);
	else if (o->line[0])
		text_printf(out, of_two(ja, "the access line of %s", "%s のアクセス回線"), o->line);
	else if (o->step >= STEP_PEERING || g->about == CASE_OUTGOING)
		text_add(out, of_two(ja, "its links", "そのリンク"));
	else
		text_add(out, of_two(ja, "the access line", "アクセス回線"));
}

static void capacity(const struct plan_option *o, bool ja, struct text *out)
{
	if (o->capacity_bps <= 0)
		return;
	text_add(out, of_two(ja, " (", "（容量 "));
	text_rate(out, o->capacity_bps, "bit/s");
	text_add(out, of_two(ja, ")", "）"));
}

static void say_unknown_attack(bool ja, struct text *out)
{
	plan_space(out, ja);
	text_add(out, of_two(ja, "How many bits per second the attack has is not known.",
			     "攻撃の帯域は不明。"));
}

static void say_reach(const struct plan_option *o, const struct plan_reach *r, bool ja,
		      struct text *out)
{
	if (r->all || o->kind == PLAN_ASK)
		return;
	if (r->share < 0) {
		text_add(out, of_two(ja, "Which part of the attack passes there is not known.",
				     "攻撃のうちそこを通る割合は不明。"));
		return;
	}
	text_add(out, of_two(ja, "", "攻撃のうちそこを通るのは "));
	if (r->share <= 0)
		text_add(out, "0 %");
	else
		words_share(r->share, ja, out);
	text_add(out, of_two(ja, " of the attack passes there.", "。"));
}

/* "On link transit-a (10.0 Gbit/s) 9.40 Gbit/s of attack become 94.0 Mbit/s." */
static void say_change(const struct planning *g, const struct plan_option *o, bool ja,
		       struct text *out)
{
	if (o->before_bps < 0) {
		say_unknown_attack(ja, out);
		return;
	}
	plan_space(out, ja);
	text_add(out, of_two(ja, plan_is_host(g, o) ? "At " : "On ", ""));
	line_name(g, o, ja, out);
	capacity(o, ja, out);
	text_add(out, of_two(ja, " ", "では攻撃 "));
	attack_rate(g, o->before_bps, ja, out);
	if (o->after_bps < 0) {
		text_add(out, of_two(ja, " of attack; what would be left is not known.",
				     "。残りがどれほどになるかは不明。"));
	} else {
		text_add(out, of_two(ja, " of attack would become ", " が "));
		rate(o->after_bps, ja, out);
		text_add(out, of_two(ja, ".", " になる。"));
	}
	if (o->capacity_bps > 0 || plan_is_host(g, o))
		return;
	plan_space(out, ja);
	if (o->line[0])
		text_add(out, of_two(ja, "How much that line carries is not known.",
				     "その回線の容量は不明。"));
	else
		text_add(out, of_two(ja, "Its capacity is not known.", "容量は不明。"));
}

static void say_upstream(const struct planning *g, const struct plan_option *o, bool ja,
			 struct text *out)
{
	bool host = plan_is_host(g, o);

	if (plan_is_full(o->upstream_bps, o->upstream_capacity_bps)) {
		plan_space(out, ja);
		if (host && plan_is_full(g->attack_bps, g->line_bps))
			text_add(out, of_two(ja,
					     "The access line before it is full already: "
					     "clients do not get through (",
					     "手前のアクセス回線が満杯で、利用者は到達できない（"));
		else
			text_printf(out,
				    of_two(ja, "Link %s before this point stays full (",
					   "手前のリンク %s は満杯のまま（"),
				    o->upstream);
		rate(o->upstream_bps, ja, out);
		text_add(out, of_two(ja, " of ", "、容量 "));
		rate(o->upstream_capacity_bps, ja, out);
		text_add(out, of_two(ja, ").", "）。"));
	} else if (!o->upstream_capacity_bps && g->inc->class != CLASS_SERVER &&
		   g->about == CASE_INCOMING && !(o->line[0] && is_link(g, o->line))) {
		plan_space(out, ja);
		text_add(out,
			 host ? of_two(ja, "The load of the access line before it is not known.",
				       "手前のアクセス回線の使用率は不明。")
			      : of_two(ja, "The load of the links before it is not known.",
				       "手前のリンクの使用率は不明。"));
	}
}

/* Whatever the access line bears: what does not come over the links never reaches it. */
static void say_full_links(const struct planning *g, bool ja, struct text *out)
{
	for (unsigned i = 0, n = 0; i < g->n_links && n < LINKS_SAID; i++) {
		const struct plan_link *l = &g->link[i];

		if (!plan_link_is_full(l))
			continue;
		n++;
		plan_space(out, ja);
		text_printf(out,
			    of_two(ja, "Link %s before it stays full (",
				   "手前のリンク %s は満杯のまま（"),
			    l->name);
		text_rate(out, fmax(l->load_bps, l->attack_bps), "bit/s");
		text_add(out, of_two(ja, " of ", "、容量 "));
		text_rate(out, l->capacity_bps, "bit/s");
		text_add(out, of_two(ja, ").", "）。"));
	}
}

static void say_wait(const struct planning *g, const struct plan_option *o, bool ja,
		     struct text *out)
{
	if (g->about != CASE_INCOMING)
		return;
	if (o->before_bps < 0) {
		say_unknown_attack(ja, out);
		return;
	}
	text_add(out, of_two(ja, "The attack has ", "攻撃は "));
	attack_rate(g, o->before_bps, ja, out);
	text_add(out, of_two(ja, "; ", "。"));
	line_name(g, o, ja, out);
	if (o->capacity_bps <= 0) {
		text_add(out, of_two(ja,
				     ": how much it carries is not known, so neither is whether "
				     "it is full.",
				     "の容量は不明で、満杯かどうかも不明。"));
		return;
	}
	capacity(o, ja, out);
	if (plan_is_full(o->before_bps, o->capacity_bps)) {
		text_add(out, of_two(ja, " stays full.", "は満杯のまま。"));
		return;
	}
	text_add(out, of_two(ja, " is not full by it: ", "は満杯にならない。占有は "));
	words_share(o->before_bps / o->capacity_bps, ja, out);
	text_add(out, of_two(ja, ".", "。"));
}

static void say_theirs(const struct planning *g, const struct plan_option *o, bool ja,
		       struct text *out)
{
	if (o->before_bps >= 0) {
		text_add(out, of_two(ja, plan_is_host(g, o) ? "At " : "On ", ""));
		line_name(g, o, ja, out);
		capacity(o, ja, out);
		text_add(out, of_two(ja, " there are ", "の攻撃は "));
		attack_rate(g, o->before_bps, ja, out);
		text_add(out, of_two(ja, " of attack.", "。"));
	}
	if (plan_is_host(g, o))
		say_upstream(g, o, ja, out);
	plan_space(out, ja);
	text_add(out, of_two(ja, "What they will do, and when, is not known.",
			     "相手が何をいつ行うかは不明。"));
}

static void say_scrubber(const struct planning *g, const struct plan_option *o,
			 const struct plan_reach *r, bool ja, struct text *out)
{
	double capacity_bps = r->neighbor ? (double)r->neighbor->capacity_bps : 0;

	if (o->kind != PLAN_DIVERSION || g->attack_bps < 0)
		return;
	plan_space(out, ja);
	if (capacity_bps <= 0) {
		text_add(out, of_two(ja, "How much the scrubber takes is not known.",
				     "スクラビング装置の処理容量は不明。"));
		return;
	}
	text_add(out, of_two(ja, "The scrubber takes ", "スクラビング装置の処理容量は "));
	text_rate(out, capacity_bps, "bit/s");
	text_add(out, plan_is_full(g->attack_bps, capacity_bps)
			      ? of_two(ja, ", too little for all of it.", " で、全量には足りない。")
			      : of_two(ja, ".", "。"));
}

void plan_say_helps(const struct planning *g, const struct plan_option *o,
		    const struct plan_reach *r, bool ja, struct text *out)
{
	if (o->kind == PLAN_NONE) {
		say_wait(g, o, ja, out);
		if (g->about == CASE_INCOMING)
			say_full_links(g, ja, out);
		return;
	}
	if (o->kind == PLAN_ASK) {
		say_theirs(g, o, ja, out);
		return;
	}
	say_reach(o, r, ja, out);
	if (!r->all && r->share >= 0 && r->share < WORTH_SAYING)
		return;
	say_change(g, o, ja, out);
	say_upstream(g, o, ja, out);
	say_scrubber(g, o, r, ja, out);
}
