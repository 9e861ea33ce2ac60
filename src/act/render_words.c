/* SPDX-License-Identifier: ISC */
/* Why a target cannot say a rule, in English and Japanese. */
#include "act/render_inside.h"

#define LINES_MAX "128"

_Static_assert(RENDER_LINES_MAX == 128, "the words say 128");

/* %s: the target. */
static const struct {
	const char *en, *ja;
} words[RENDER_REFUSALS] = {
	[REFUSED_NOT] = {"", ""},
	[REFUSED_NAME] = {"a name of a list has letters, digits and \"-\" only",
			  "リストの名前に使えるのは英数字と「-」だけ"},
	[REFUSED_MASK] = {"a mask without bits", "マスクにビットがない"},
	[REFUSED_FLAGS] = {"flags beyond the eight that have names",
			   "名前のある 8 つ以外のフラグがある"},
	[REFUSED_PORTS] = {"ports without a protocol that has them",
			   "ポートのないプロトコルにポートの条件がある"},
	[REFUSED_ICMP] = {"an ICMP type or code without ICMP of its family",
			  "同じアドレスファミリーの ICMP でないのにタイプかコードの条件がある"},
	[REFUSED_TCP] = {"TCP flags without TCP", "TCP でないのに TCP フラグの条件がある"},
	[REFUSED_DESTINATION] = {"no destination", "宛先がない"},
	[REFUSED_FAMILIES] = {"source and destination of two families",
			      "送信元と宛先のアドレスファミリーが異なる"},
	[REFUSED_FIELD] = {"a field that is unknown, or there twice", "項目が未知か、重複している"},
	[REFUSED_NOTHING] = {"it matches no packet", "一致するパケットがない"},
	[REFUSED_LIST_ECN] = {"access lists of %s know no flags ECE and CWR",
			      "%s のアクセスリストには ECE と CWR のフラグがない"},
	[REFUSED_LIST_TCP] = {"access lists of %s cannot ask for these TCP flags",
			      "%s のアクセスリストでは、この TCP フラグの組を条件にできない"},
	[REFUSED_LIST_DF] = {"access lists of %s do not know the do-not-fragment bit",
			     "%s のアクセスリストにはフラグメント禁止ビットがない"},
	[REFUSED_LIST_FRAGMENTS] =
		{"access lists of %s only tell later fragments from the rest",
		 "%s のアクセスリストが見分けるのは後続フラグメントとその他だけ"},
	[REFUSED_LIST_RATE] = {"an access list cannot limit a rate",
			       "アクセスリストでは帯域を制限できない"},
	[REFUSED_LIST_REDIRECT] = {"an access list cannot redirect to a route target",
				   "アクセスリストでは経路ターゲットへ転送できない"},
	[REFUSED_LIST_LENGTH4] = {"access lists of %s cannot ask for the length of an IPv4 packet",
				  "%s のアクセスリストでは IPv4 パケットの長さを条件にできない"},
	[REFUSED_LIST_LENGTH6] = {"access lists of %s cannot ask for the length of an IPv6 packet",
				  "%s のアクセスリストでは IPv6 パケットの長さを条件にできない"},
	[REFUSED_LIST_PORTS] = {"an access list has ports for TCP, UDP and SCTP only",
				"アクセスリストでポートを条件にできるのは TCP、UDP、SCTP だけ"},
	[REFUSED_LIST_ICMP] = {"an access list has no ICMP code without its type",
			       "アクセスリストでは ICMP のコードだけを条件にできない"},
	[REFUSED_LIST_PROTOCOL] = {"protocol 0 of an access list means every protocol",
				   "アクセスリストのプロトコル 0 は全てのプロトコルを指す"},
	[REFUSED_LIST_LINES] = {"an access list would need more than " LINES_MAX " lines",
				"アクセスリストが " LINES_MAX " 行を超える"},
	[REFUSED_EXABGP_RATE] = {"ExaBGP limits to 8 bit/s at least and 8 Tbit/s at most",
				 "ExaBGP で制限できるのは 8 bit/s から 8 Tbit/s まで"},
	[REFUSED_TARGET] = {"a redirection needs a route target ASN:NUMBER",
			    "転送には経路ターゲット (AS番号:番号) が要る"},
	[REFUSED_ACTION] = {"an unknown action", "未知の動作"},
	[REFUSED_DF6] = {"IPv6 has no do-not-fragment bit (RFC 8956)",
			 "IPv6 にフラグメント禁止ビットはない (RFC 8956)"},
	[REFUSED_JUNOS_REDIRECT] =
		{"a filter of Junos redirects to a routing instance, not to a route target",
		 "Junos のフィルタの転送先はルーティングインスタンスで、経路ターゲットではない"},
	[REFUSED_JUNOS_RATE] =
		{"a policer of Junos limits to 32 kbit/s at least and 100 Gbit/s at most",
		 "Junos のポリサーで制限できるのは 32 kbit/s から 100 Gbit/s まで"},
	[REFUSED_JUNOS_ECN] = {"Junos knows no TCP flags ECE and CWR",
			       "Junos に ECE と CWR のフラグはない"},
	[REFUSED_JUNOS_FRAGMENTS] = {"Junos cannot tell the fragments of IPv6 apart",
				     "Junos は IPv6 のフラグメントを見分けられない"},
	[REFUSED_NFT_REDIRECT] = {"nftables cannot hand packets to a route target",
				  "nftables では経路ターゲットへ転送できない"},
	[REFUSED_NFT_RATE] = {"nftables limits to 8 bit/s at least and 144 Gbit/s at most",
			      "nftables で制限できるのは 8 bit/s から 144 Gbit/s まで"},
	[REFUSED_NFT_LIMITS] = {"nftables needs several rules for these fragments of IPv6, and "
				"each would have a limit of its own",
				"nftables では IPv6 "
				"のこのフラグメントに複数の規則が要り、それぞれが別の制限になる"},
};

void render_say(enum render_kind k, enum render_refusal why, const struct rule *r, bool ja,
		struct text *out)
{
	static const char *const who[RENDER_KINDS] = {"ExaBGP", "nftables", "IOS-XE",
						      "IOS-XR", "Junos",    "EOS"};

	if (why == REFUSED_RULE)
		text_add(out, ja ? rule_check_ja(r) : rule_check(r));
	else
		text_printf(out, ja ? words[why].ja : words[why].en, who[k]);
}
