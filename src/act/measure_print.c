/* SPDX-License-Identifier: ISC */
/*
 * A measure for people: the printout that a regulator is given, and one line for lists. A line
 * without a figure is left out or says that nothing is known; what is not seen is never "no
 * effect". Words that people typed are shown as one line, without what steers a terminal.
 */
#include <limits.h>
#include <string.h>
#include <time.h>

#include "act/measure_inside.h"
#include "base/zone.h"
#include "duty/words.h"

#define COLUMNS	   96
#define LABEL	   25 /* columns of a label, with the indent before it */
#define LIST_LABEL 4

struct words {
	const char *en, *ja;
};

static const char *in(const struct words *w, bool ja)
{
	return ja ? w->ja : w->en;
}

static const struct words kinds[PLAN_KINDS] = {
	[PLAN_NONE] = {"nothing", "何もしない"},
	[PLAN_RTBH] = {"blackhole (RTBH)", "ブラックホール (RTBH)"},
	[PLAN_FLOWSPEC] = {"filter by FlowSpec", "FlowSpecによるフィルタ"},
	[PLAN_NFTABLES] = {"filter by nftables", "nftablesによるフィルタ"},
	[PLAN_ACL] = {"access list", "アクセスリスト"},
	[PLAN_COMMUNITY] = {"community of the transit", "上流のコミュニティ"},
	[PLAN_DIVERSION] = {"diversion to a scrubber", "洗浄装置への迂回"},
	[PLAN_ASK] = {"request to others", "他組織への依頼"},
};

static const struct words stages[MEASURE_STAGES] = {
	[MEASURE_PLANNED] = {"planned", "承認待ち"},
	[MEASURE_APPROVED] = {"approved", "承認済み"},
	[MEASURE_APPLIED] = {"applied", "適用中"},
	[MEASURE_VERIFIED] = {"verified", "適用中 (確認済み)"},
	[MEASURE_EXPIRED] = {"expired", "期限到来"},
	[MEASURE_WITHDRAWN] = {"withdrawn", "取り消し"},
	[MEASURE_GONE] = {"gone", "撤去済み"},
	[MEASURE_LAPSED] = {"lapsed", "失効"},
	[MEASURE_FAILED] = {"failed", "失敗"},
};

static const struct words hows[] = {
	[HOW_PERSON] = {"by login", "ログインによる"},
	[HOW_SIGNATURE] = {"by signature", "署名による"},
	[HOW_BREAK_GLASS] = {"in an emergency, alone", "緊急時の単独承認"},
	[HOW_STANDING] = {"by standing order", "事前指示による"},
};

/* What the log calls an act; others are shown as they are. */
static const struct {
	const char *act, *ja;
} acts[] = {
	{"start", "申請"},
	{"approve", "承認"},
	{"countersign", "追加承認"},
	{"applied", "適用"},
	{"verified", "確認"},
	{"renew", "更新"},
	{"renew_ask", "更新の申請"},
	{"withdraw", "取り消し"},
	{"expire", "期限到来"},
	{"lapse", "失効"},
	{"failed", "失敗"},
	{"gone", "撤去"},
	{"stuck", "撤去不能"},
	{"within_reach", "撤去可能"},
	{"told_end", "期限前の通知"},
	{"told_ended", "期限の通知"},
	{"lift", "解除の提案"},
	{"lift_void", "解除の提案の取り消し"},
	{"pause", "攻撃の中断"},
	{"effect", "効果の測定"},
	{"probe", "試験解除"},
	{"probe_end", "試験解除の終了"},
	{"probe_abort", "試験解除の中止"},
	{"refuse", "拒否"},
	{"plan", "計画"},
	{"freeze", "凍結"},
	{"unfreeze", "凍結解除"},
};

static const struct {
	uint32_t bit;
	struct words words;
} data_classes[] = {
	{DATA_CONTENT, {"content", "内容"}},
	{DATA_HEADER, {"header information", "ヘッダ情報"}},
	{DATA_VOLUME, {"volume only", "通信量のみ"}},
	{DATA_LIST, {"list without communication", "通信から切り離した一覧"}},
};

/* One line of what people wrote. */
static void add_plain(struct text *out, const char *s)
{
	_cleanup_text_ struct text line = TEXT_NULL;

	for (; *s; s++) {
		bool steers = (unsigned char)*s < 0x20;

		if (!steers || (line.len && line.s[line.len - 1] != ' '))
			text_add_n(&line, steers ? " " : s, 1);
	}
	page_cut(text_str(&line), UINT_MAX, out);
}

