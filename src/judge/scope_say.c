/* SPDX-License-Identifier: ISC */
/*
 * The sentences of a scope. Each is one row of a table with the condition under which it is said,
 * so that what is not known is said once and in the same words everywhere.
 */
#include "judge/scope_say.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

struct sentence {
	bool (*when)(const struct scope_facts *k, const struct scope *s);
	const char *en, *ja; /* %s: who says it */
	/* Who says it; NULL where the sentence names nobody. */
	const char *(*who)(const struct scope_facts *k);
};

#define REGIONAL_SAID 0.1

static const char *actor_says(const struct scope_facts *k)
{
	return k->actor_says;
}

static const char *party_says(const struct scope_facts *k)
{
	return k->party_says;
}

static const char *hosted_says(const struct scope_facts *k)
{
	return k->hosted_says;
}

/* Reasons: the first that holds is said. */

static bool is_1(const struct scope_facts *k, const struct scope *s)
{
	return s->pattern == 1;
}

static bool is_2(const struct scope_facts *k, const struct scope *s)
{
	return s->pattern == 2;
}

static bool is_3(const struct scope_facts *k, const struct scope *s)
{
	return s->pattern == 3;
}

static bool is_4(const struct scope_facts *k, const struct scope *s)
{
	return s->pattern == 4;
}

static bool is_contradicted(const struct scope_facts *k, const struct scope *s)
{
	return s->contradicted;
}

static bool may_be_1(const struct scope_facts *k, const struct scope *s)
{
	return s->possible == 1;
}

static bool may_be_2(const struct scope_facts *k, const struct scope *s)
{
	return s->possible == 2;
}

static bool may_be_3_by_word(const struct scope_facts *k, const struct scope *s)
{
	return s->possible == 3 && !k->observed;
}

static bool may_be_3(const struct scope_facts *k, const struct scope *s)
{
	return s->possible == 3 && k->observed;
}

static bool is_unobserved(const struct scope_facts *k, const struct scope *s)
{
	return !k->observed;
}

static bool has_no_country(const struct scope_facts *k, const struct scope *s)
{
	return !k->countries;
}

static bool is_all_domestic(const struct scope_facts *k, const struct scope *s)
{
	return s->target == SCOPE_DOMESTIC && s->traffic == SCOPE_DOMESTIC &&
	       s->actor == SCOPE_DOMESTIC;
}

static bool is_from_abroad(const struct scope_facts *k, const struct scope *s)
{
	return s->target == SCOPE_DOMESTIC && s->traffic == SCOPE_FOREIGN &&
	       s->actor == SCOPE_FOREIGN;
}

static bool is_domestic_actor(const struct scope_facts *k, const struct scope *s)
{
	return s->target == SCOPE_FOREIGN && s->actor == SCOPE_DOMESTIC;
}

static bool is_elsewhere(const struct scope_facts *k, const struct scope *s)
{
	return s->target == SCOPE_FOREIGN && s->traffic == SCOPE_FOREIGN;
}

static bool always(const struct scope_facts *k, const struct scope *s)
{
	return true;
}

static const struct sentence reasons[] = {
	{is_1,
	 "Pattern 1: a domestic target, and traffic from domestic hosts that act for somebody "
	 "else.",
	 "類型 1: 国内の対象に、他者のために動いている国内ホストから攻撃通信が届いている。", NULL},
	{is_2,
	 "Pattern 2: a domestic case that has become international: the target is domestic, the "
	 "traffic comes from abroad, and the actor is domestic (%s).",
	 "類型 2: 国内の事案が国際化したもの。対象は国内、通信は国外から、行為者は国内とされる "
	 "(%s)。",
	 actor_says},
	{is_3,
	 "Pattern 3: no domestic party is concerned (%s), yet domestic hosts take part in the "
	 "attack.",
	 "類型 3: 国内に当事者はいないとされる (%s) が、国内のホストが攻撃に加わっている。",
	 party_says},
	{is_4, "Pattern 4: the target is domestic in meaning but hosted abroad (%s).",
	 "類型 4: 対象は実質的に国内のものだが、国外に置かれている (%s)。", hosted_says},
	{is_contradicted,
	 "No pattern: what notices say contradicts another notice or what was observed.",
	 "類型なし: 通知の内容が、他の通知または観測と食い違う。", NULL},
	{may_be_1,
	 "Pattern 1 is possible: target and traffic are domestic, but the sources are not shown to "
	 "be bots or open proxies.",
	 "類型 1 の可能性: 対象も通信も国内だが、送信元がボットや公開プロキシとは示されていない。",
	 NULL},
	{may_be_2,
	 "Pattern 2 is possible: the target is domestic and the traffic comes from abroad; that a "
	 "domestic actor stands behind it, only a notice could say.",
	 "類型 2 の可能性: 対象は国内、通信は国外から。背後の行為者が国内かどうかは通知によってしか"
	 "分からない。",
	 NULL},
	{may_be_3_by_word,
	 "Pattern 3 is possible: no domestic party is concerned (%s), but nothing was observed of "
	 "domestic hosts that take part.",
	 "類型 3 の可能性: 国内に当事者はいないとされる (%s) "
	 "が、国内ホストの加担は観測されていない。",
	 party_says},
	{may_be_3,
	 "Pattern 3 is possible: domestic hosts send attack traffic abroad, which shows only that "
	 "they take part; that no domestic party is concerned, only a notice or the news could "
	 "say.",
	 "類型 3 の可能性: 国内ホストが国外へ攻撃通信を送っているが、示されるのは加担だけである。"
	 "国内に当事者がいないことは通知や報道によってしか分からない。",
	 NULL},
	{is_unobserved, "No pattern: nothing was observed, and no notice says enough.",
	 "類型なし: 観測がなく、通知の内容も足りない。", NULL},
	{has_no_country, "No pattern: the configuration names no country of the operator.",
	 "類型なし: 設定に事業者の国がない。", NULL},
	{is_all_domestic, "None of the patterns: target, traffic and actor (%s) are domestic.",
	 "どの類型でもない: 対象、通信、行為者 (%s) のいずれも国内である。", actor_says},
	{is_from_abroad,
	 "None of the patterns: a domestic target attacked from abroad by an actor abroad (%s).",
	 "どの類型でもない: 国外の行為者 (%s) による、国外から国内への攻撃である。", actor_says},
	{is_domestic_actor,
	 "None of the patterns: the actor is domestic (%s), so a domestic party is concerned.",
	 "どの類型でもない: 行為者が国内とされ (%s)、国内に当事者がいる。", actor_says},
	{is_elsewhere, "None of the patterns: target and traffic are both foreign.",
	 "どの類型でもない: 対象も通信も国外である。", NULL},
	{always, "No pattern: the side of the target or of the traffic is not known.",
	 "類型なし: 対象または通信が国内か国外か分からない。", NULL},
};

