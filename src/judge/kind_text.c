/* SPDX-License-Identifier: ISC */
/*
 * Kinds in words: every sentence is made of the figures that are kept, in English and Japanese.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "judge/kind.h"

static const char *const names[KIND_COUNT] = {
	[KIND_UNKNOWN] = "unknown",	    [KIND_BOTS] = "bots",
	[KIND_PROXIES] = "open_proxies",    [KIND_REFLECTORS] = "reflectors",
	[KIND_CUSTOMERS] = "own_customers", [KIND_SINGLE] = "single_host",
};

static const char *const words[KIND_COUNT][2] = {
	[KIND_UNKNOWN] = {"unknown", "不明"},
	[KIND_BOTS] = {"bots", "ボット"},
	[KIND_PROXIES] = {"open proxies", "公開プロキシ"},
	[KIND_REFLECTORS] = {"reflectors", "リフレクタ"},
	[KIND_CUSTOMERS] = {"own customers", "自社顧客"},
	[KIND_SINGLE] = {"one single host", "単一ホスト"},
};

/* In the order in which they are said. */
static const struct {
	unsigned basis;
	const char *en, *ja;
} clauses[] = {
	{BASIS_NO_RECORDS, "no header record was kept", "ヘッダ記録が残っていない"},
	{BASIS_FORGED, NULL, NULL}, /* by the verdict, see forged_clause() */
	{BASIS_OWN_OUTSIDE, "own addresses, but not seen coming from inside",
	 "自網のアドレスだが、内側から来たものとは見えない"},
	{BASIS_MANY_WAYS, "one address, but by several links or from several distances",
	 "単一アドレスだが、複数のリンクまたは距離から届いている"},
	{BASIS_UNSHOWN, "nothing shows that the addresses are real",
	 "アドレスが実在の送信元であることを示すものがない"},
	{BASIS_OWN, "own prefixes, seen leaving our network",
	 "自網のプレフィックスから外へ出ている"},
	{BASIS_LIST, "on a list of open proxies", "公開プロキシの一覧に載っている"},
	{BASIS_ANSWERS, "large answers from the port of a service that reflects",
	 "反射に使われるサービスのポートからの大きな応答"},
	{BASIS_UNASKED, "answers that the target never asked for", "対象が求めていない応答"},
	{BASIS_ONE, "one address sends nearly all", "ほぼ全量が単一アドレスから"},
	{BASIS_VERDICT, "the verdict is that sources are not forged", "送信元は詐称ではないと判定"},
	{BASIS_HANDSHAKE, "handshakes were completed", "ハンドシェイクを完了している"},
	{BASIS_REPEATS, "the same addresses come again and again", "同じアドレスが繰り返し現れる"},
	{BASIS_COUNTRY, "nearly all lie in one country, which random forging does not give",
	 "ほぼ全てが一つの国にあり、無作為な詐称ではこうならない"},
	{BASIS_FEW, "too few to tell bots from other hosts",
	 "ボットと他のホストを見分けるには少なすぎる"},
	{BASIS_LISTED, "many beside them are listed proxies, and no list is complete",
	 "同時に一覧掲載のプロキシが多く、一覧は完全ではない"},
};

static const char *const shared_names[][2] = {
	[SHARED_CGN] = {"carrier-grade NAT", "CGN"},
	[SHARED_MAP_E] = {"MAP-E", "MAP-E"},
	[SHARED_CDN] = {"a CDN", "CDN"},
	[SHARED_RESOLVER] = {"resolvers", "リゾルバ"},
	[SHARED_OTHER] = {"other shared addresses", "その他の共用アドレス"},
};

const char *source_kind_name(enum source_kind kind)
{
	return names[kind];
}

