/* SPDX-License-Identifier: ISC */
/* Refusals in words: what is concerned, and how to get out of it. */
#include <errno.h>
#include <string.h>

#include "act/guard.h"

/* Each holds one %s, for what it is about, or none. @en0, @ja0: where that is not known. */
static const struct saying {
	const char *en, *ja, *en0, *ja0;
} sayings[GUARD_RULES] = {
	[GUARD_FOREIGN] =
		{"%s is neither own nor a customer's prefix. If it is, add it to \"own\".",
		 "%s は自社又は顧客のプレフィックスではない。該当する場合は own に加えること。",
		 "The destination is neither own nor a customer's prefix. If it is, add it to "
		 "\"own\".",
		 "宛先は自社又は顧客のプレフィックスではない。該当する場合は own に加えること。"},
	[GUARD_DEFAULT] =
		{"%s is a default route, or half of one. No measure is for that; take the attacked "
		 "prefix alone.",
		 "%s "
		 "はデフォルト経路又はその半分であり、措置の対象にできない。攻撃を受けているプレフ"
		 "ィックスだけを選ぶこと。",
		 "The destination is a default route. No measure is for that; take the attacked "
		 "prefix "
		 "alone.",
		 "宛先はデフォルト経路であり、措置の対象にできない。攻撃を受けているプレフィックス"
		 "だけを選ぶこと。"},
	[GUARD_SHORT] =
		{"The prefix is shorter than a measure may be for: %s. Take longer ones, or change "
		 "\"shortest4\" and \"shortest6\" in \"act\".",
		 "プレフィックスが措置の対象にできる長さより短い: %s。より長いものを選ぶか、設定 "
		 "act の shortest4、shortest6 を変えること。",
		 "The prefix is shorter than a measure may be for. Take longer ones, or change "
		 "\"shortest4\" and \"shortest6\" in \"act\".",
		 "プレフィックスが措置の対象にできる長さより短い。より長いものを選ぶか、設定 act "
		 "の shortest4、shortest6 を変えること。"},
	[GUARD_NEVER] =
		{"It touches %s, which no measure may touch. Take a prefix without it; only "
		 "\"never\" "
		 "of \"act\" and \"never_touch\" can change that, or for a router its configured "
		 "address.",
		 "触れてはならない %s "
		 "に及ぶ。それを含まないプレフィックスを選ぶこと。変えられるのは設定 act の never "
		 "と never_touch だけ (ルーターの場合は設定されたアドレス)。",
		 "It touches what no measure may touch. Take a prefix without it; only \"never\" "
		 "of "
		 "\"act\" and \"never_touch\" can change that.",
		 "触れてはならないアドレスに及ぶ。それを含まないプレフィックスを選ぶこと。変えられ"
		 "るのは設定 act の never と never_touch だけ。"},
	[GUARD_SHARED] =
		{"A rule names a source in %s, behind which many stand who have done "
		 "nothing. Take a "
		 "rule without a source; \"shared\" says which addresses these are.",
		 "送信元の条件が %s "
		 "に及び、無関係な多数の利用者を巻き込む。送信元のない条件を選ぶこと。共有のアドレ"
		 "スは設定 shared による。",
		 "A rule names a source behind which many stand who have done nothing. "
		 "Take a rule without "
		 "a source.",
		 "送信元の条件が、無関係な多数の利用者を巻き込む。送信元のない条件を選ぶこと。"},
	[GUARD_SOURCE] =
		{"Rule %s names a source that is not shown to be real: it may be forged, "
		 "and whoever owns "
		 "the address would be cut off. Take a rule without a source.",
		 "条件 %s "
		 "は、本物と確かめられていない送信元を指す。詐称であれば、そのアドレスの持ち主を遮"
		 "断することになる。送信元のない条件を選ぶこと。",
		 "A rule names a source that is not shown to be real. Take a rule without "
		 "a source.",
		 "条件が、本物と確かめられていない送信元を指す。送信元のない条件を選ぶこと。"},
	[GUARD_ONE_EXPORTER] =
		{"All rests on one exporter, %s, and nothing else bears it out: an export can be "
		 "forged. "
		 "Have a second router export the traffic, or wait until one does.",
		 "根拠は 1 台の %s "
		 "からの情報だけで、ほかに裏付けがない。フローは偽造できる。別のルーターからも出力"
		 "させるか、裏付けを待つこと。",
		 "No exporter that can be believed shows the attack. Have two routers of "
		 "\"exporters\" "
		 "export the traffic.",
		 "信頼できるフローの出力元が攻撃を示していない。exporters にある 2 "
		 "台以上から出力させること。"},
	[GUARD_SAMPLING] =
		{"The sampling of %s is not known, so every figure is only \"at "
		 "least\". Set \"sampling\" "
		 "of the exporter, or have it export its options.",
		 "%s のサンプリング率が分からず、どの値も「少なくとも」である。exporters の "
		 "sampling を設定するか、オプションテンプレートを出力させること。",
		 "The sampling is not known, so every figure is only \"at least\". Set "
		 "\"sampling\" of the "
		 "exporters, or have them export their options.",
		 "サンプリング率が分からず、どの値も「少なくとも」である。exporters の sampling "
		 "を設定するか、オプションテンプレートを出力させること。"},
	[GUARD_BROKEN] = {"The sequence or the clock of %s does not fit: its exports may be "
			  "forged. See \"noroshi "
			  "status\"; without it the attack is not borne out.",
			  "%s のシーケンス番号又は時計が合わず、偽造のおそれがある。noroshi status "
			  "を見ること。これを除くと攻撃の裏付けがない。",
			  "The sequence or the clock of an exporter does not fit: its exports may "
			  "be forged.",
			  "出力元のシーケンス番号又は時計が合わず、偽造のおそれがある。"},
	[GUARD_UNLISTED] = {"%s is on no allow-list: anybody could have sent that. Add it to "
			    "\"exporters\" if it is "
			    "a router of yours; without it the attack is not borne out.",
			    "%s は許可された出力元ではなく、誰でも送れる。自社のルーターであれば "
			    "exporters に加えること。これを除くと攻撃の裏付けがない。",
			    "An exporter is on no allow-list: anybody could have sent that.",
			    "許可されていない出力元であり、誰でも送れる。"},
	[GUARD_BUDGET] =
		{"The neighbour takes no more rules: %s. Withdraw one of less weight (the measure "
		 "that is named, where one is, weighs least there), or change \"max_rules\" of the "
		 "neighbour.",
		 "隣接ルーターの規則数の上限を超える: "
		 "%s。重要度の低いもの (措置の ID があれば、そこで最も低いもの) "
		 "を取り消すか、max_rules を変えること。",
		 "The neighbour takes no more rules. Withdraw one of less weight.",
		 "隣接ルーターの規則数の上限を超える。重要度の低いものを取り消すこと。"},
	[GUARD_RATE] = {"Too many changes within a minute: %s. Wait a minute, or change "
			"\"max_changes\" of the "
			"neighbour.",
			"1 分間の変更が多すぎる: %s。1 分待つか、max_changes を変えること。",
			"Too many changes within a minute. Wait a minute.",
			"1 分間の変更が多すぎる。1 分待つこと。"},
	[GUARD_FROZEN] =
		{.en0 = "Acting is frozen: nothing new starts until somebody lifts that "
			"(noroshi act thaw).",
		 .ja0 = "凍結中のため、解除されるまで新しい措置を開始しない (noroshi act thaw)。"},
	[GUARD_DRILL] = {"This is a drill, and %s is not on loopback: an exercise never reaches a "
			 "real router. Use "
			 "a neighbour of the kind \"dry_run\", or one on loopback.",
			 "訓練中だが、%s "
			 "はループバックにない。訓練は実際のルーターに及ばない。dry_run "
			 "の隣接か、ループバックの隣接を使うこと。",
			 "This is a drill: an exercise never reaches a real router.",
			 "訓練中である。訓練は実際のルーターに及ばない。"},
	[GUARD_NO_DESTINATION] = {.en0 = "It has no destination, so it would hit everybody. "
					 "Attacks on a link or on the "
					 "whole network are met at their hosts and prefixes.",
				  .ja0 = "宛先がなく、全ての通信に及ぶ。回線や網全体への攻撃には、"
					 "ホストやプレフィックスごとに対処すること。"},
	[GUARD_ENDED] =
		{.en0 = "The attack is over, so there is nothing left to stop. If it comes back, "
			"it "
			"is an incident of its own, or this one opens again.",
		 .ja0 = "攻撃は終わっており、止めるものがない。再発すれば新しい事案になるか、この事"
			"案が再び開く。"},
	[GUARD_FALSE] =
		{.en0 = "Somebody marked it as no attack. Take the mark back if that was wrong.",
		 .ja0 = "攻撃ではないと記録されている。誤りであれば、その記録を取り消すこと。"},
	[GUARD_POINT] = {"The neighbour %s is not configured, or takes no measure of this kind. "
			 "See \"neighbors\" "
			 "and \"takes\" in \"act\".",
			 "隣接 %s は設定にないか、この種の措置を受けない。設定 act の neighbors と "
			 "takes を見ること。",
			 "The neighbour is not configured, or takes no measure of this kind.",
			 "隣接が設定にないか、この種の措置を受けない。"},
	[GUARD_BEYOND] = {"A rule reaches to %s, beyond what the measure is for. Take a rule for "
			  "the attacked "
			  "prefix alone.",
			  "条件が対象を超えて %s "
			  "に及ぶ。攻撃を受けているプレフィックスだけの条件を選ぶこと。",
			  "A rule reaches beyond what the measure is for.",
			  "条件が措置の対象を超えて及ぶ。"},
	[GUARD_UNSAYABLE] =
		{"There are no words in which it can be told: %s. A route needs a next hop of its "
		 "family, in \"neighbors\" of \"act\"; why rules have none stands behind them.",
		 "ルーターに伝わる形で書けない: %s。経路には、同じアドレスファミリーの次ホップ "
		 "(設定 "
		 "act の neighbors) が必要である。規則の場合の理由は規則の後にある。",
		 "There are no words in which its router could be told.",
		 "ルーターに伝わる形で書けない。"},
	[GUARD_OTHERS] =
		{"It takes along addresses of others who have not agreed to it: %s; nor is "
		 "harm to anybody outside shown. Take the attacked object's own prefix, or "
		 "enter each owner's agreement in \"measures\" of his object.",
		 "同意していない他者のアドレスを巻き込む: "
		 "%s。対象外への被害も確認されていない。攻撃を受けている対象自身のプレフィックス"
		 "を選ぶか、各所有者の同意を対象の measures に記すこと。",
		 "It takes along addresses of others who have not agreed to it.",
		 "同意していない他者のアドレスを巻き込む。"},
};

