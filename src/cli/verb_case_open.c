/* SPDX-License-Identifier: ISC */
/*
 * `case open` and `case join`: how incidents and notices come into cases. A notice is read from a
 * file, or made of the options, which are then read by the same rows.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_whole.h"
#include "cli/case_desk.h"

#define FORMS "partner customer news feed cert police"

struct notice_options {
	const char *file, *from, *reference, *country, *actor, *motive, *text, *language;
	int form; /* 1 + index in the words */
	int64_t since_us, until_us, received_us;
	struct option_list target, vector, link;
	bool no_domestic_party, hosted_abroad;
};

struct open_options {
	struct case_options c;
	struct case_writing w;
	struct notice_options n;
	bool alone;
};

static void keep(json_t *to, const char *key, json_t *value_take)
{
	if (json_object_set_new(to, key, value_take))
		text_note_lost();
}

static void hold(json_t *list, json_t *value_take)
{
	if (json_array_append_new(list, value_take))
		text_note_lost();
}

static void add_text(json_t *o, const char *key, const char *s)
{
	if (s)
		keep(o, key, json_string(s));
}

static void add_time(json_t *o, const char *key, int64_t us)
{
	char text[TIME_TEXT_MAX];

	if (us)
		keep(o, key, json_string(time_format_utc(us, text)));
}

static void add_list(json_t *o, const char *key, const struct option_list *l)
{
	json_t *list = l->n ? json_array() : NULL;

	for (unsigned i = 0; list && i < l->n; i++)
		hold(list, json_string(l->value[i]));
	if (list)
		keep(o, key, list);
}

/* The options as the file that they stand for; NULL where a text is not UTF-8. */
static char *notice_of_options(const struct notice_options *n)
{
	static const char *const forms[] = {"partner", "customer", "news",
					    "feed",    "cert",	   "police"};
	json_t *o = json_object(), *span = json_object();
	char *text;

	add_text(o, "form", n->form ? forms[n->form - 1] : NULL);
	add_text(o, "from", n->from);
	add_text(o, "reference", n->reference);
	add_time(o, "received", n->received_us);
	add_time(span, "from", n->since_us);
	add_time(span, "until", n->until_us);
	if (json_object_size(span))
		keep(o, "span", json_incref(span));
	add_list(o, "target", &n->target);
	add_list(o, "vector", &n->vector);
	add_list(o, "link", &n->link);
	add_text(o, "country", n->country);
	add_text(o, "actor", n->actor);
	if (n->no_domestic_party)
		add_text(o, "no_domestic_party", "yes");
	if (n->hosted_abroad)
		add_text(o, "hosted_abroad", "yes");
	add_text(o, "motive", n->motive);
	add_text(o, "text", n->text);
	text = text_lost() ? NULL : json_whole(o, JSON_COMPACT);
	json_decref(span);
	json_decref(o);
	return text;
}

static bool is_told(const struct notice_options *n)
{
	return n->file || n->form;
}

/* Without a form none of the other options means anything. */
static bool has_more(const struct notice_options *n)
{
	return n->from || n->reference || n->country || n->actor || n->motive || n->text ||
	       n->since_us || n->until_us || n->received_us || n->target.n || n->vector.n ||
	       n->link.n || n->no_domestic_party || n->hosted_abroad;
}

/* JSON takes UTF-8 only; nothing that was said may be lost on the way. */
static bool all_utf8(const struct notice_options *n)
{
	const char *const texts[] = {n->from,  n->reference, n->country,
				     n->actor, n->motive,    n->text};
	const struct option_list *const lists[] = {&n->target, &n->vector, &n->link};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i] && !text_is_utf8(texts[i], strlen(texts[i])))
			return false;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		for (unsigned j = 0; j < lists[i]->n; j++)
			if (!text_is_utf8(lists[i]->value[j], strlen(lists[i]->value[j])))
				return false;
	return true;
}

/* The notice that the command line speaks of; NULL where it speaks of none. */
static int take_notice(struct cli *cli, const struct notice_options *o, struct case_desk *x,
		       struct notice **out)
{
	_cleanup_text_ struct text file = TEXT_NULL, errors = TEXT_NULL;
	_cleanup_free_ char *made = NULL;
	int r;

