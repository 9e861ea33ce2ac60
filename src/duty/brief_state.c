/* SPDX-License-Identifier: ISC */
/* Who has it, what was done, and what comes next. */
#include <string.h>

#include "duty/brief_inside.h"

const char *brief_mute(enum alarm_mute m, bool ja)
{
	static const char *const words[MUTE_KINDS][2] = {
		[MUTE_NOT] = {"nobody is on call", "当直者がいない"},
		[MUTE_SHORT] = {"a single short burst so far", "短い単発のバーストのみ"},
		[MUTE_SEVERITY] = {"not bad enough for its object", "対象の呼び出し基準に満たない"},
		[MUTE_SUPPRESSED] = {"suppressed", "抑止中"},
		[MUTE_TEST] = {"a known test", "既知の試験"},
		[MUTE_MAINTENANCE] = {"announced work", "作業予定の範囲内"},
		[MUTE_FALSE] = {"marked as no attack", "攻撃ではないと記録済み"},
		[MUTE_STORM] = {"the page of a storm stands for it", "多発の呼び出しに含まれる"},
	};

	return m < MUTE_KINDS ? words[m][ja] : words[MUTE_NOT][ja];
}

static void say_paged(const struct brief_input *in, struct text *out)
{
	const struct alarm *a = in->alarm;

	text_add(out, in_words(in, "Nobody has taken it yet", "担当未定"));
	if (a->paged[0]) {
		text_printf(out, in_words(in, "; %s was paged", "（%s を"), a->paged);
		if (words_time_known(a->paged_us)) {
			text_add(out, in_words(in, " at ", " "));
			words_time(in->zone, a->paged_us, in->now_us, out);
			text_add(out, in_words(in, "", " に"));
		}
		text_add(out, in_words(in, "", "呼び出し）"));
	}
	text_add(out, in_words(in, ".", "。"));
}

static void say_snoozed(const struct brief_input *in, struct text *out)
{
	const struct alarm *a = in->alarm;

	if (a->owner[0])
		text_printf(out, in_words(in, "%s put it off", "%s が保留中"), a->owner);
	else
		text_add(out, in_words(in, "It was put off", "保留中"));
	if (words_time_known(a->snoozed_until_us)) {
		text_add(out, in_words(in, " until ", "（"));
		words_time(in->zone, a->snoozed_until_us, in->now_us, out);
		text_add(out, in_words(in, "", " まで）"));
	}
	text_add(out, in_words(in, ".", "。"));
}

/* What silenced it may have come behind a page. */
static void say_held(const struct brief_input *in, struct text *out)
{
	const struct alarm *a = in->alarm;

	if (!a->step || !a->paged[0]) {
		text_printf(out, in_words(in, "Nobody was paged: %s.", "呼び出しなし（%s）。"),
			    brief_mute(a->mute, in->ja));
		return;
	}
	text_printf(out, in_words(in, "%s was paged", "%s を"), a->paged);
	if (words_time_known(a->paged_us)) {
		text_add(out, in_words(in, " at ", " "));
		words_time(in->zone, a->paged_us, in->now_us, out);
		text_add(out, in_words(in, "", " に"));
	}
	text_printf(out, in_words(in, "; silent since: %s.", "呼び出し、以後は停止（%s）。"),
		    brief_mute(a->mute, in->ja));
}

static void say_state(const struct brief_input *in, struct text *out)
{
	const struct alarm *a = in->alarm;

	switch (a->state) {
	case ALARM_HELD:
		say_held(in, out);
		break;
	case ALARM_PAGED:
		say_paged(in, out);
		break;
	case ALARM_ACKNOWLEDGED:
		if (a->owner[0])
			text_printf(out, in_words(in, "%s has it.", "担当は %s。"), a->owner);
		break;
	case ALARM_SNOOZED:
		say_snoozed(in, out);
		break;
	default:
		if (a->owner[0])
			text_printf(out, in_words(in, "%s had it.", "担当は %s だった。"),
				    a->owner);
		else
			text_add(out,
				 in_words(in, "Nobody had taken it.", "引き受けた者はいない。"));
		break;
	}
}

