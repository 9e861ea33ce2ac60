/* SPDX-License-Identifier: ISC */
/* What is said of an incident itself. */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "duty/brief_inside.h"

#define NAMES_SAID   3
#define WORTH_SAYING 0.05 /* share of a link below which it does not matter to it */

void brief_say_mark(const struct brief_input *in, struct text *out)
{
	const struct incident *inc = in->incident;

	if (inc->drill)
		text_add(out,
			 in_words(in, "DRILL, not a real attack.", "訓練。実際の攻撃ではない。"));
	if (inc->known_test)
		text_printf(out, "%s%s", out->len && !in->ja ? " " : "",
			    in_words(in, "This is a test that was announced.",
				     "事前に届け出のあった試験。"));
	if (in->is_false)
		text_printf(out, "%s%s", out->len && !in->ja ? " " : "",
			    in_words(in, "Somebody marked it as no attack.",
				     "攻撃ではないと記録済み。"));
}

/* "and border-2": exporters that showed it, for lost sight. */
static bool say_exporters(const struct brief_input *in, struct text *out)
{
	const struct incident *inc = in->incident;

	if (!inc->exporters || !inc->f.n_exporters)
		return false;
	return words_list((const char *const *)inc->exporters, inc->f.n_exporters, NAMES_SAID,
			  in->ja, out);
}

/* What it is aimed at, NULL where that is not judged. */
static const char *aim_of(const struct brief_input *in)
{
	static const char *const aims[CLASS_COUNT][2] = {
		[CLASS_CAPACITY] = {"aimed at line capacity", "回線容量を狙う"},
		[CLASS_SERVER] = {"aimed at the server", "サーバを狙う"},
		[CLASS_COMPOUND] = {"aimed at line and server", "回線とサーバを狙う"},
	};

	return in->incident->class < CLASS_COUNT ? aims[in->incident->class][in->ja] : NULL;
}

static void say_how_en(const struct brief_input *in, struct text *out)
{
	const struct incident *inc = in->incident;
	_cleanup_text_ struct text vectors = TEXT_NULL;
	const char *aim = aim_of(in);

	if (inc->f.kind == FINDING_SCAN || !words_vectors(inc, NAMES_SAID, false, &vectors))
		return;
	text_printf(out, ": %s%s%s", text_str(&vectors), aim ? ", " : "", aim ? aim : "");
}

static void say_over(const struct brief_input *in, struct text *out)
{
	const struct finding *f = &in->incident->f;
	_cleanup_text_ struct text who = TEXT_NULL, when = TEXT_NULL;
	bool known = words_time_known(f->last_us);

	if (known)
		words_time(in->zone, f->last_us, in->now_us, &when);
	if (known && in->ja)
		text_add(&when, " 以降");
	switch (f->state) {
	case FINDING_OPEN:
		text_add(out, in_words(in, " It goes on.", "現在も継続中。"));
		break;
	case FINDING_QUIET:
		if (in->ja)
			text_printf(out, "%sは見えないが、終息とはしない。",
				    known ? text_str(&when) : "現在");
		else
			text_printf(out, " Nothing is seen of it%s%s, but it is not yet over.",
				    known ? " since " : "", text_str(&when));
		break;
	case FINDING_CLOSED:
		text_add(out, in_words(in, " It is over.", "終息済み。"));
		break;
	case FINDING_LOST_SIGHT:
		if (say_exporters(in, &who))
			text_printf(out,
				    in_words(in,
					     " We do not see it any more, as %s fell silent; it "
					     "may go on.",
					     "%s "
					     "からの記録が途絶えて見えなくなったが、継続の可能性が"
					     "ある。"),
				    text_str(&who));
		else
			text_add(out, in_words(in, " We do not see it any more; it may go on.",
					       "見えなくなったが、継続の可能性がある。"));
		break;
	}
}

