/* SPDX-License-Identifier: ISC */
/* A case and a proposal for people: what it is, then everything in order of time. */
#include <string.h>

#include "desk/inside.h"

static bool is_ja(const char *language)
{
	return strcmp(language, "ja") == 0;
}

static void add_time(struct text *out, int64_t us)
{
	char local[TIME_TEXT_MAX];

	text_add(out, us == TIME_NONE ? "-" : time_format_local(us, local));
}

/* Lines of a text under an indent; what does not belong on a terminal becomes '?'. */
static void add_lines(struct text *out, const char *s, const char *indent)
{
	while (*s) {
		text_add(out, indent);
		for (; *s && *s != '\n'; s++)
			text_add_n(out, (unsigned char)*s < 0x20 || *s == 0x7f ? "?" : s, 1);
		text_add(out, "\n");
		s += *s == '\n';
	}
}

static void add_word(struct text *out, const char *label, const char *value)
{
	if (*value)
		text_printf(out, "    %s: %s\n", label, value);
}

static void print_incident(const struct desk_item *e, bool ja, struct text *out)
{
	unsigned which[FINDING_VECTORS_MAX], n;
	char target[INCIDENT_TARGET_MAX], name[VECTOR_NAME_MAX];
	const struct incident *inc = e->incident;

	text_printf(out, ja ? "検知 %s" : "incident %s", e->ref);
	if (!inc) {
		text_add(out, ja ? " (記録庫にもうありません)\n" : " (no longer in the store)\n");
		return;
	}
	text_printf(out, "  %s ", incident_target(inc, target));
	n = incident_vectors(inc, which);
	for (unsigned i = 0; i < n; i++)
		text_printf(out, "%s%s", i ? ", " : " ",
			    vector_name(inc->f.vectors[which[i]].vector,
					inc->f.vectors[which[i]].port, name));
	text_add(out, "  ");
	text_rate(out, (double)inc->f.peak_pps, "pps");
	text_add(out, "\n");
	if (inc->f.n_links)
		text_add(out, ja ? "    回線:" : "    links:");
	for (unsigned i = 0; i < inc->f.n_links; i++)
		text_printf(out, " %s%s%s %.0f %%", *inc->links[i].link ? inc->links[i].link : "",
			    *inc->links[i].link ? "" : inc->links[i].exporter,
			    *inc->links[i].link ? "" : "?", inc->links[i].share * 100);
	if (inc->f.n_links)
		text_add(out, "\n");
}

static void print_targets(const struct notice *n, bool ja, struct text *out)
{
	for (size_t i = 0; i < n->n_targets; i++)
		text_printf(out, "%s%s",
			    i	 ? ", "
			    : ja ? "    対象: "
				 : "    target: ",
			    n->target[i].told);
	for (size_t i = 0; i < n->n_vectors; i++)
		text_printf(out, "%s%s",
			    i		   ? ", "
			    : n->n_targets ? "  "
					   : "    ",
			    n->vector[i].told);
	if (n->n_targets || n->n_vectors)
		text_add(out, "\n");
	for (size_t i = 0; i < n->n_links; i++)
		add_word(out, ja ? "回線" : "link", n->link[i].name);
}

static void print_span(const struct notice *n, bool ja, struct text *out)
{
	if (n->from_us == TIME_NONE && n->until_us == TIME_NONE)
		return;
	text_add(out, ja ? "    時間: " : "    when: ");
	add_time(out, n->from_us);
	text_add(out, " .. ");
	add_time(out, n->until_us);
	text_add(out, "\n");
}

static void print_notice(struct desk *d, const struct desk_item *e, bool contacts,
			 const char *language, struct text *out)
{
	const struct notice *n = e->notice;
	const char *contact = n && contacts ? private_text_reveal(n->contact, &d->viewer) : NULL;
	bool ja = is_ja(language);

	if (!n) {
		text_add(out, ja ? "通知 (消去済み)\n" : "notice (erased)\n");
		return;
	}
	text_printf(out, ja ? "通知 (%s) %s\n" : "notice (%s) %s\n",
		    notice_form_word(n->form, language), n->from);
	print_targets(n, ja, out);
	print_span(n, ja, out);
	add_word(out, ja ? "整理番号" : "reference", n->reference);
	add_word(out, ja ? "国 (通知による)" : "country, they say", n->country);
	add_word(out, ja ? "行為者 (通知による)" : "actor, they say", n->actor);
	add_word(out, ja ? "動機 (通知による)" : "motive, they say", n->motive);
	if (n->no_domestic_party)
		text_add(out, ja ? "    国内の当事者はいないとのこと\n"
				 : "    they say that no domestic party is concerned\n");
	if (n->hosted_abroad)
		text_add(out, ja ? "    対象は国外に置かれているとのこと\n"
				 : "    they say that the target is hosted abroad\n");
	if (contact)
		add_word(out, ja ? "連絡先" : "contact", contact);
	else if (contacts && n->contact)
		text_add(out, ja ? "    連絡先: この範囲では表示できません\n"
				 : "    contact: not for this circle\n");
	add_lines(out, n->text, "    | ");
}