static size_t character(const char *s)
{
	unsigned char c = (unsigned char)*s;
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	return strnlen(s, n);
}

/* What never begins a line in Japanese (JIS X 4051). */
static bool ends_a_phrase(const char *s)
{
	static const char *const marks[] = {"。", "、", "」", "）"};

	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (strncmp(s, marks[i], strlen(marks[i])) == 0)
			return true;
	return false;
}

/* How much of @s fits into @room columns: whole words, or characters where a word is wider. Text
 * without spaces, as Japanese, breaks anywhere. */
static size_t fitting(const char *s, size_t room)
{
	size_t at = 0, columns = 0, space = 0;

	while (s[at]) {
		char one[8] = "";
		size_t n = character(s + at);

		memcpy(one, s + at, n);
		columns += text_width(one);
		if (columns > room && !(at && ends_a_phrase(s + at)))
			return space && (unsigned char)s[at] < 0x80 ? space : at ? at : n;
		at += n;
		if (s[at - 1] == ' ')
			space = at;
	}
	return at;
}

static void add_spaces(struct text *out, size_t n)
{
	while (n--)
		text_add_n(out, " ", 1);
}

/* @value behind @label, folded under itself. */
static void put(struct text *out, const char *label, size_t label_columns, const char *value)
{
	_cleanup_text_ struct text plain = TEXT_NULL;
	const char *s;
	size_t width = 2 + text_width(label);

	add_plain(&plain, value);
	s = text_str(&plain);
	if (!*s)
		return;
	text_printf(out, "  %s", label);
	add_spaces(out, width < label_columns ? label_columns - width : 1);
	for (;;) {
		size_t n = fitting(s, COLUMNS - label_columns), shown = n;

		while (shown && s[shown - 1] == ' ')
			shown--;
		text_add_n(out, s, shown);
		text_add(out, "\n");
		s += n;
		if (!*s)
			return;
		add_spaces(out, label_columns);
	}
}

static void say(struct text *out, bool ja, const char *label_en, const char *label_ja,
		const char *value)
{
	put(out, ja ? label_ja : label_en, LABEL, value);
}

static void add_time(struct text *out, const char *zone, int64_t us)
{
	char text[TIME_TEXT_MAX];
	struct tm tm;

	zone_local(zone, us, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %Z", &tm);
	text_add(out, text);
}

static void say_time(struct text *out, bool ja, const char *label_en, const char *label_ja,
		     const char *zone, int64_t us)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	if (!measure_has(us))
		return;
	add_time(&t, zone, us);
	say(out, ja, label_en, label_ja, text_str(&t));
}

void measure_what(const struct measure *m, bool ja, struct text *out)
{
	char target[PREFIX_TEXT_MAX];
	const char *kind = m->option.kind < PLAN_KINDS ? in(&kinds[m->option.kind], ja) : "?";

	prefix_format(&m->option.target, target);
	if (*m->option.point)
		text_printf(out, ja ? "%s、対象 %s、適用点 %s" : "%s for %s at %s", kind, target,
			    m->option.point);
	else
		text_printf(out, ja ? "%s、対象 %s" : "%s for %s", kind, target);
}

/* ---- the parts of the printout ---- */

static void say_law(struct text *out, const struct measure *m, const struct law_basis *basis,
		    bool ja)
{
	_cleanup_text_ struct text t = TEXT_NULL, data = TEXT_NULL;

	text_add(&t, *m->basis ? m->basis : ja ? "記録なし" : "none was recorded");
	if (basis)
		text_printf(&t, ": %s", ja && *basis->name_ja ? basis->name_ja : basis->name_en);
	say(out, ja, "Legal basis", "法的根拠", text_str(&t));
	if (basis)
		say(out, ja, "Where it is written", "出典",
		    ja && *basis->source_ja ? basis->source_ja : basis->source);
	say(out, ja, "Purpose", "目的の正当性", m->purpose);
	say(out, ja, "Necessity", "行為の必要性", m->necessity);
	say(out, ja, "Why nothing weaker", "手段の相当性", m->weaker);
	for (size_t i = 0; i < ARRAY_LEN(data_classes); i++)
		if (m->data & data_classes[i].bit)
			text_printf(&data, "%s%s", data.len ? ja ? "、" : ", " : "",
				    in(&data_classes[i].words, ja));
	say(out, ja, "Data used", "用いた情報",
	    data.len ? text_str(&data)
	    : ja     ? "記録なし"
		     : "none was recorded");
	say(out, ja, "Consent of the owner", "所有者の同意",
	    *m->consent ? m->consent
	    : ja	? "参照なし"
			: "none is referred to");
	say(out, ja, "Law not reviewed", "法令ファイル未確認", m->override);
}