	if (!is_told(o))
		return has_more(o) ? cli_usage(cli, "who tells? say --form, or --notice FILE")
				   : EXIT_GOOD;
	if (o->file && (o->form || has_more(o)))
		return cli_usage(cli, "a notice is a file or made of options, not both");
	if (!all_utf8(o))
		return cli_usage(cli, "a text is not UTF-8");
	if (o->file) {
		r = case_read_all(cli, o->file, NOTICE_BYTES_MAX, &file);
		if (r)
			return r;
		r = notice_read(strcmp(o->file, "-") == 0 ? "<stdin>" : o->file, text_str(&file),
				file.len, out, &errors);
	} else {
		made = notice_of_options(o);
		if (!made)
			return cli_fail(cli, EXIT_BROKEN, "out of memory");
		r = notice_read("options", made, strlen(made), out, &errors);
	}
	fputs(text_str(&errors), cli->err);
	if (r)
		return r == -ENOMEM ? EXIT_BROKEN : EXIT_USAGE;
	if ((*out)->received_us == TIME_NONE)
		(*out)->received_us = x->d.now_us;
	return EXIT_GOOD;
}

/* Incident @id as the store knows it; says where it is already. */
static int find_incident(struct cli *cli, struct case_desk *x, const char *id, char *whole,
			 char *case_id)
{
	_cleanup_incident_ struct incident *inc = NULL;
	int r = x->watch ? store_get(x->watch, id, &inc) : STORE_NOT_FOUND;

	if (r == STORE_NOT_FOUND)
		return case_fail(cli, id, DESK_NO_INCIDENT);
	if (r)
		return case_fail(cli, id, r);
	snprintf(whole, INCIDENT_ID_MAX, "%s", inc->id);
	r = desk_case_of_incident(&x->d, whole, case_id);
	return r ? case_fail(cli, id, r) : EXIT_GOOD;
}

static int already(struct cli *cli, const char *id, const char *case_id)
{
	return cli_usage(cli,
			 tr(cli, "%s is in case %s already; join the cases, or split it off first",
			    "%s はすでに案件 %s にあります。案件を統合するか、先に分けてください"),
			 id, case_id);
}

static json_t *result_json(const char *case_id, const char *did, const char *joined)
{
	return json_pack("{ssssso}", "case", case_id, "did", did, "incident",
			 joined && *joined ? json_string(joined) : json_null());
}

/* What happened, and what might be done next. */
static int tell(struct cli *cli, const struct case_options *o, struct case_desk *x,
		const char *case_id, const char *did, const char *joined)
{
	_cleanup_desk_case_ struct desk_case *c = NULL;
	json_t *result = o->json ? result_json(case_id, did, joined) : NULL;
	json_t *list = o->json ? json_array() : NULL;
	int r;

	if (!o->json && joined && *joined)
		fprintf(cli->out,
			tr(cli,
			   "case %s: the notice speaks of incident %s and was joined with it\n",
			   "案件 %s: 通知は検知 %s を指すため結合しました\n"),
			case_id, joined);
	else if (!o->json)
		fprintf(cli->out, tr(cli, "case %s\n", "案件 %s\n"), case_id);
	if (!o->json && x->d.written.kind == CIRCLE_TEAM && x->d.viewer.rank < VIEWER_TEAM)
		fputs(tr(cli, "written for the team; seen with --circle team\n",
			 "チーム限りで記録。表示するには --circle team を指定\n"),
		      cli->err);
	/* Whoever writes for a narrower circle than their own sees nothing of it. */
	r = desk_case_get(&x->d, case_id, &c);
	if (r == 0)
		r = case_proposals(cli, x, c, list);
	else
		r = r == DESK_NO_CASE ? EXIT_GOOD : case_fail(cli, case_id, r);
	if (!o->json)
		return r;
	keep(result, "proposals", list);
	return case_print_json(cli, result);
}

static int open_incidents(struct cli *cli, struct case_desk *x, const struct notice *n,
			  char *case_id)
{
	char ids[64][INCIDENT_ID_MAX];
	struct desk_new e[65] = {{.kind = DESK_NOTICE, .notice = n}};
	unsigned count = n ? 1 : 0;
	int r = EXIT_GOOD;

	if (cli->n_operands > (int)ARRAY_LEN(ids))
		return cli_usage(cli, "at most %zu incidents at once", ARRAY_LEN(ids));
	for (int i = 0; r == EXIT_GOOD && i < cli->n_operands; i++) {
		r = find_incident(cli, x, cli->operands[i], ids[i], case_id);
		if (r == EXIT_GOOD && *case_id)
			r = already(cli, ids[i], case_id);
		for (int j = 0; r == EXIT_GOOD && j < i; j++)
			if (strcmp(ids[i], ids[j]) == 0)
				r = cli_usage(cli, "%s is named twice", ids[i]);
		e[count++] = (struct desk_new){.kind = DESK_INCIDENT, .ref = ids[i]};
	}
	if (r)
		return r;
	r = desk_open_case(&x->d, e, count, case_id, NULL);
	return r ? case_fail(cli, "case open", r) : EXIT_GOOD;
}

