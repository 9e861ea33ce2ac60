/* SPDX-License-Identifier: ISC */
/*
 * Why, in words: what sets the attack apart, or what it shares with the clients, each with its
 * figures. Nothing that is not known is said as a number.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "act/derive_inside.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "base/vector.h"

#define LOOK_MAX 160

/* What is known of a protocol, beside this attack: is it safe to drop it? */
static const struct remark {
	uint8_t proto;
	uint16_t port;
	const char *en, *ja;
} remarks[] = {
	{PROTO_UDP, 11211,
	 "No client of a public service is answered by memcached over the Internet.",
	 "公開サービスの利用者に、インターネット越しに memcached が応答することはない。"},
	{PROTO_UDP, 123,
	 "Ordinary NTP answers are 76 octets long; if the target asks time servers, keep to the "
	 "longer "
	 "ones.",
	 "通常の NTP 応答は 76 "
	 "オクテット。対象が時刻サーバーを使う場合は、それより長いものに限ること。"},
	{PROTO_UDP, 53, "If the target asks resolvers outside, their answers would be dropped too.",
	 "対象が外部のリゾルバーを使う場合は、その応答も破棄される。"},
	{PROTO_UDP, 389, "No client of a public service is answered by CLDAP over the Internet.",
	 "公開サービスの利用者に、インターネット越しに CLDAP が応答することはない。"},
	{PROTO_UDP, 1900, "No client of a public service is answered by SSDP over the Internet.",
	 "公開サービスの利用者に、インターネット越しに SSDP が応答することはない。"},
};

static const struct rule_condition *find(const struct rule *r, enum rule_field f)
{
	for (unsigned i = 0; i < r->n_conditions; i++)
		if (r->condition[i].field == f)
			return &r->condition[i];
	return NULL;
}

static bool asks_for(const struct rule *r, enum rule_field f, uint16_t value)
{
	const struct rule_condition *c = find(r, f);

	for (unsigned i = 0; c && i < c->n; i++)
		if (value >= c->range[i].from && value <= c->range[i].to)
			return true;
	return false;
}

static bool is_malformed(const struct rule *r)
{
	const struct rule_condition *c = find(r, RULE_TCP_FLAGS);
	unsigned bad = 0;

	for (unsigned i = 0; c && i < c->n; i++) {
		uint16_t bits = c->range[i].from, mask = c->range[i].to;

		bad += (bits & (TH_SYN | TH_FIN)) == (TH_SYN | TH_FIN) ||
		       (bits & (TH_SYN | TH_RST)) == (TH_SYN | TH_RST) ||
		       ((bits & TH_FIN) && (mask & TH_ACK) && !(bits & TH_ACK));
	}
	return c && bad == c->n;
}

static bool is_all_udp(const struct rule *r)
{
	return r->n_conditions == 1 && asks_for(r, RULE_PROTOCOL, PROTO_UDP);
}

static void add_remarks(const struct derived *d, bool ja, struct text *out)
{
	for (size_t k = 0; k < ARRAY_LEN(remarks); k++)
		for (unsigned i = 0; i < d->n; i++) {
			if (!asks_for(&d->rule[i], RULE_SOURCE_PORT, remarks[k].port) ||
			    !asks_for(&d->rule[i], RULE_PROTOCOL, remarks[k].proto))
				continue;
			text_printf(out, "%s%s", ja ? "" : " ", ja ? remarks[k].ja : remarks[k].en);
			break;
		}
	for (unsigned i = 0; i < d->n; i++)
		if (is_all_udp(&d->rule[i])) {
			text_add(out, ja ? "対象への UDP "
					   "はすべて破棄され、対象自身のリゾルバーや時刻サーバーの"
					   "応答も失われる。"
					 : " All UDP to it is dropped, answers of its own "
					   "resolvers and time "
					   "servers too.");
			break;
		}
	for (unsigned i = 0; i < d->n; i++)
		if (is_malformed(&d->rule[i])) {
			text_add(out, ja ? "この組み合わせの TCP フラグを送る正常な実装はない。"
					 : " No honest stack sends TCP flags like these.");
			break;
		}
}

/* 0.1234 as "12.3 %"; what is not nought never reads as nought, nor what is not all as all. */
static void percent(double share, char buf[24])
{
	double p = 100 * share;

	if (p > 0 && p < 0.1)
		snprintf(buf, 24, "%.2g %%", p);
	else if (p < 99.95 || p >= 100)
		snprintf(buf, 24, "%.4g %%", p >= 100 ? 100.0 : (double)(long)(p * 10 + 0.5) / 10);
	else
		snprintf(buf, 24, "%.2f %%", p >= 99.995 ? 99.99 : p);
}