/* What is not known: all that hold are said. */

static bool cannot_observe(const struct scope_facts *k, const struct scope *s)
{
	return s->pattern == 4 && !k->observed;
}

static bool observes_a_part(const struct scope_facts *k, const struct scope *s)
{
	return s->pattern == 4 && k->observed;
}

static bool has_no_view(const struct scope_facts *k, const struct scope *s)
{
	return !k->observed && s->pattern != 4;
}

static bool knows_no_target(const struct scope_facts *k, const struct scope *s)
{
	return s->target == SCOPE_UNKNOWN && k->observed;
}

static bool is_mixed(const struct scope_facts *k, const struct scope *s)
{
	return k->observed && s->traffic == SCOPE_UNKNOWN && k->countries &&
	       s->domestic + s->foreign >= SCOPE_SHARE;
}

static bool knows_no_traffic(const struct scope_facts *k, const struct scope *s)
{
	return k->observed && s->traffic == SCOPE_UNKNOWN && !is_mixed(k, s);
}

static bool knows_only_link(const struct scope_facts *k, const struct scope *s)
{
	return s->by_link;
}

static bool is_unsure(const struct scope_facts *k, const struct scope *s)
{
	return k->kinds && k->kinds->unsure && !s->by_link && s->traffic != SCOPE_UNKNOWN;
}

static bool sees_own_part(const struct scope_facts *k, const struct scope *s)
{
	return k->leaves && s->pattern != 4;
}

static bool knows_no_actor(const struct scope_facts *k, const struct scope *s)
{
	return s->actor == SCOPE_UNKNOWN && !k->actor_disputed;
}

static bool actor_is_told(const struct scope_facts *k, const struct scope *s)
{
	return s->actor != SCOPE_UNKNOWN && k->actor_says;
}

static bool party_is_told(const struct scope_facts *k, const struct scope *s)
{
	return s->actor != SCOPE_UNKNOWN && !k->actor_says && k->party_says;
}

static bool actor_is_disputed(const struct scope_facts *k, const struct scope *s)
{
	return k->actor_disputed;
}

/* Of the target, and of a tenth of the traffic and more. */
static bool knows_only_region(const struct scope_facts *k, const struct scope *s)
{
	return k->countries &&
	       ((s->target == SCOPE_UNKNOWN && scope_is_region(s->target_country)) ||
		(k->kinds && k->kinds->regional >= REGIONAL_SAID));
}

