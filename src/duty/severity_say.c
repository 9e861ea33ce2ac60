/* SPDX-License-Identifier: ISC */
/* The reasons of a severity: their names, a sentence for each, and their JSON. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "duty/severity.h"
#include "judge/json_fields.h"

static const char *const rule_names[SEVERITY_RULES] = {
	[RULE_PROTECTED] = "protected", [RULE_LINE] = "line",
	[RULE_LINK] = "link",		[RULE_BYSTANDERS] = "bystanders",
	[RULE_SPREAD] = "spread",	[RULE_OVER] = "over",
	[RULE_SERVER] = "server",	[RULE_DURATION] = "duration",
	[RULE_OUTGOING] = "outgoing",	[RULE_LOST_SIGHT] = "lost_sight",
	[RULE_MEASURE] = "measure",	[RULE_CONTRACT] = "contract",
};

const char *severity_rule_name(enum severity_rule r)
{
	return rule_names[r];
}

int severity_rule_parse(const char *name, enum severity_rule *out)
{
	for (unsigned i = 0; i < SEVERITY_RULES; i++) {
		if (strcmp(rule_names[i], name) == 0) {
			*out = (enum severity_rule)i;
			return 0;
		}
	}
	return -EINVAL;
}

enum figure_form {
	FIGURE_NONE,
	FIGURE_SHARE,
	FIGURE_TIMES,
	FIGURE_COUNT,
	FIGURE_SECONDS,
	FIGURE_PPS
};

/*
 * A sentence: %N the name, %F the figure with its unit. Which of several a rule has is a matter of
 * `which`, below.
 */
struct sentence {
	enum severity_rule rule;
	unsigned which;
	enum figure_form form;
	const char *en, *ja;
};

/* clang-format off: a row stays a row. */
static const struct sentence sentences[] = {
	{RULE_PROTECTED, TARGET_UNPROTECTED, FIGURE_NONE, "the target is no protected object",
	 "保護対象ではない宛先への攻撃"},
	{RULE_PROTECTED, TARGET_PROTECTED, FIGURE_NONE, "a protected object is attacked",
	 "保護対象への攻撃"},
	{RULE_PROTECTED, TARGET_SHARED, FIGURE_NONE, "a link or the network as a whole is attacked",
	 "リンクまたはネットワーク全体への攻撃"},
	{RULE_PROTECTED, TARGET_SCAN, FIGURE_NONE, "a scan, not an attack", "攻撃ではなくスキャン"},
	{RULE_LINE, 0, FIGURE_SHARE, "the attack's peak is %F of the access line",
	 "攻撃のピークはアクセス回線の%F"},
	{RULE_LINK, 0, FIGURE_SHARE, "the attack takes %F of the capacity of link %N",
	 "攻撃がリンク%Nの容量の%Fを占める"},
	{RULE_LINK, 1, FIGURE_SHARE,
	 "link %N is %F full, and the attack is a good part of it: others suffer",
	 "リンク%Nの使用率は%F。攻撃がその相当部分を占め、他にも影響が及ぶ"},
	{RULE_LINK, 2, FIGURE_SHARE, "the attack takes %F of a link's capacity",
	 "攻撃がリンク容量の%Fを占める"},
	{RULE_LINK, 3, FIGURE_SHARE,
	 "a link is %F full, and the attack is a good part of it: others suffer",
	 "リンクの使用率は%F。攻撃がその相当部分を占め、他にも影響が及ぶ"},
	{RULE_BYSTANDERS, 0, FIGURE_COUNT, "others that are not attacked lose traffic: %F",
	 "攻撃対象でないのに通信を失っているもの: %F"},
	{RULE_BYSTANDERS, 1, FIGURE_COUNT,
	 "the service %N loses traffic though it is no target (services: %F)",
	 "サービス%Nが標的でないのに通信を失っている (サービス数: %F)"},
	{RULE_SPREAD, 0, FIGURE_COUNT, "hosts hit: %F", "攻撃を受けているホスト: %F"},
	{RULE_SPREAD, 1, FIGURE_COUNT,
	 "protected objects under attack over link %N at the same time: %F",
	 "リンク%N経由で同時に攻撃を受けている保護対象: %F"},
	{RULE_OVER, 0, FIGURE_TIMES, "%F times the object's own threshold",
	 "対象自身のしきい値の%F倍"},
	{RULE_SERVER, 0, FIGURE_SHARE, "only %F of the connections that begin are completed",
	 "開始された接続のうち確立するのは%Fだけ"},
	{RULE_SERVER, 1, FIGURE_NONE, "none of the connections that begin is completed",
	 "開始された接続は一つも確立していない"},
	{RULE_DURATION, 0, FIGURE_SECONDS, "it has lasted %F", "継続時間は%F"},
	{RULE_OUTGOING, 0, FIGURE_PPS, "own hosts attack others with %F",
	 "自網のホストが外部を攻撃している (%F)"},
	{RULE_OUTGOING, 1, FIGURE_NONE, "own hosts attack others",
	 "自網のホストが外部を攻撃している"},
	{RULE_LOST_SIGHT, 0, FIGURE_SECONDS, "we do not see it any more, for %F: it may go on",
	 "%F前から観測できていない。続いている可能性がある"},
	{RULE_LOST_SIGHT, 1, FIGURE_NONE, "we do not see it any more: it may go on",
	 "観測できなくなった。続いている可能性がある"},
	{RULE_MEASURE, 0, FIGURE_NONE, "a measure holds it", "措置が効いている"},
	{RULE_MEASURE, 1, FIGURE_NONE, "a measure failed", "措置が失敗した"},
	{RULE_CONTRACT, 0, FIGURE_NONE, "the contract is critical", "契約区分: 重要"},
	{RULE_CONTRACT, 1, FIGURE_NONE, "the contract is basic", "契約区分: 基本"},
};
/* clang-format on */