/* The look that most packets of the attack have which no rule covers. */
struct look {
	uint8_t proto, flags;
	uint16_t dport, octets;
	bool later, coarse; /* coarse: of any port and length */
	double weight;
};

static bool uncovered(const struct derived *d, const struct evidence_record *e)
{
	for (unsigned i = 0; i < d->n; i++)
		if (rule_matches(&d->rule[i], e))
			return false;
	return true;
}

static struct look look_of(const struct evidence_record *e, bool coarse)
{
	const struct flow *f = &e->flow;
	uint64_t octets = f->packets ? f->bytes / f->packets : f->bytes;
	struct look l = {.proto = f->proto,
			 .flags = f->proto == PROTO_TCP ? f->tcp_flags & 0x3f : 0,
			 .later = e->side.flags & FLOW_LATER_FRAGMENT,
			 .coarse = coarse};

	if (coarse)
		return l;
	l.dport = f->dport;
	l.octets = (uint16_t)(octets > UINT16_MAX ? UINT16_MAX : octets);
	return l;
}

static bool looks_alike(const struct look *a, const struct look *b)
{
	return a->proto == b->proto && a->flags == b->flags && a->dport == b->dport &&
	       a->octets == b->octets && a->later == b->later;
}

/* Heavy ones are found by a vote of few candidates (Misra and Gries 1982), then counted. */
#define LOOKS	   16
#define FINE_LEAST 0.2 /* share of the uncovered, for ports and lengths to be worth a word */

static void vote(struct look *list, const struct look *l, double weight)
{
	unsigned least = 0;

	for (unsigned i = 0; i < LOOKS; i++) {
		if (list[i].weight > 0 && looks_alike(&list[i], l)) {
			list[i].weight += weight;
			return;
		}
		least = list[i].weight < list[least].weight ? i : least;
	}
	if (list[least].weight < weight) {
		list[least] = *l;
		list[least].weight = weight;
		return;
	}
	for (unsigned i = 0; i < LOOKS; i++)
		list[i].weight = list[i].weight > weight ? list[i].weight - weight : 0;
}

/* @d: only what it leaves; NULL: all. */
static double look_weight(const struct look *l, const struct weighed *w, const struct derived *d,
			  bool opens)
{
	double sum = 0;

	for (unsigned i = 0; i < w->n; i++) {
		struct look here = look_of(&w->p[i].e, l->coarse);

		if (looks_alike(l, &here) && (!d || uncovered(d, &w->p[i].e)))
			sum += opens ? w->p[i].opens : w->p[i].weight;
	}
	return sum;
}

static struct look heaviest(const struct derived *d, const struct told *t, bool coarse)
{
	struct look list[LOOKS], *most = list;

	memset(list, 0, sizeof(list));
	for (unsigned i = 0; i < t->attack->n; i++) {
		struct look l = look_of(&t->attack->p[i].e, coarse);

		if (uncovered(d, &t->attack->p[i].e) && t->attack->p[i].weight > 0)
			vote(list, &l, t->attack->p[i].weight);
	}
	for (unsigned i = 1; i < LOOKS; i++)
		most = list[i].weight > most->weight ? &list[i] : most;
	most->weight = most->weight > 0 ? look_weight(most, t->attack, d, false) : 0;
	return *most;
}

static bool find_look(const struct derived *d, const struct told *t, struct look *out)
{
	*out = heaviest(d, t, false);
	if (out->weight < FINE_LEAST * (1 - d->covers) * t->attack->total)
		*out = heaviest(d, t, true);
	return out->weight > 0;
}

static const char *protocol_name(uint8_t proto, char buf[16])
{
	switch (proto) {
	case PROTO_ICMP:
		return "ICMP";
	case PROTO_TCP:
		return "TCP";
	case PROTO_UDP:
		return "UDP";
	case PROTO_ICMP6:
		return "ICMPv6";
	default:
		snprintf(buf, 16, "IP %u", proto);
		return buf;
	}
}

static void flags_name(uint8_t flags, char buf[24])
{
	static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG"};

	buf[0] = '\0';
	for (unsigned i = 0; i < ARRAY_LEN(names); i++)
		if (flags >> i & 1)
			snprintf(buf + strlen(buf), 24 - strlen(buf), "%s%s", *buf ? "+" : "",
				 names[i]);
}

static void say_look(const struct look *l, bool ja, char out[LOOK_MAX])
{
	char number[16], flags[24], port[40] = "", octets[40] = "";
	const char *name = protocol_name(l->proto, number);

	flags_name(l->flags, flags);
	if ((l->proto == PROTO_TCP || l->proto == PROTO_UDP) && !l->later && !l->coarse)
		snprintf(port, sizeof(port), ja ? "宛先ポート %u の" : " to port %u", l->dport);
	if (!l->coarse)
		snprintf(octets, sizeof(octets), ja ? " (%u オクテット)" : " of %u octets",
			 l->octets);
	if (ja)
		snprintf(out, LOOK_MAX, "%s%s%s%s%s%s", port, name, *flags ? " " : "", flags,
			 l->later ? " の後続フラグメント" : "", octets);
	else
		snprintf(out, LOOK_MAX, "%s%s%s%s%s%s", name, *flags ? " " : "", flags, port,
			 l->later ? " later fragments" : "", octets);
}