int source_kind_parse(const char *name, enum source_kind *out)
{
	for (unsigned i = 0; i < KIND_COUNT; i++) {
		if (strcmp(names[i], name) == 0) {
			*out = (enum source_kind)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *source_kind_word(enum source_kind kind, bool ja)
{
	return words[kind][ja];
}

static void say_figures(const struct source_part *p, bool ja, struct text *out)
{
	if (p->mean_bytes)
		text_printf(out,
			    ja ? "。平均パケット長 %" PRIu64 " バイト"
			       : "; %" PRIu64 " bytes a packet on "
				 "average",
			    p->mean_bytes);
	if (p->listed_us != TIME_NONE) {
		char day[TIME_TEXT_MAX];

		time_format_utc(p->listed_us, day);
		day[10] = '\0';
		text_printf(out, ja ? "。最新の掲載日 %s" : "; newest listing of %s", day);
	}
}

/* What stays possible though the kind is told. */
static void say_doubt(const struct source_part *p, bool ja, struct text *out)
{
	const unsigned shown = BASIS_VERDICT | BASIS_HANDSHAKE | BASIS_OWN | BASIS_ANSWERS |
			       BASIS_UNASKED | BASIS_NO_RECORDS;

	if (p->kind == KIND_SINGLE && !(p->basis & BASIS_HANDSHAKE))
		text_add(out, ja ? "。第三者のアドレスの詐称である可能性は残る"
				 : "; a forged third-party address stays possible");
	else if (p->kind != KIND_UNKNOWN && !(p->basis & shown))
		text_add(out, ja ? "。一定のアドレス群の詐称は否定できない"
				 : "; a fixed set of forged addresses is not excluded");
	if (p->shared)
		text_add(out, ja ? "。多数の利用者が共用するアドレスを含み、実数はこれより多い"
				 : "; some stand for many parties, so there are at least so many");
}

static const char *forged_clause(const struct source_kinds *k, bool ja)
{
	if (k->forged == FORGED_PARTLY)
		return ja ? "一部が詐称されており、これらが実在の送信元であることは示されていない"
			  : "a part is forged, and these are not shown to be real";
	return ja ? "これらのアドレスは詐称と判定されている"
		  : "the verdict is that these addresses are forged";
}

void source_kind_reason(const struct source_kinds *k, const struct source_part *p, bool ja,
			struct text *out)
{
	bool first = true;

	for (size_t i = 0; i < ARRAY_LEN(clauses); i++) {
		const char *clause = ja ? clauses[i].ja : clauses[i].en;

		if (!(p->basis & clauses[i].basis))
			continue;
		text_printf(out, "%s%s",
			    first ? ""
			    : ja  ? "、"
				  : ", ",
			    clause ? clause : forged_clause(k, ja));
		first = false;
	}
	if (first)
		text_add(out, ja ? "種別を見分けるには小さすぎる部分" : "too small a part to tell");
	say_figures(p, ja, out);
	say_doubt(p, ja, out);
	if (k->records)
		text_printf(out, ja ? "。ヘッダ記録 %u 件による" : "; from %u header records",
			    k->records);
	text_add(out, ja ? "。" : ".");
}

void kinds_filter_reason(const struct source_kinds *k, bool ja, struct text *out)
{
	bool first = true;

	if (!kinds_filter_forbidden(k)) {
		text_add(out,
			 ja ? "禁じる理由は見つからないが、遮断してよい送信元も示されていない。"
			    : "Nothing forbids it, but no source is shown here that may be "
			      "filtered.");
		return;
	}
	if (k->shared_kinds)
		text_add(out, ja ? "多数の利用者が共用するアドレスが送信元に含まれる ("
				 : "Sources stand for many parties (");
	for (unsigned i = 0; i < ARRAY_LEN(shared_names); i++) {
		if (!(k->shared_kinds >> i & 1))
			continue;
		text_printf(out, "%s%s", first ? "" : ja ? "、" : ", ", shared_names[i][ja]);
		first = false;
	}
	if (k->shared_kinds)
		text_add(out, ja ? ")。遮断すると無関係の利用者を巻き込む。"
				 : "): a filter would cut off those who take no part.");
	if (k->never_touch)
		text_printf(out, "%s%s", k->shared_kinds && !ja ? " " : "",
			    ja ? "措置の対象にしてはならないアドレス (never_touch) が含まれる。"
			       : "Some are addresses that no measure may name (never_touch).");
}

static const char *how_many(const struct source_part *p, bool ja)
{
	if (p->count_at_least)
		return ja ? "少なくとも " : "at least ";
	return !p->count_about ? "" : ja ? "約 " : "about ";
}

static void say_part(const struct source_kinds *k, const struct source_part *p, bool ja,
		     struct text *out)
{
	_cleanup_text_ struct text reason = TEXT_NULL;

	source_kind_reason(k, p, ja, &reason);
	text_add(out, words[p->kind][ja]);
	if (p->protocol[0])
		text_printf(out, " (%s)", p->protocol);
	text_printf(out,
		    ja ? ": パケットの %.1f %%、%s%" PRIu64 " アドレス\n"
		       : ": %.1f %% of the packets, %s%" PRIu64 " addresses\n",
		    100 * p->share, how_many(p, ja), p->count);
	text_printf(out, "%s\n", text_str(&reason));
}

void kinds_said(const struct source_kinds *k, const char *language, struct text *out)
{
	bool ja = language && strcmp(language, "ja") == 0;

	for (unsigned i = 0; i < k->n; i++)
		say_part(k, &k->part[i], ja, out);
	if (!kinds_filter_forbidden(k))
		return;
	text_add(out, ja ? "送信元による遮断は不可: " : "no filter on sources: ");
	kinds_filter_reason(k, ja, out);
	text_add(out, "\n");
}