static int open_run(struct cli *cli)
{
	const struct open_options *o = cli->options;
	_cleanup_case_desk_ struct case_desk x = {0};
	_cleanup_notice_ struct notice *n = NULL;
	char case_id[DESK_ID_MAX] = "", joined[INCIDENT_ID_MAX] = "";
	int r = case_desk_open(cli, &o->c, &o->w, &x);

	r = r ? r : take_notice(cli, &o->n, &x, &n);
	if (r)
		return r;
	if (!n && !cli->n_operands)
		return cli_usage(cli, "%s",
				 tr(cli, "an INCIDENT, --notice FILE or --form is wanted",
				    "INCIDENT、--notice FILE、--form のいずれかが必要です"));
	if (cli->n_operands) {
		r = open_incidents(cli, &x, n, case_id);
	} else {
		r = desk_take_notice(&x.d, n, o->alone, case_id, joined);
		r = r ? case_fail(cli, "case open", r) : EXIT_GOOD;
	}
	return r ? r : tell(cli, &o->c, &x, case_id, *joined ? "joined" : "opened", joined);
}

static int join_event(struct cli *cli, struct case_desk *x, const struct desk_case *c,
		      const char *id)
{
	struct desk_new e = {.kind = DESK_EVENT, .ref = id};
	int r = calendar_find(x->calendar, id) ? desk_add(&x->d, c, &e, 1, NULL) : DESK_NO_EVENT;

	return r ? case_fail(cli, id, r) : EXIT_GOOD;
}

static int join_case(struct cli *cli, struct case_desk *x, const struct desk_case *c,
		     const char *id, char *case_id)
{
	_cleanup_desk_case_ struct desk_case *from = NULL;
	int r = case_get(cli, x, id, &from);

	if (r)
		return r;
	r = desk_merge(&x->d, c, from, case_id);
	return r ? case_fail(cli, id, r) : EXIT_GOOD;
}

static int join_incident(struct cli *cli, struct case_desk *x, const struct desk_case *c,
			 const char *id)
{
	char whole[INCIDENT_ID_MAX], there[DESK_ID_MAX];
	struct desk_new e = {.kind = DESK_INCIDENT, .ref = whole};
	int r = find_incident(cli, x, id, whole, there);

	if (r)
		return r;
	if (*there)
		return already(cli, whole, there);
	r = desk_add(&x->d, c, &e, 1, NULL);
	return r ? case_fail(cli, id, r) : EXIT_GOOD;
}

static int join_what(struct cli *cli, struct case_desk *x, char *case_id, const char *what)
{
	_cleanup_desk_case_ struct desk_case *c = NULL;
	int r = case_get(cli, x, case_id, &c);

	if (r)
		return r;
	if (strncmp(what, "event:", 6) == 0)
		return join_event(cli, x, c, what + 6);
	if (what[0] == 'c')
		return join_case(cli, x, c, what, case_id);
	return join_incident(cli, x, c, what);
}

static int join_run(struct cli *cli)
{
	const struct open_options *o = cli->options;
	_cleanup_case_desk_ struct case_desk x = {0};
	_cleanup_notice_ struct notice *n = NULL;
	_cleanup_desk_case_ struct desk_case *c = NULL;
	char case_id[DESK_ID_MAX];
	int r = case_desk_open(cli, &o->c, &o->w, &x);

	r = r ? r : take_notice(cli, &o->n, &x, &n);
	r = r ? r : case_get(cli, &x, cli->operands[0], &c);
	if (r)
		return r;
	if (!n && cli->n_operands < 2)
		return cli_usage(cli, "%s",
				 tr(cli, "what joins it? an INCIDENT, a CASE, event:ID or a notice",
				    "何を加えますか: INCIDENT、CASE、event:ID、通知"));
	if (n) {
		struct desk_new e = {.kind = DESK_NOTICE, .notice = n};

		r = desk_add(&x.d, c, &e, 1, NULL);
		if (r)
			return case_fail(cli, c->id, r);
	}
	memcpy(case_id, c->id, sizeof(case_id));
	for (int i = 1; r == EXIT_GOOD && i < cli->n_operands; i++)
		r = join_what(cli, &x, case_id, cli->operands[i]);
	return r ? r : tell(cli, &o->c, &x, case_id, "joined", NULL);
}