static void add_approval(struct text *t, const struct measure *m, const struct measure_approval *a,
			 const char *zone, bool ja)
{
	text_printf(t, ja ? "%s (%s)、" : "%s (%s), ", a->person, in(&hows[a->how], ja));
	if (measure_has(a->at_us))
		add_time(t, zone, a->at_us);
	else
		text_add(t, ja ? "時刻の記録なし" : "time not recorded");
	if (strcmp(a->hash, m->hash) != 0)
		text_add(t,
			 ja ? "。別の計画への承認のため無効" : "; of another plan, so it is void");
}

static void say_approvals(struct text *out, const struct measure *m, const char *zone, bool ja)
{
	_cleanup_text_ struct text needs = TEXT_NULL;

	say(out, ja, "Standing order", "事前指示", m->standing);
	for (unsigned i = 0; i < m->n_approvals && i < MEASURE_APPROVALS_MAX; i++) {
		_cleanup_text_ struct text t = TEXT_NULL;

		add_approval(&t, m, &m->approval[i], zone, ja);
		say(out, ja, "Approved by", "承認者", text_str(&t));
	}
	if (!m->n_approvals)
		say(out, ja, "Approved by", "承認者", ja ? "なし" : "nobody");
	if (m->approvals_wanted > 1) {
		text_printf(&needs, ja ? "異なる%u人の承認" : "approval by %u different persons",
			    m->approvals_wanted);
		say(out, ja, "Needs", "要件", text_str(&needs));
	}
	if (m->break_glass)
		say(out, ja, "Emergency start", "緊急開始",
		    measure_is_countersigned(m)
			    ? ja ? "1人で開始 (最長60分)。その後、別の人が承認した"
				 : "begun by one person for at most 60 minutes, then "
				   "countersigned by another"
		    : ja ? "1人で開始 (最長60分)。別の人の承認はない"
			 : "begun by one person for at most 60 minutes; nobody has "
			   "countersigned");
}

static void say_asked(struct text *out, const struct measure *m, const char *zone, bool ja)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	text_add(&t, ja ? "終期 " : "until ");
	add_time(&t, zone, m->asked_until_us);
	text_printf(&t,
		    ja ? "、%s による。別の人の承認待ちで、効力はまだない: %s"
		       : ", by %s; not in force, another person has not approved it: %s",
		    m->renew_asked_by, m->renew_necessity);
	say(out, ja, "Renewal asked for", "更新の申請", text_str(&t));
}

static void say_times(struct text *out, const struct measure *m, const char *zone, bool ja)
{
	_cleanup_text_ struct text ended = TEXT_NULL, renewed = TEXT_NULL;

	say_time(out, ja, "Asked for", "申請", zone, m->planned_us);
	if (measure_has(m->applied_us))
		say_time(out, ja, "Began", "開始", zone, m->applied_us);
	else
		say(out, ja, "Began", "開始", ja ? "適用されていない" : "it was not applied");
	say_time(out, ja, "End as approved", "承認された終期", zone, m->until_us);
	if (measure_renewal_waits(m))
		say_asked(out, m, zone, ja);
	else if (!*m->renew_asked_by)
		say_time(out, ja, "End if countersigned", "追加承認後の終期", zone,
			 m->asked_until_us);
	if (m->renewals) {
		if (m->renewals == 1)
			text_add(&renewed, ja ? "1回" : "once");
		else
			text_printf(&renewed, ja ? "%u回" : "%u times", m->renewals);
		if (measure_has(m->renewed_us)) {
			text_add(&renewed, ja ? "、最後は " : ", last at ");
			add_time(&renewed, zone, m->renewed_us);
		}
		if (*m->renewed_by)
			text_printf(&renewed, ja ? "、%s の承認" : ", approved by %s",
				    m->renewed_by);
		say(out, ja, "Renewed", "更新", text_str(&renewed));
	}
	if (measure_has(m->ended_us)) {
		add_time(&ended, zone, m->ended_us);
		if (*m->ended_by)
			text_printf(&ended, ja ? "、%s による" : ", by %s", m->ended_by);
		say(out, ja, "Ended", "終了", text_str(&ended));
	}
	say(out, ja, "Why", "理由", m->why);
	say_time(out, ja, "Seen to be gone", "撤去の確認", zone, m->gone_us);
}