static void print_event_line(const struct event *e, const char *language, struct text *out)
{
	text_printf(out, "%s (%s, %s)", is_ja(language) ? e->name_ja : e->name_en,
		    event_kind_word(e->kind, language), e->id);
}

static void print_item(struct desk *d, const struct desk_item *e, bool contacts,
		       const char *language, struct text *out)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	char circle[CIRCLE_TEXT_MAX];
	const struct event *event;

	desk_item_why(e, language, &why);
	add_time(out, e->when_us);
	text_printf(out, "  %s  [%s]  ", e->id,
		    e->circle.kind == CIRCLE_PERSONS ? circle_format(&e->circle, circle)
						     : circle_word(e->circle.kind, language));
	if (e->kind == DESK_INCIDENT) {
		print_incident(e, is_ja(language), out);
	} else if (e->kind == DESK_NOTICE) {
		print_notice(d, e, contacts, language, out);
	} else if (e->kind == DESK_EVENT) {
		event = calendar_find(d->calendar, e->ref);
		text_add(out, is_ja(language) ? "行事 " : "event ");
		if (event)
			print_event_line(event, language, out);
		else
			text_add(out, e->ref);
		text_add(out, "\n");
	} else {
		text_printf(out, is_ja(language) ? "メモ (%s)\n" : "note by %s\n", e->actor);
		if (!e->text)
			text_add(out, is_ja(language) ? "    (消去済み)\n" : "    (erased)\n");
	}
	if (e->kind == DESK_NOTE && e->text)
		add_lines(out, e->text, "    | ");
	else if (why.len)
		text_printf(out,
			    is_ja(language) ? "    自動で結合: %s\n"
					    : "    joined by the rule: %s\n",
			    text_str(&why));
}

static void print_events(struct desk *d, const struct desk_case *c, const char *language,
			 struct text *out)
{
	const struct event *e;
	struct event day;

	for (size_t at = 0;
	     c->from_us != TIME_NONE &&
	     (e = calendar_next(d->calendar, c->from_us, c->until_us, &at, &day)) != NULL;) {
		text_add(out, is_ja(language) ? "  行事の期間に当たる: "
					      : "  falls in an event's days: ");
		print_event_line(e, language, out);
		text_add(out, "\n");
	}
}

/* Nobody infers it: without a notice that says so it is not known. */
static void print_motive(const struct desk_case *c, bool ja, struct text *out)
{
	bool said = false;

	for (unsigned i = 0; i < c->n_items; i++) {
		const struct notice *n = c->items[i].notice;

		if (!n || !*n->motive)
			continue;
		said = true;
		text_printf(out,
			    ja ? "  動機: %s (%s による、%s)\n" : "  motive: %s (%s says, %s)\n",
			    n->motive, *n->from ? n->from : "?", c->items[i].id);
	}
	if (!said)
		text_add(out, ja ? "  動機: 不明 (述べた通知がない)\n"
				 : "  motive: not known (no notice speaks of one)\n");
}

void desk_case_print(struct desk *d, const struct desk_case *c, bool contacts, const char *language,
		     struct text *out)
{
	_cleanup_text_ struct text subject = TEXT_NULL;
	bool ja = is_ja(language);

	if (c->drill)
		text_add(out, "DRILL / 訓練\n");
	desk_case_subject(c, &subject);
	text_printf(out, ja ? "案件 %s (%s)  %s\n" : "case %s (%s)  %s\n", c->id,
		    c->closed ? (ja ? "終了" : "closed") : (ja ? "継続中" : "open"),
		    text_str(&subject));
	text_add(out, ja ? "  時間: " : "  when: ");
	add_time(out, c->from_us);
	text_add(out, " .. ");
	add_time(out, c->until_us);
	text_add(out, "\n");
	print_events(d, c, language, out);
	print_motive(c, ja, out);
	desk_scope_print(d, c, language, out);
	text_add(out, "\n");
	for (unsigned i = 0; i < c->n_items; i++)
		print_item(d, &c->items[i], contacts, language, out);
}

void desk_proposal_print(const struct desk_proposal *p, const char *language, struct text *out)
{
	bool ja = is_ja(language);

	if (p->kind == DESK_PROPOSE_MERGE) {
		text_printf(out,
			    ja ? "案件 %s と %s は同じ件の可能性: "
			       : "cases %s and %s may be one: ",
			    p->case_id, p->other_case);
		if (p->same_incident)
			text_printf(out, ja ? "どちらも検知 %s を含む" : "both hold incident %s",
				    p->incident);
		else
			match_reason(&p->match, language, out);
		text_printf(out, "\n    noroshi case join %s %s\n", p->case_id, p->other_case);
		return;
	}
	text_printf(out,
		    ja ? "案件 %s の通知 %s は検知 %s を指す%s: "
		       : "case %s: notice %s may speak of incident %s, %s: ",
		    p->case_id, p->notice, p->incident, match_word(&p->match, language));
	match_reason(&p->match, language, out);
	text_printf(out, ja ? " (%d 点)" : " (%d points)", p->match.score);
	if (*p->other_case)
		text_printf(out, "\n    noroshi case join %s %s\n", p->other_case, p->case_id);
	else
		text_printf(out, "\n    noroshi case join %s %s\n", p->case_id, p->incident);
}