#define AT(field) offsetof(struct open_options, field)
#define NOTICE_OPTIONS                                                                             \
	OPTIONS_CASE(struct open_options), OPTIONS_CASE_WRITING(struct open_options),              \
		OPTION_ARG("notice", 0, "FILE", option_text, AT(n.file),                           \
			   "a notice in YAML or JSON; - is the standard input",                    \
			   "YAML または JSON の通知。- は標準入力"),                               \
		OPTION_CHOICE("form", 0, "FORM", FORMS, AT(n.form),                                \
			      "who tells, where the notice is made of options",                    \
			      "オプションで通知を書く場合の、知らせた者の種類"),                   \
		OPTION_ARG("from", 0, "TEXT", option_text, AT(n.from), "the name of who tells",    \
			   "知らせた者の名前"),                                                    \
		OPTION_ARG("reference", 0, "TEXT", option_text, AT(n.reference),                   \
			   "their number for it", "先方の整理番号"),                               \
		OPTION_ARG("received", 0, "TIME", option_time, AT(n.received_us),                  \
			   "when it came; now when not said", "受領時刻。指定がなければ現在"),     \
		OPTION_ARG("target", 0, "TARGET", option_list, AT(n.target),                       \
			   "address, prefix or name of what is attacked (repeatable)",             \
			   "攻撃されたアドレス、プレフィックス、名前 (繰り返し可)"),               \
		OPTION_ARG("since", 0, "TIME", option_time, AT(n.since_us),                        \
			   "when the attack began, they say", "攻撃の開始 (通知による)"),          \
		OPTION_ARG("until", 0, "TIME", option_time, AT(n.until_us),                        \
			   "when it ended, they say", "攻撃の終了 (通知による)"),                  \
		OPTION_ARG("vector", 0, "NAME", option_list, AT(n.vector),                         \
			   "what kind of attack, in their words (repeatable)",                     \
			   "攻撃の種類 (先方の言葉のまま、繰り返し可)"),                           \
		OPTION_ARG("link", 0, "NAME", option_list, AT(n.link),                             \
			   "over which link, they say (repeatable)",                               \
			   "どの回線からか (通知による、繰り返し可)"),                             \
		OPTION_ARG("country", 0, "COUNTRY", option_text, AT(n.country),                    \
			   "country of whoever does it, they say", "行為者の国 (通知による)"),     \
		OPTION_ARG("actor", 0, "TEXT", option_text, AT(n.actor), "who does it, they say",  \
			   "行為者 (通知による)"),                                                 \
		OPTION_ARG("motive", 0, "TEXT", option_text, AT(n.motive), "why, they say",        \
			   "動機 (通知による)"),                                                   \
		OPTION_ARG("text", 0, "TEXT", option_text, AT(n.text), "the notice's own words",   \
			   "通知の本文"),                                                          \
		OPTION_SWITCH("no-domestic-party", 0, AT(n.no_domestic_party),                     \
			      "they say that no domestic party is concerned",                      \
			      "国内の当事者はいないとのこと"),                                     \
		OPTION_SWITCH("hosted-abroad", 0, AT(n.hosted_abroad),                             \
			      "they say that the target is hosted abroad",                         \
			      "対象は国外に置かれているとのこと")

static const struct option_row open_options[] = {
	NOTICE_OPTIONS,
	OPTION_SWITCH("alone", 0, AT(alone), "join it with nothing, even where that is certain",
		      "確実な場合も自動では結合しない"),
	{0},
};

static const struct option_row join_options[] = {NOTICE_OPTIONS, {0}};
#undef AT

extern const struct verb verb_case_open, verb_case_join;

const struct verb verb_case_open = {
	.name = "case open",
	.args = "[INCIDENT...]",
	.max_args = -1,
	.help = PHRASE("open a case with incidents, a notice, or both", "検知や通知から案件を開く"),
	.more = PHRASE("A notice joins the case of an incident by itself only where that is "
		       "certain; what is likely is proposed with its reason.",
		       "通知が自動で検知の案件に結合されるのは確実な場合だけで、それ以外は理由と"
		       "ともに候補を示す。"),
	.options = open_options,
	.options_size = sizeof(struct open_options),
	.run = open_run,
};

const struct verb verb_case_join = {
	.name = "case join",
	.args = "CASE [WHAT...]",
	.min_args = 1,
	.max_args = -1,
	.help = PHRASE("join incidents, a notice, events or another case to a case",
		       "案件に検知、通知、行事、別の案件を加える"),
	.more = PHRASE("WHAT is an incident, a case, or event:ID of a calendar.",
		       "WHAT は検知、案件、または暦の行事 event:ID。"),
	.options = join_options,
	.options_size = sizeof(struct open_options),
	.run = join_run,
};