void guard_say(const struct guard_verdict *v, unsigned i, bool ja, struct text *out)
{
	const struct saying *s = &sayings[v->rule[i]];

	if (*v->what[i] && s->en)
		text_printf(out, ja ? s->ja : s->en, v->what[i]);
	else
		text_add(out, ja ? s->ja0 : s->en0);
}

static json_t *one_json(const struct guard_verdict *v, unsigned i)
{
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;

	guard_say(v, i, false, &en);
	guard_say(v, i, true, &ja);
	if (!text_ok(&en) || !text_ok(&ja))
		return NULL;
	return json_pack("{s:s,s:s,s:s,s:s}", "rule", guard_rule_name(v->rule[i]), "what",
			 v->what[i], "en", text_str(&en), "ja", text_str(&ja));
}

json_t *guard_verdict_json(const struct guard_verdict *v)
{
	json_t *list = json_array();

	for (unsigned i = 0; list && i < v->n; i++)
		if (json_array_append_new(list, one_json(v, i))) {
			json_decref(list);
			return NULL;
		}
	return list;
}

int guard_verdict_from_json(const json_t *from, struct guard_verdict *out)
{
	const json_t *one;
	size_t i;

	memset(out, 0, sizeof(*out));
	if (!json_is_array(from) || json_array_size(from) > GUARD_REFUSALS_MAX)
		return -EINVAL;
	json_array_foreach(from, i, one)
	{
		const char *rule = json_string_value(json_object_get(one, "rule"));
		const json_t *what = json_object_get(one, "what");

		if (!rule || guard_rule_parse(rule, &out->rule[i]) || !json_is_string(what) ||
		    json_string_length(what) >= GUARD_WHAT_MAX)
			return -EINVAL;
		memcpy(out->what[i], json_string_value(what), json_string_length(what));
		out->n++;
	}
	return 0;
}