/* ---- sentences ---- */

static void say_good(const struct derived *d, const struct told *t, bool ja, struct text *out)
{
	char covers[24], low[24], hits[24], high[24];
	double share = rules_cover(d->rule, d->n, t->good, false), from, to;

	share_interval(share, weighed_effective(t->good), &from, &to);
	percent(d->covers, covers);
	percent(d->covers_low, low);
	percent(share, hits);
	percent(to, high);
	if (ja)
		text_printf(out,
			    "規則 %u 件で攻撃パケットの %s (少なくとも %s) "
			    "に一致する。通常通信の標本 %u 件に対しては%s%s、多くとも %s。",
			    d->n, covers, low, t->good->records, share > 0 ? "" : "一致がなく",
			    share > 0 ? hits : "", high);
	else if (share > 0)
		text_printf(out,
			    "%u rule%s cover%s %s of the attack's packets (at least %s) and hit%s "
			    "%s of the good "
			    "ones (at most %s, from %u records).",
			    d->n, d->n > 1 ? "s" : "", d->n > 1 ? "" : "s", covers, low,
			    d->n > 1 ? "" : "s", hits, high, t->good->records);
	else
		text_printf(out,
			    "%u rule%s cover%s %s of the attack's packets (at least %s) and hit%s "
			    "none of %u "
			    "records of good traffic (at most %s).",
			    d->n, d->n > 1 ? "s" : "", d->n > 1 ? "" : "s", covers, low,
			    d->n > 1 ? "" : "s", t->good->records, high);
	add_remarks(d, ja, out);
}

static void say_so_far(const struct derived *d, const struct told *t, bool ja, struct text *out)
{
	unsigned left = t->late_s - t->span_s;

	say_good(d, t, ja, out);
	if (ja)
		text_printf(out,
			    "ただし攻撃の記録は %u 秒分で、エクスポーターは続いているフローを"
			    "約 %u 秒たつまで報告しない。攻撃に他の種類があるかはまだ分からない。"
			    "%u 秒後に計画を作り直すこと。",
			    t->span_s, t->late_s, left);
	else
		text_printf(out,
			    " But the records of it span %u s, and its exporters tell of flows "
			    "that go on "
			    "only after about %u s: what else the attack holds is not known yet. "
			    "Plan again in %u s.",
			    t->span_s, t->late_s, left);
}

static void say_unsure(const struct derived *d, const struct told *t, bool ja, struct text *out)
{
	char low[24], high[24];
	double share = rules_cover(d->rule, d->n, t->good, false), from, to;

	share_interval(share, weighed_effective(t->good), &from, &to);
	percent(d->covers_low, low);
	percent(to, high);
	text_printf(
		out,
		ja ? "攻撃の記録 %u 件と通常通信の記録 %u 件では、規則 %u "
		     "件が攻撃を除き利用者に影響しないとは言い切れない。攻撃の少なくとも %s "
		     "に一致し、通常通信への一致は多くとも %s。"
		   : "From %u records of the attack and %u of good traffic it is not sure that %u "
		     "rule(s) "
		     "separate them: at least %s of the attack is covered, and at most %s of the "
		     "good hit.",
		t->attack->records, t->good->records, d->n, low, high);
	add_remarks(d, ja, out);
}

static void say_port(const struct derived *d, const struct told *t, bool ja, struct text *out)
{
	(void)d;
	if (ja)
		text_printf(out,
			    "攻撃と利用者の通信の違いは送信元ポート %u "
			    "だけ。送信元ポートは送信者がいつでも変えられるため、これに頼る規則は長"
			    "く効かない。制限または迂回を検討する。",
			    t->port);
	else
		text_printf(out,
			    "Only the source port, %u, sets the attack apart from clients. Its "
			    "sender chooses that port "
			    "and can change it at any moment, so no rule that lasts separates "
			    "them; limit or divert.",
			    t->port);
}

/* Of what opens connections it may be far more than of all packets. */
static void say_opens(const struct look *l, const struct weighed *good, bool ja, char out[96])
{
	char share[24];

	if (l->proto != PROTO_TCP || l->flags != TH_SYN || good->opens <= 0)
		return;
	percent(look_weight(l, good, NULL, true) / good->opens, share);
	snprintf(out, 96,
		 ja ? " (接続を開くパケットの %s)" : " (%s of what opens connections there)",
		 share);
}