static void say_done(struct text *out, const struct measure *m, bool ja)
{
	_cleanup_text_ struct text what = TEXT_NULL;
	bool done = measure_has(m->applied_us);

	measure_what(m, ja, &what);
	put(out,
	    done ? ja ? "実施した内容" : "What was done"
	    : ja ? "予定した内容"
		 : "What was to be done",
	    LABEL, text_str(&what));
	say(out, ja, "", "", ja ? m->option.says_ja : m->option.says_en);
	for (unsigned i = 0; i < m->option.n_rules && i < PLAN_RULES_MAX; i++) {
		_cleanup_text_ struct text rule = TEXT_NULL;

		rule_text(&m->option.rule[i], &rule);
		say(out, ja, "Rule", "規則", text_str(&rule));
	}
	say(out, ja, "Community", "コミュニティ", m->option.community);
}

static void add_rate(struct text *t, double bps)
{
	text_rate(t, bps, "bit/s");
}

/* The sides that are seen. */
static void add_sides(struct text *t, const struct measure_effect *e, bool ja)
{
	bool before = e->before_bps >= 0;

	if (before) {
		text_add(t, ja ? "攻撃は適用点の手前で " : "attack before the point ");
		add_rate(t, e->before_bps);
	}
	if (e->after_bps >= 0) {
		text_add(t, before ? ja ? "、通過後 " : ", behind it "
			    : ja   ? "攻撃は適用点の通過後 "
				   : "attack behind the point ");
		add_rate(t, e->after_bps);
	}
}

/* Why it is none, where it is; the sides that are seen; the counter of the point where it has one.
 */
static void say_effect(struct text *out, const struct measure *m, const char *zone, bool ja)
{
	static const struct words missing[] = {
		{"neither side of the point is seen", "適用点の手前も通過後も見えない"},
		{"the side before the point is not seen", "適用点の手前が見えない"},
		{"the side behind the point is not seen", "通過後が見えない"},
	};
	const struct measure_effect *e = &m->effect;
	_cleanup_text_ struct text t = TEXT_NULL;
	unsigned unseen = e->before_bps < 0 && e->after_bps < 0 ? 0 : e->before_bps < 0 ? 1 : 2;

	if (!measure_has(e->at_us)) {
		say(out, ja, "Effect", "効果", ja ? "測定していない" : "not measured");
		return;
	}
	if (!effect_is_measurable(e))
		text_printf(&t, ja ? "測定できない (%s)" : "not measurable: %s",
			    in(&missing[unseen], ja));
	if (t.len && (e->before_bps >= 0 || e->after_bps >= 0))
		text_add(&t, ja ? "。" : "; ");
	add_sides(&t, e, ja);
	if (e->dropped_packets >= 0)
		text_printf(&t, ja ? "。破棄 %lld パケット" : "; %lld packets dropped",
			    (long long)e->dropped_packets);
	if (effect_is_measurable(e) && e->before_bps < 0)
		text_printf(&t, " (%s)", in(&missing[unseen], ja));
	text_add(&t, ja ? "。測定時刻 " : "; at ");
	add_time(&t, zone, e->at_us);
	say(out, ja, "Effect", "効果", text_str(&t));
}

static const struct words probe_ends[PROBE_ENDS] = {
	[PROBE_NONE] = {"not over yet", "終わっていない"},
	[PROBE_NOTHING] = {"nothing of the attack was seen", "攻撃は見えなかった"},
	[PROBE_SEEN] = {"the attack goes on", "攻撃は続いている"},
	[PROBE_ABORTED] = {"aborted, more came than the line's free half has room for",
			   "中止。回線の空いた半分に収まらなかった"},
	[PROBE_STOPPED] = {"stopped before it was seen", "判明前に停止"},
};

static void say_lift(struct text *out, const struct measure *m, const char *zone, bool ja)
{
	const struct measure_lift *l = &m->lift;
	_cleanup_text_ struct text t = TEXT_NULL;

	if (measure_has(l->proposed_us)) {
		say_time(out, ja, "Lifting it proposed", "解除の提案", zone, l->proposed_us);
		say(out, ja, "", "", ja ? l->ja : l->en);
	}
	if (!l->probes)
		return;
	if (l->probes == 1)
		text_add(&t, ja ? "1回" : "once");
	else
		text_printf(&t, ja ? "%u回" : "%u times", l->probes);
	text_add(&t, ja ? "、最後は " : ", last at ");
	add_time(&t, zone, l->probed_us);
	text_printf(&t, ": %s", in(&probe_ends[l->probe_end], ja));
	say(out, ja, "Lifted to see", "試験解除", text_str(&t));
}