/* "has been under attack since 02:31 JST", by who attacks whom and whether it is over. */
static void say_hit_en(const struct brief_input *in, const char *whom, struct text *out)
{
	const struct finding *f = &in->incident->f;
	bool over = f->state == FINDING_CLOSED, began = words_time_known(f->first_us);
	bool scan = f->kind == FINDING_SCAN;

	if (words_is_own_out(in->incident))
		text_printf(out, "Our own hosts %s %s",
			    began && !over ? "have been attacking"
			    : over	   ? "attacked"
					   : "attack",
			    whom);
	else if (over)
		text_printf(out, "%s was %s", whom, scan ? "scanned" : "under attack");
	else
		text_printf(out, "%s %s %s", whom, began ? "has been" : "is",
			    scan ? began ? "scanned" : "being scanned" : "under attack");
	if (!began)
		return;
	if (over && words_time_known(f->last_us)) {
		text_add(out, " ");
		words_span(in->zone, f->first_us, f->last_us, in->now_us, false, out);
	} else {
		text_add(out, over ? " from " : " since ");
		words_time(in->zone, f->first_us, in->now_us, out);
	}
}

static void say_whom_ja(const struct brief_input *in, const char *whom, bool over, struct text *out)
{
	_cleanup_text_ struct text vectors = TEXT_NULL;
	const char *aim = aim_of(in), *space = words_space(whom);
	unsigned which[FINDING_VECTORS_MAX];

	if (in->incident->f.kind == FINDING_SCAN) {
		text_printf(out, "%s%sがスキャン%s", whom, space, over ? "された" : "されている");
		return;
	}
	if (words_is_own_out(in->incident))
		text_printf(out, "自網のホストが %s%sに対し、", whom, space);
	else
		text_printf(out, "%s%sが", whom, space);
	text_printf(out, "%s攻撃", aim ? aim : "");
	/* Of two both; of more the first, as each is long. */
	if (words_vectors(in->incident, incident_vectors(in->incident, which) > 2 ? 1 : 2, true,
			  &vectors))
		text_printf(out, "（%s）", text_str(&vectors));
	if (words_is_own_out(in->incident))
		text_add(out, over ? "を行った" : "を行っている");
	else
		text_add(out, over ? "を受けた" : "を受けている");
}

static void say_hit_ja(const struct brief_input *in, const char *whom, struct text *out)
{
	const struct finding *f = &in->incident->f;
	bool over = f->state == FINDING_CLOSED, began = words_time_known(f->first_us);

	if (began && over && words_time_known(f->last_us)) {
		words_span(in->zone, f->first_us, f->last_us, in->now_us, true, out);
		text_add(out, "、");
	} else if (began) {
		words_time(in->zone, f->first_us, in->now_us, out);
		text_add(out, " から、");
	}
	say_whom_ja(in, whom, over, out);
}

void brief_say_what(const struct brief_input *in, struct text *out)
{
	_cleanup_text_ struct text whom = TEXT_NULL;

	words_object(in->incident, in->conf, in->ja, &whom);
	if (!in->ja && in->incident->f.level > LEVEL_PREFIX && !in->incident->object[0] && whom.len)
		whom.s[0] = (char)toupper((unsigned char)whom.s[0]);
	if (in->ja) {
		say_hit_ja(in, text_str(&whom), out);
	} else {
		say_hit_en(in, text_str(&whom), out);
		say_how_en(in, out);
	}
	text_add(out, in_words(in, ".", "。"));
	say_over(in, out);
}

/* "For 0 s", "with 0 pps" tell nobody anything. */
static bool has_figure(const struct severity_reason *r)
{
	static const uint32_t need = 1u << RULE_LINE | 1u << RULE_LINK | 1u << RULE_SPREAD |
				     1u << RULE_OVER | 1u << RULE_OUTGOING;
	static const uint32_t seconds = 1u << RULE_LOST_SIGHT | 1u << RULE_DURATION;

	if (seconds >> r->rule & 1)
		return r->figure >= 1;
	return !(need >> r->rule & 1) || r->figure > 0;
}