static unsigned which(const struct severity_reason *r)
{
	switch (r->rule) {
	case RULE_PROTECTED:
		return r->figure >= 0 && r->figure <= TARGET_SCAN ? (unsigned)r->figure : 0;
	case RULE_LINK:
		return (r->level == 1) + (r->name[0] ? 0 : 2);
	/* What would read as nothing is no figure. */
	case RULE_SERVER:
		return r->figure < 0.0005;
	case RULE_OUTGOING:
	case RULE_LOST_SIGHT:
		return r->figure < 0.5;
	case RULE_MEASURE:
		return strcmp(r->name, "failed") == 0;
	case RULE_CONTRACT:
		return strcmp(r->name, "basic") == 0;
	default:
		return r->name[0] != '\0';
	}
}

static const struct sentence *sentence_of(const struct severity_reason *r)
{
	const struct sentence *found = NULL;

	for (size_t i = 0; i < ARRAY_LEN(sentences); i++) {
		if (sentences[i].rule != r->rule)
			continue;
		if (!found || sentences[i].which == which(r))
			found = &sentences[i];
	}
	return found;
}

static void say_share(double share, struct text *out)
{
	double percent = 100 * share;

	text_printf(out, percent > 0 && percent < 10 ? "%.1f %%" : "%.0f %%", percent);
}

static void say_seconds(double s, bool ja, struct text *out)
{
	if (s >= 5400)
		text_printf(out, ja ? "%.1f 時間" : "%.1f h", s / 3600);
	else if (s >= 120)
		text_printf(out, ja ? "%.0f 分" : "%.0f min", s / 60);
	else
		text_printf(out, ja ? "%.0f 秒" : "%.0f s", s);
}

static void say_plain(enum figure_form form, double figure, bool ja, struct text *out)
{
	switch (form) {
	case FIGURE_SHARE:
		say_share(figure, out);
		break;
	case FIGURE_TIMES:
		text_printf(out, figure < 9.95 ? "%.1f" : "%.0f", figure);
		break;
	case FIGURE_SECONDS:
		say_seconds(figure, ja, out);
		break;
	case FIGURE_PPS:
		text_rate(out, figure, "pps");
		break;
	default:
		text_printf(out, "%.0f", figure);
	}
}

static void say_figure(const struct sentence *s, const struct severity_reason *r, bool ja,
		       struct text *out)
{
	if (r->at_least && !ja)
		text_add(out, "at least ");
	else if (r->at_least)
		text_add(out, "少なくとも");
	say_plain(s->form, r->figure, ja, out);
}

void severity_say(const struct severity_reason *r, bool ja, struct text *out)
{
	const struct sentence *s = sentence_of(r);

	for (const char *p = ja ? s->ja : s->en; *p; p++) {
		if (p[0] == '%' && p[1] == 'N')
			text_add(out, r->name);
		else if (p[0] == '%' && p[1] == 'F')
			say_figure(s, r, ja, out);
		else {
			text_add_n(out, p, 1);
			continue;
		}
		p++;
	}
}

static json_t *reason_json(const struct severity_reason *r)
{
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;

	severity_say(r, false, &en);
	severity_say(r, true, &ja);
	if (!text_ok(&en) || !text_ok(&ja))
		return NULL;
	return json_pack("{s:s, s:i, s:f, s:o, s:b, s:o, s:o}", "rule", rule_names[r->rule],
			 "level", (int)r->level, "figure", r->figure, "name", json_text(r->name),
			 "at_least", r->at_least, "en", json_text(text_str(&en)), "ja",
			 json_text(text_str(&ja)));
}

json_t *severity_json(const struct severity *s)
{
	json_t *list = json_array(), *o;

	for (unsigned i = 0; list && i < s->n_reasons; i++) {
		if (json_array_append_new(list, reason_json(&s->reason[i]))) {
			json_decref(list);
			return NULL;
		}
	}
	o = json_object();
	if (!o || !list || json_object_set_new(o, "level", json_integer(s->level)) ||
	    json_object_set(o, "reasons", list)) {
		json_decref(o);
		o = NULL;
	}
	json_decref(list);
	return o;
}

static int get_level(const json_t *o, unsigned *level)
{
	const json_t *v = json_object_get(o, "level");

	if (!json_is_integer(v) || json_integer_value(v) < 1 || json_integer_value(v) > 4)
		return -EINVAL;
	*level = (unsigned)json_integer_value(v);
	return 0;
}

static int get_reason(const json_t *o, struct severity_reason *r)
{
	const json_t *figure = json_object_get(o, "figure");
	const json_t *least = json_object_get(o, "at_least");
	const char *rule = json_string_value(json_object_get(o, "rule"));

	if (!rule || severity_rule_parse(rule, &r->rule) || get_level(o, &r->level) ||
	    !json_is_number(figure) || !(fabs(json_number_value(figure)) < 1e18) ||
	    (least && !json_is_boolean(least)) ||
	    json_get_text(o, "name", r->name, sizeof(r->name)))
		return -EINVAL;
	r->figure = json_number_value(figure);
	r->at_least = json_is_true(least);
	return 0;
}

int severity_from_json(const json_t *from, struct severity *out)
{
	const json_t *list = json_object_get(from, "reasons");

	memset(out, 0, sizeof(*out));
	if (get_level(from, &out->level) || !json_is_array(list) ||
	    json_array_size(list) > SEVERITY_REASONS_MAX)
		return -EINVAL;
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (get_reason(json_array_get(list, i), &out->reason[i]))
			return -EINVAL;
		out->n_reasons++;
	}
	return 0;
}