static const struct sentence unknowns[] = {
	{cannot_observe,
	 "Own observation is impossible: this traffic does not pass our network, so its size, "
	 "times "
	 "and sources are known only as told.",
	 "自ら観測することはできない: 通信が自網を通らないため、規模、時刻、送信元は伝聞でしか"
	 "分からない。",
	 NULL},
	{observes_a_part,
	 "Only what passes our network was observed; the rest is known only as told.",
	 "観測できたのは自網を通った分だけで、残りは伝聞でしか分からない。", NULL},
	{has_no_view, "Nothing was observed: size, times and sources are known only as told.",
	 "観測がなく、規模、時刻、送信元は伝聞でしか分からない。", NULL},
	{knows_no_target, "Whether the target is domestic is not known.",
	 "対象が国内かどうか分からない。", NULL},
	{knows_only_region,
	 "Of some addresses only a region is known (EU and AP are no countries), so their side is "
	 "not.",
	 "一部のアドレスは地域コード (EU、AP など) しか分からず、国内か国外か分からない。", NULL},
	{is_mixed, "The traffic comes from both sides; on which the origin lies is not known.",
	 "通信は国内外の双方から届き、起点がどちらかは分からない。", NULL},
	{knows_no_traffic,
	 "Where the traffic comes from is not known: its source addresses are forged, not shown to "
	 "be "
	 "real or of no known country, and the links they came in by tell no country.",
	 "通信がどこから来るか分からない: 送信元アドレスは詐称か、実在が示されないか、国が不明で、"
	 "流入リンクからも国が分からない。",
	 NULL},
	{knows_only_link,
	 "Where the traffic began is not known beyond the link by which it came in.",
	 "通信の起点は、流入したリンクより先は分からない。", NULL},
	{is_unsure, "That the source addresses are real is likely, not shown.",
	 "送信元アドレスは実在らしいが、示されてはいない。", NULL},
	{sees_own_part, "How large the attack is beyond our customers' part is not seen.",
	 "自社顧客の分を除く攻撃全体の規模は見えない。", NULL},
	{actor_is_disputed, "Who acts is not known: notices contradict each other.",
	 "行為者は分からない: 通知が互いに食い違う。", NULL},
	{knows_no_actor,
	 "Who acts, and from where, is not known: traffic cannot show it, only a notice could.",
	 "誰がどこから行っているかは分からない: 通信からは示せず、通知によってしか分からない。",
	 NULL},
	{actor_is_told, "Where the actor is rests on a notice alone (%s); who it is, is not known.",
	 "行為者の所在は通知 (%s) だけに基づき、誰であるかは分からない。", actor_says},
	{party_is_told,
	 "That no domestic party is concerned rests on a notice alone (%s); who acts is not known.",
	 "国内に当事者がいないことは通知 (%s) だけに基づき、誰が行っているかは分からない。",
	 party_says},
};

/* What a notice says of its sender goes into the sentence as it is, so never as a format. */
static void add(struct text *to, const char *form, const char *who, const char *between)
{
	const char *at = strstr(form, "%s");

	if (to->len)
		text_add(to, between);
	if (!at) {
		text_add(to, form);
		return;
	}
	text_add_n(to, form, (size_t)(at - form));
	text_add(to, who && *who ? who : "?");
	text_add(to, at + 2);
}

/* What fits, never half a UTF-8 character. */
static void keep(char *to, size_t room, const struct text *from)
{
	const char *s = text_str(from);
	size_t n = strlen(s);

	if (n >= room)
		for (n = room - 1; n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80; n--)
			;
	memcpy(to, s, n);
	to[n] = '\0';
}

static void say(const struct scope_facts *k, const struct scope *s, const struct sentence *rows,
		size_t n, bool all, struct text *en, struct text *ja)
{
	for (size_t i = 0; i < n; i++) {
		const char *who;

		if (!rows[i].when(k, s))
			continue;
		who = rows[i].who ? rows[i].who(k) : NULL;
		add(en, rows[i].en, who, " ");
		add(ja, rows[i].ja, who, "");
		if (!all)
			return;
	}
}

void scope_say(const struct scope_facts *k, struct scope *out)
{
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;

	say(k, out, reasons, ARRAY_LEN(reasons), false, &en, &ja);
	keep(out->reason, sizeof(out->reason), &en);
	keep(out->reason_ja, sizeof(out->reason_ja), &ja);
	text_clear(&en);
	text_clear(&ja);
	say(k, out, unknowns, ARRAY_LEN(unknowns), true, &en, &ja);
	keep(out->unknown, sizeof(out->unknown), &en);
	keep(out->unknown_ja, sizeof(out->unknown_ja), &ja);
}

static const char *side_word(enum scope_side s, bool ja)
{
	static const char *const words[SCOPE_SIDE_COUNT][2] = {
		{"unknown", "不明"}, {"domestic", "国内"}, {"foreign", "国外"}};

	return words[s][ja];
}

void scope_said(const struct scope *s, const char *language, struct text *out)
{
	bool ja = language && strcmp(language, "ja") == 0;

	text_printf(out, ja ? "対象 %s" : "target %s", side_word(s->target, ja));
	if (s->target_country[0] && !s->hosted_abroad)
		text_printf(out, " (%s)", s->target_country);
	text_printf(out, ja ? "、通信 %s、行為者 %s\n" : ", traffic %s, actor %s\n",
		    side_word(s->traffic, ja), side_word(s->actor, ja));
	text_printf(out, "%s\n", ja ? s->reason_ja : s->reason);
	text_printf(out, "%s%s\n",
		    ja ? "不明な点: " : "Not known: ", ja ? s->unknown_ja : s->unknown);
}