static const char *act_word(const char *act, bool ja)
{
	for (size_t i = 0; ja && i < ARRAY_LEN(acts); i++)
		if (strcmp(acts[i].act, act) == 0)
			return acts[i].ja;
	return act;
}

static const char *stage_word(const char *stage, bool ja)
{
	for (unsigned s = 0; ja && s < MEASURE_STAGES; s++)
		if (strcmp(measure_stage_name((enum measure_stage)s), stage) == 0)
			return stages[s].ja;
	return stage;
}

void measure_line_print(const struct measure_line *l, const char *subject, const char *zone,
			bool ja, struct text *out)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	text_printf(&t, "%llu  ", (unsigned long long)l->seq);
	add_time(&t, zone, l->at_us);
	text_printf(&t, "  %s  %s", act_word(l->act, ja), l->actor);
	if (*subject)
		text_printf(&t, "  %s", subject);
	if (*l->from && strcmp(l->from, l->to) != 0)
		text_printf(&t, "  %s -> %s", stage_word(l->from, ja), stage_word(l->to, ja));
	else if (*l->to)
		text_printf(&t, "  %s", stage_word(l->to, ja));
	if (*l->words)
		text_printf(&t, ": %s", l->words);
	put(out, "", LIST_LABEL, text_str(&t));
}

void measure_print(const struct measure *m, const struct law_basis *basis,
		   const struct measure_line *line, unsigned n, const char *zone, bool ja,
		   struct text *out)
{
	_cleanup_text_ struct text head = TEXT_NULL;

	if (m->drill)
		text_add(out, ja ? "訓練 これは訓練であり、実際の措置ではない。\n"
				 : "DRILL This is an exercise, and no real measure.\n");
	if (m->drill_routers)
		text_add(out, ja ? "警告 " MEASURE_DRILL_ROUTERS
				   " により、訓練でもルーターに伝えられる。\n"
				 : "WARNING " MEASURE_DRILL_ROUTERS
				   " lets this drill reach routers.\n");
	text_printf(&head, ja ? "措置 %s (%s)" : "Measure %s (%s)", m->id,
		    m->stage < MEASURE_STAGES ? in(&stages[m->stage], ja) : "?");
	text_printf(out, "%s\n\n", text_str(&head));
	say(out, ja, "Incident", "事案", m->incident);
	say(out, ja, "Object", "保護対象", m->object);
	say_done(out, m, ja);
	say_law(out, m, basis, ja);
	say_approvals(out, m, zone, ja);
	say_times(out, m, zone, ja);
	say_effect(out, m, zone, ja);
	say_lift(out, m, zone, ja);
	say(out, ja, "Plan", "計画", m->plan);
	say(out, ja, "Hash of the plan", "計画のハッシュ", m->hash);
	text_add(out, ja ? "\n監査記録 (番号、時刻、操作、操作者)\n"
			 : "\nLines of the audit log (number, time, act, by whom)\n");
	if (!n)
		put(out, "", LIST_LABEL, ja ? "なし" : "none");
	for (unsigned i = 0; i < n; i++)
		measure_line_print(&line[i], "", zone, ja, out);
}

void measure_short(const struct measure *m, const char *zone, bool ja, struct text *out)
{
	char time[TIME_TEXT_MAX];
	_cleanup_text_ struct text what = TEXT_NULL, persons = TEXT_NULL;

	measure_what(m, ja, &what);
	text_printf(out, "%s%s  %s  %s", m->drill ? ja ? "訓練 " : "DRILL " : "", m->id,
		    m->stage < MEASURE_STAGES ? in(&stages[m->stage], ja) : "?", text_str(&what));
	if (measure_has(m->until_us))
		text_printf(out, ja ? "  %s まで" : "  until %s",
			    zone_format(zone, m->until_us, true, time));
	for (unsigned i = 0; i < m->n_approvals && i < MEASURE_APPROVALS_MAX; i++)
		text_printf(&persons, "%s%s", persons.len ? "+" : "", m->approval[i].person);
	if (persons.len) {
		text_add(out, "  ");
		add_plain(out, text_str(&persons));
	}
	if (measure_is_in_force(m) && measure_has(m->lift.probe_until_us))
		text_add(out, ja ? "  試験解除中" : "  lifted to see");
	else if (measure_is_in_force(m) && measure_has(m->lift.proposed_us))
		text_add(out, ja ? "  解除を提案" : "  lifting it is proposed");
	if (measure_renewal_waits(m))
		text_add(out, ja ? "  更新は別の人の承認待ち"
				 : "  its renewal waits for another person");
	text_add(out, "\n");
}