void brief_say_severity(const struct brief_input *in, struct text *out)
{
	const struct severity *s = in->severity;
	_cleanup_text_ struct text why = TEXT_NULL;
	size_t n;

	if (!s || !s->level)
		return;
	if (s->n_reasons && s->reason[0].rule == RULE_SERVER && s->reason[0].figure < 0.005)
		text_add(&why, in_words(in, "hardly any connection is completed any more",
					"接続がほとんど確立していない"));
	else if (s->n_reasons && has_figure(&s->reason[0]))
		severity_say(&s->reason[0], in->ja, &why);
	n = strlen(text_str(&why));
	if (n >= 1 && text_str(&why)[n - 1] == '.')
		n--;
	else if (n >= 3 && strcmp(text_str(&why) + n - 3, "。") == 0)
		n -= 3;
	text_printf(out, in_words(in, "Severity %u of 4", "重大度 %u/4"), s->level);
	if (n)
		text_printf(out, "%s%.*s", in_words(in, ": ", "、"), (int)n, text_str(&why));
	text_add(out, in_words(in, ".", "。"));
}

/* Does the sentence about severity say it already? */
static bool is_said(const struct brief_input *in, enum severity_rule rule)
{
	const struct severity *s = in->severity;

	return s && s->level && s->n_reasons && s->reason[0].rule == rule;
}

/* The link that it presses hardest: how full that was, else what part of it the attack took. */
static bool say_link(const struct brief_input *in, struct text *out)
{
	const struct incident_path *path = in->incident->path;
	const struct path_row *worst = NULL;
	double most = 0;
	bool near = false;

	for (unsigned i = 0; path && i < path->n_rows && i < PATH_LINKS_MAX; i++) {
		const struct path_row *r = &path->row[i];
		double load = (double)(r->load_most_bps ? r->load_most_bps : r->load_bps);
		double share = r->capacity_bps ? load / (double)r->capacity_bps : 0;

		if (!r->at.link[0] || share <= 0 || (near && !path_near(r)))
			continue;
		if (share > most || (path_near(r) && !near)) {
			most = share;
			worst = r;
			near = path_near(r);
		}
	}
	if (!worst || (most < WORTH_SAYING && !near))
		return false;
	if (in->ja)
		text_printf(out, "リンク %s の使用率 ", worst->at.link);
	else
		text_printf(out, "link %s was filled to ", worst->at.link);
	words_share(most, in->ja, out);
	text_add(out, in_words(in, near ? " (near its limit)" : "", near ? "" : ""));
	return true;
}

static bool say_threshold(const struct brief_input *in, struct text *out)
{
	unsigned which[FINDING_VECTORS_MAX];
	const struct finding_vector *v;

	if (!incident_vectors(in->incident, which))
		return false;
	v = &in->incident->f.vectors[which[0]];
	if (!v->over || !v->threshold_pps || v->peak_pps < 2 * v->threshold_pps)
		return false;
	text_add(out, in_words(in, "about ", "検知しきい値の約 "));
	words_count(v->peak_pps / v->threshold_pps, out);
	text_add(out, in_words(in, " times the alarm threshold", " 倍"));
	return true;
}

void brief_say_figures(const struct brief_input *in, struct text *out)
{
	const struct incident *inc = in->incident;
	_cleanup_text_ struct text peak = TEXT_NULL, means = TEXT_NULL;

	if (!words_figures(inc, in->ja, &peak))
		return;
	if (words_line(inc) > 0 && !is_said(in, RULE_LINE)) {
		text_add(&means, in_words(in, "", "アクセス回線の "));
		words_share(words_line(inc), in->ja, &means);
		text_add(&means, in_words(in, " of its access line", ""));
	}
	if (means.len)
		text_add(&means, in_words(in, "; ", "、"));
	if ((is_said(in, RULE_LINK) || !say_link(in, &means)) && means.len)
		means.s[means.len -= in->ja ? 3 : 2] = '\0';
	if (!means.len && !is_said(in, RULE_OVER))
		say_threshold(in, &means);
	text_printf(out, in_words(in, "Peak %s", "最大 %s"), text_str(&peak));
	if (inc->f.pulses > 1)
		text_printf(out, in_words(in, " in %u bursts", "、バースト %u 回"), inc->f.pulses);
	if (means.len)
		text_printf(out, in_words(in, ": %s", "（%s）"), text_str(&means));
	text_add(out, in_words(in, ".", "。"));
}