void brief_say_owner(const struct brief_input *in, struct text *out)
{
	bool space = !in->ja;

	if (in->alarm)
		say_state(in, out);
	else if (in->desk_known)
		text_add(out,
			 in_words(in, "No alarm was raised for it.", "警報は上がっていない。"));
	else
		text_add(out,
			 in_words(in, "Who has it is not known: there are no records of the desk.",
				  "担当は不明（当直の記録がない）。"));
	if (in->courier_gone) {
		text_add(out, out->len && space ? " " : "");
		text_add(out, in_words(in, "No courier runs: nobody is paged now.",
				       "courier が停止中のため、現在は誰も呼び出されない。"));
	}
	if (in->incident && in->incident->f.kind == FINDING_ATTACK) {
		text_add(out, out->len && space ? " " : "");
		brief_say_measure(in, out);
	}
}

void brief_say_case(const struct brief_input *in, struct text *out)
{
	_cleanup_text_ struct text where = TEXT_NULL;

	if (in->belongs)
		desk_belongs_say(in->belongs, false, in->ja ? "ja" : "en", &where);
	if (where.len)
		text_printf(out, in_words(in, "It is %s.", "%s。"), text_str(&where));
}

static bool is_nobodys(const struct brief_input *in)
{
	return in->alarm && in->alarm->state == ALARM_PAGED;
}

static void say_agreed(const struct brief_input *in, const struct conf_object *o, struct text *out)
{
	const char *kinds[4];
	_cleanup_text_ struct text list = TEXT_NULL;
	unsigned n = 0;

	for (size_t i = 0; i < o->n_measures && n < ARRAY_LEN(kinds); i++)
		if (o->measures[i].kind[0])
			kinds[n++] = o->measures[i].kind;
	words_list(kinds, n, n, in->ja, &list);
	text_printf(out,
		    in_words(in, "Next: decide on a measure (agreed: %s).",
			     "次: 措置を判断する（合意済み: %s）。"),
		    text_str(&list));
}

static void say_object_next(const struct brief_input *in, const struct conf_object *o,
			    struct text *out)
{
	bool over = in->incident->f.state == FINDING_CLOSED;

	if (over && o->n_contacts)
		text_add(out, in_words(in, "Next: send the customer the closing notice.",
				       "次: お客様へ終息の連絡を送る。"));
	else if (over)
		text_add(out, in_words(in, "Next: nothing is left to do.", "次: 残作業なし。"));
	else if (o->n_measures)
		say_agreed(in, o, out);
	else if (o->n_contacts)
		text_add(out, in_words(in, "Next: tell the customer; no measure is agreed.",
				       "次: お客様へ連絡する（合意済みの措置はない）。"));
	else
		text_add(out, in_words(in, "Next: find out whom to tell; no contact is configured.",
				       "次: 連絡先を確認する（設定に連絡先がない）。"));
}

void brief_say_next(const struct brief_input *in, struct text *out)
{
	const struct incident *inc = in->incident;
	const struct conf_object *o = words_conf_object(inc, in->conf);
	bool over = inc->f.state == FINDING_CLOSED;

	if (is_nobodys(in) && !over)
		text_add(out,
			 in_words(in, "Next: somebody must take it.", "次: 誰かが引き受ける。"));
	else if (inc->known_test || in->is_false)
		text_add(out, in_words(in, "Next: nothing is to be done.", "次: 対応不要。"));
	else if (brief_say_measure_next(in, out))
		return;
	else if (inc->f.state == FINDING_LOST_SIGHT)
		text_add(out, in_words(in, "Next: get the flow records back, then look again.",
				       "次: フロー記録の受信を復旧し、再確認する。"));
	else if (words_is_own_out(inc))
		text_add(out,
			 over ? in_words(in, "Next: find the hosts that sent it.",
					 "次: 送信したホストを特定する。")
			      : in_words(in, "Next: find the hosts that send it and stop them.",
					 "次: 送信しているホストを特定し、止める。"));
	else if (inc->f.kind == FINDING_SCAN)
		text_add(out, in_words(in, "Next: see whether an attack follows.",
				       "次: 攻撃が続くか注視する。"));
	else if (o)
		say_object_next(in, o, out);
	else if (over)
		text_add(out, in_words(in, "Next: nothing is left to do.", "次: 残作業なし。"));
	else if (inc->f.level <= LEVEL_PREFIX)
		text_add(out, in_words(in, "Next: find out whose address it is.",
				       "次: このアドレスの利用者を確認する。"));
	else
		text_add(out, in_words(in, "Next: see which hosts and links it presses.",
				       "次: 影響を受けるホストとリンクを確認する。"));
}