/* What is left over, and how much of the good traffic looks the same. */
static void say_alike(const struct derived *d, const struct told *t, bool ja, struct text *out)
{
	char part[24], same[24], covers[24], what[LOOK_MAX], opens[96] = "";
	struct look l;
	double good;

	percent(d->covers, covers);
	if (d->n)
		text_printf(out,
			    ja ? "攻撃の一部だけが区別できる。規則 %u 件が一致するのは %s。"
			       : "Only a part of the attack can be told from clients: %u rule(s) "
				 "cover %s of it. ",
			    d->n, covers);
	else
		text_add(out, ja ? "攻撃と利用者の通信を区別できる規則はない。"
				 : "No rule tells the attack from clients. ");
	if (!find_look(d, t, &l))
		return;
	say_look(&l, ja, what);
	good = t->good->total > 0 ? look_weight(&l, t->good, NULL, false) / t->good->total : 0;
	percent(t->attack->total > 0 ? l.weight / t->attack->total : 0, part);
	percent(good, same);
	say_opens(&l, t->good, ja, opens);
	if (good > 0)
		text_printf(
			out,
			ja ? "攻撃の %s は%sで、通常通信の標本でも %s "
			     "が同じ形%s。制限または迂回を検討する。"
			   : "%s of it is %s, and so is %s of the good sample%s; limit or divert.",
			part, what, same, opens);
	else
		text_printf(out,
			    ja ? "残りで最も多いのは%s (%s) "
				 "だが、これを除く規則は利用者の通信にも一致する。制限または迂回を"
				 "検討する。"
			       : "Most of the rest is %s (%s), and what would cover it hits "
				 "clients too; limit or "
				 "divert.",
			    what, part);
}

static void say_unknown(const struct derived *d, const struct told *t, bool ja, struct text *out)
{
	char covers[24];

	percent(d->covers, covers);
	if (ja)
		text_printf(out,
			    t->good->records ? "通常通信の標本が %u 件しかなく (%u 件以上必要)、"
					     : "通常通信の標本がなく、",
			    t->good->records, COLLATERAL_LEAST);
	else if (t->good->records)
		text_printf(out, "Only %u records of good traffic are known (%u are needed), ",
			    t->good->records, COLLATERAL_LEAST);
	else
		text_add(out, "No good traffic to it was sampled, ");
	text_add(out, ja ? "規則が利用者をどれだけ巻き込むかは不明。"
			 : "so what a rule would cost clients is unknown.");
	if (d->n)
		text_printf(
			out,
			ja ? "規則 %u 件は攻撃が共有する条件だけから作られ、その %s に一致する。"
			   : " %u rule(s), made only of what the attack's packets share, cover %s "
			     "of it.",
			d->n, covers);
	add_remarks(d, ja, out);
}

static void say_little(const struct derived *d, const struct told *t, bool ja, struct text *out)
{
	(void)d;
	if (t->attack->records)
		text_printf(out,
			    ja ? "攻撃のヘッダ記録が %u 件しかなく、規則を作るには足りない。"
			       : "Only %u header records of the attack are kept, too few to make a "
				 "rule of.",
			    t->attack->records);
	else
		text_add(out, ja ? "対象に関する攻撃のヘッダ記録がないため、規則を作れない。"
				 : "No header records of an attack on one target are kept, so no "
				   "rule can be made.");
}

/* The order of enum verdict. */
static void (*const say[])(const struct derived *, const struct told *, bool, struct text *) = {
	[VERDICT_UNSURE] = say_unsure,	      [VERDICT_GOOD] = say_good,
	[VERDICT_SO_FAR] = say_so_far,	      [VERDICT_NO_EVIDENCE] = say_little,
	[VERDICT_FEW] = say_little,	      [VERDICT_NO_SAMPLE] = say_unknown,
	[VERDICT_SMALL_SAMPLE] = say_unknown, [VERDICT_PORT] = say_port,
	[VERDICT_PART] = say_alike,	      [VERDICT_ALIKE] = say_alike,
};

/* Cut between characters, should it ever be too long. */
static void copy_text(const struct text *t, char *out, size_t room)
{
	size_t n = t->len < room ? t->len : room - 1;

	while (n < t->len && n > 0 && ((unsigned char)t->s[n] & 0xc0) == 0x80)
		n--;
	memcpy(out, text_str(t), n);
	out[n] = '\0';
}

int derive_say(struct derived *d, const struct told *t)
{
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;

	say[t->verdict](d, t, false, &en);
	say[t->verdict](d, t, true, &ja);
	if (!text_ok(&en) || !text_ok(&ja))
		return -ENOMEM;
	copy_text(&en, d->why_en, sizeof(d->why_en));
	copy_text(&ja, d->why_ja, sizeof(d->why_ja));
	return 0;
}