void brief_say_spread(const struct brief_input *in, struct text *out)
{
	const struct incident *inc = in->incident;
	const char *names[WORDS_OBJECTS_MAX];
	unsigned n = words_objects_hit(inc, in->conf, names);
	_cleanup_text_ struct text hosts = TEXT_NULL, of = TEXT_NULL;

	if (inc->f.hosts_hit < 2 || words_is_own_out(inc))
		return;
	text_add(&hosts,
		 inc->f.hosts_hit > FINDING_CHILDREN_MAX ? in_words(in, "about ", "約 ") : "");
	words_count(inc->f.hosts_hit, &hosts);
	if (n > 1 || (n == 1 && !inc->object[0]))
		words_list(names, n, NAMES_SAID + 1, in->ja, &of);
	if (in->ja)
		text_printf(out, of.len ? "対象は %s ホスト（%s を含む）。" : "対象は %s ホスト。",
			    text_str(&hosts), text_str(&of));
	else
		text_printf(out,
			    of.len ? "It hits %s hosts, among them those of %s."
				   : "It hits %s hosts.",
			    text_str(&hosts), text_str(&of));
}

void brief_say_others(const struct brief_input *in, struct text *out)
{
	const struct incident_path *path = in->incident->path;
	const char *names[PATH_BYSTANDERS_MAX];
	_cleanup_text_ struct text who = TEXT_NULL;
	double most = 0;
	unsigned n = 0, all, shown;

	for (unsigned i = 0; path && i < path->n_lost && i < PATH_BYSTANDERS_MAX; i++) {
		if (path->lost[i].object[0])
			names[n++] = path->lost[i].object;
		most = path->lost[i].lost > most ? path->lost[i].lost : most;
	}
	if (!n || most <= 0)
		return;
	all = path->n_lost + path->more_lost;
	shown = n < NAMES_SAID ? n : NAMES_SAID;
	words_list(names, shown, shown, in->ja, &who);
	if (all > shown)
		text_printf(&who, in_words(in, " and %u more", " ほか %u"), all - shown);
	text_printf(out,
		    in_words(in, "Also hurt, though not the target: %s (%s", "巻き添え: %s（%s"),
		    text_str(&who),
		    in_words(in, all > 1 ? "they lost up to " : "it lost ",
			     all > 1 ? "通信の最大 " : "通信の "));
	words_share(most, in->ja, out);
	text_add(out, in_words(in, all > 1 ? " of their traffic)." : " of its traffic).",
			       " を失った）。"));
}

void brief_say_services(const struct brief_input *in, struct text *out)
{
	static const char *const words[][2] = {
		[RISK_SHARES] = {"reached over the same link", "同じリンクを使う"},
		[RISK_NEAR] = {"on a link that is nearly full", "満杯に近いリンクを使う"},
		[RISK_LOST] = {"lost traffic", "通信を失った"},
	};
	const struct incident_path *path = in->incident->path;
	const char *names[PATH_SERVICES_MAX];
	_cleanup_text_ struct text who = TEXT_NULL;
	enum path_risk worst = RISK_SHARES;
	unsigned n = 0;

	for (unsigned i = 0; path && i < path->n_services && i < PATH_SERVICES_MAX; i++)
		worst = path->service[i].risk > worst ? path->service[i].risk : worst;
	for (unsigned i = 0; path && i < path->n_services && i < PATH_SERVICES_MAX; i++)
		if (path->service[i].risk == worst && path->service[i].name[0])
			names[n++] = path->service[i].name;
	if (!n || (n == 1 && is_said(in, RULE_BYSTANDERS) &&
		   strcmp(in->severity->reason[0].name, names[0]) == 0))
		return;
	words_list(names, n, NAMES_SAID, in->ja, &who);
	if (in->ja)
		text_printf(out, worst == RISK_LOST ? "サービス %s が%s。" : "サービス %s は%s。",
			    text_str(&who), words[worst][1]);
	else
		text_printf(out, "%s %s: %s.", n > 1 ? "Services" : "Service", words[worst][0],
			    text_str(&who));
}
