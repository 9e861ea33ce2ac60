/* SPDX-License-Identifier: ISC */
/*
 * `incident list`, `incident show` and `incident mark`: what the store knows, and what people say
 * of it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/zone.h"
#include "cli/belongs.h"
#include "cli/blind_print.h"
#include "cli/incident_table.h"
#include "cli/results.h"
#include "cli/said_desk.h"
#include "duty/blind.h"

#define STALE_US (10 * US_PER_S) /* the watch writes a status each second */

struct list_options {
	struct said_options o;
	const char *object, *target;
	int64_t since_us, until_us;
	int state, kind, class; /* 1 + index in the words */
	uint64_t limit;
};

static int on_row(void *userdata, const struct incident *inc)
{
	return results_take(userdata, inc);
}

static int make_filter(const struct cli *cli, const struct list_options *o, struct store_filter *f,
		       struct prefix *target)
{
	*f = STORE_FILTER_ALL;
	if (o->since_us)
		f->from_us = o->since_us;
	if (o->until_us)
		f->until_us = o->until_us;
	f->states = o->state ? 1u << (o->state - 1) : 0;
	f->kinds = o->kind ? 1u << (o->kind - 1) : 0;
	f->classes = o->class ? 1u << o->class : 0; /* the first word is the class after "none" */
	f->object = o->object;
	f->limit = (unsigned)o->limit;
	if (!o->target)
		return EXIT_GOOD;
	if (prefix_parse(o->target, true, target) < 0)
		return cli_usage(cli, "--target %s: an address or prefix is wanted", o->target);
	f->target = target;
	return EXIT_GOOD;
}

/* A watch that has stopped sees nothing, however good its exporters were. */
static void print_stale(const struct cli *cli, int64_t at_us)
{
	char at[TIME_TEXT_MAX];

	fprintf(cli->out,
		tr(cli, "no watch tells anything since %s: nothing is seen now\n",
		   "%s 以降 watch からの報告がなく、現在は何も見えていない\n"),
		time_format_local(at_us, at));
}

/* What "none" means, by what the watch last knew of its exporters. */
static void print_blind(const struct cli *cli, struct store *store)
{
	_cleanup_text_ struct text text = TEXT_NULL;
	json_t *status, *blind;
	int64_t at_us;
	bool stale;

	if (store_get_status(store, &text, &at_us)) {
		fprintf(cli->out, "%s\n",
			tr(cli,
			   "no watch has run on this store, so it is not known what would have "
			   "been "
			   "seen",
			   "この記録庫で watch が動いたことはなく、何が見えたかは不明"));
		return;
	}
	status = json_loadb(text_str(&text), text.len, 0, NULL);
	blind_in_status(status, NULL, BLIND_BRIEF);
	blind = json_object_get(status, "blind_spot");
	stale = clock_real_us() - at_us >= STALE_US;
	if (stale)
		print_stale(cli, at_us);
	if (json_array_size(blind))
		blind_print_short(cli, blind,
				  stale ? tr(cli, "this would have been seen then:",
					     "その時点で見えたのは次のとおり:")
					: tr(cli, "as the exporters are now, this would be seen:",
					     "現在のエクスポーターで見えるのは次のとおり:"),
				  cli->out);
	json_decref(status);
}

/* As it is kept, and behind it what was said of it. */
static int print_json(struct cli *cli, const struct said_desk *x, const struct incident *inc)
{
	json_t *o;

	if (said_of(&x->said, x->conf, inc) == SAID_NOTHING) {
		incident_json_line(cli, inc);
		return EXIT_GOOD;
	}
	o = incident_to_json(inc);
	said_json(x, inc, o);
	return said_line(cli, o);
}

/* A word for each; NULL where there is none of any. */
static const char **words_of(const struct cli *cli, const struct said_desk *x,
			     const struct results *found)
{
	const char **words = calloc(found->n + 1, sizeof(*words));
	bool any = false;

	if (!words)
		text_note_lost();
	for (size_t i = 0; words && i < found->n; i++) {
		enum said_word w = said_of(&x->said, x->conf, found->list[i]);

		words[i] = said_text(w, cli->language == LANGUAGE_JA);
		any |= w != SAID_NOTHING;
	}
	if (any)
		return words;
	free(words);
	return NULL;
}

static int print_list(struct cli *cli, const struct said_desk *x, const struct results *found,
		      bool json)
{
	_cleanup_free_ const char **words = NULL;

	if (json) {
		for (size_t i = 0; i < found->n; i++)
			if (print_json(cli, x, found->list[i]))
				return EXIT_BROKEN;
		return EXIT_GOOD;
	}
	if (found->n) {
		words = words_of(cli, x, found);
		incident_table(cli, found->list, found->n, words);
		return EXIT_GOOD;
	}
	fprintf(cli->out, "%s%s\n", store_kind(x->watch) == STORE_DRILL ? "DRILL / 訓練\n" : "",
		tr(cli, "no incidents", "検知はありません"));
	print_blind(cli, x->watch);
	return EXIT_GOOD;
}

/* Nothing of an object that nobody has is no all-clear. */
static void check_object(struct cli *cli, const struct conf *conf, const char *name)
{
	if (!name || !conf || !conf->n_objects || conf_object_named(conf, name))
		return;
	cli_fail(cli, 0, "--object %s: %s", name,
		 tr(cli, "the configuration has no object of that name",
		    "設定にその名前の保護対象はありません"));
}

static int list_run(struct cli *cli)
{
	const struct list_options *o = cli->options;
	_cleanup_said_desk_ struct said_desk x = {.conf = NULL};
	struct results found = {.with_series = o->o.json};
	struct store_filter filter;
	struct prefix target;
	int r = make_filter(cli, o, &filter, &target);

	if (r == EXIT_GOOD)
		r = said_desk_open(cli, &o->o, &x);
	if (r)
		return r;
	check_object(cli, x.conf, o->object);
	r = store_list(x.watch, &filter, on_row, &found);
	r = r ? cli_fail(cli, EXIT_STORE, "%s", store_answer(r, language_name(cli)))
	      : print_list(cli, &x, &found, o->o.json);
	results_deinit(&found);
	return r;
}

struct show_options {
	struct said_options o;
	struct viewer_options v;
};

static int get(struct cli *cli, const struct said_desk *x, const char *id, struct incident **out)
{
	int r = store_get(x->watch, id, out);

	return r ? cli_fail(cli, EXIT_STORE, "%s: %s", id, store_answer(r, language_name(cli)))
		 : EXIT_GOOD;
}

/* One line above the incident: what was said of it, by whom. */
static void print_said(struct cli *cli, const struct said_desk *x, const struct incident *inc)
{
	enum said_word w = said_of(&x->said, x->conf, inc);
	const struct mark *m = said_mark(&x->said, inc->id);
	const struct suppression *s = said_suppression(&x->said, inc);
	const struct conf_maintenance *work = said_maintenance(x->conf, inc);
	char at[TIME_TEXT_MAX];

	if (m)
		fprintf(cli->out, tr(cli, "marked %s: %s (%s, %s)\n", "判定 %s: %s (%s、%s)\n"),
			said_text(m->is_false ? SAID_FALSE : SAID_TRUE,
				  cli->language == LANGUAGE_JA),
			m->reason, m->actor, zone_format(x->conf->duty.zone, m->at_us, true, at));
	else if (w == SAID_SUPPRESSED)
		fprintf(cli->out,
			tr(cli, "suppressed by %s until %s: %s (%s)\n",
			   "抑止 %s (%s まで): %s (%s)\n"),
			s->actor, zone_format(x->conf->duty.zone, suppression_end_us(s), true, at),
			s->reason, s->id);
	else if (w == SAID_MAINTENANCE)
		fprintf(cli->out, tr(cli, "during announced work: %s\n", "予告された作業中: %s\n"),
			work->note);
	else if (w == SAID_TEST)
		fputs(tr(cli, "during a known test\n", "予告された試験中\n"), cli->out);
}

/* And one of its case. */
static void print_case(struct cli *cli, const struct desk_belongs *where)
{
	_cleanup_text_ struct text out = TEXT_NULL;

	desk_belongs_say(where, true, language_name(cli), &out);
	if (out.len)
		fprintf(cli->out, "%s\n", text_str(&out));
}

static int show_json(struct cli *cli, const struct said_desk *x, const struct incident *inc,
		     const struct desk_belongs *where)
{
	json_t *o;

	if (!*where->case_id)
		return print_json(cli, x, inc);
	o = incident_to_json(inc);
	said_json(x, inc, o);
	if (o)
		said_put(o, "case", desk_belongs_json(where));
	return said_line(cli, o);
}

static int show_run(struct cli *cli)
{
	const struct show_options *o = cli->options;
	_cleanup_said_desk_ struct said_desk x = {.conf = NULL};
	_cleanup_belongs_ struct belongs cases = {.waiting = NULL};
	_cleanup_incident_ struct incident *inc = NULL;
	_cleanup_text_ struct text out = TEXT_NULL;
	struct desk_belongs where;
	int r = said_desk_open(cli, &o->o, &x);

	r = r ? r : get(cli, &x, cli->operands[0], &inc);
	r = r ? r : belongs_open(cli, &o->v, x.conf, x.desk, x.now_us, &cases);
	if (r)
		return r;
	belongs_of(&cases, inc, &where);
	if (o->o.json)
		return show_json(cli, &x, inc, &where);
	incident_print(inc, language_name(cli), &out);
	fputs(text_str(&out), cli->out);
	print_said(cli, &x, inc);
	print_case(cli, &where);
	return EXIT_GOOD;
}

struct mark_options {
	struct said_options o;
	const char *reason, *by;
};

static int read_word(struct cli *cli, const char *word, bool *is_false)
{
	static const char *const words[] = {"false", "true"};
	const char *near;

	*is_false = strcmp(word, "false") == 0;
	if (*is_false || strcmp(word, "true") == 0)
		return EXIT_GOOD;
	near = text_nearest(word, words, ARRAY_LEN(words));
	return near ? cli_usage(cli, "%s: false or true is wanted; did you mean \"%s\"?", word,
				near)
		    : cli_usage(cli, "%s: false or true is wanted", word);
}

static int mark_run(struct cli *cli)
{
	const struct mark_options *o = cli->options;
	_cleanup_said_desk_ struct said_desk x = {.conf = NULL};
	_cleanup_incident_ struct incident *inc = NULL;
	struct mark m = {.is_false = false};
	int r = read_word(cli, cli->operands[1], &m.is_false);

	r = r ? r : said_reason(cli, o->reason);
	r = r ? r : said_desk_open(cli, &o->o, &x);
	r = r ? r : get(cli, &x, cli->operands[0], &inc);
	r = r ? r : said_desk_write(cli, o->by, &x);
	if (r)
		return r;
	snprintf(m.reason, sizeof(m.reason), "%s", o->reason);
	r = said_desk_act(cli, &x, "mark", inc->id, mark_body(&m));
	if (r)
		return r;
	if (o->o.json)
		return said_line(cli, json_pack("{s:s, s:b, s:s, s:s}", "id", inc->id, "false",
						m.is_false, "reason", m.reason, "by", x.actor));
	fprintf(cli->out,
		m.is_false ? tr(cli, "%s is marked false; it stays recorded\n",
				"%s を誤検知としました。記録は残ります\n")
			   : tr(cli, "%s is marked true\n", "%s を実際の攻撃としました\n"),
		inc->id);
	return EXIT_GOOD;
}

#define AT(field) offsetof(struct list_options, field)
static const struct option_row list_options[] = {
	OPTIONS_SAID(struct list_options),
	OPTION_ARG("since", 's', "TIME", option_time, AT(since_us),
		   "only those alive after this time (2008-08-08T12:00:00Z, or 2h ago)",
		   "この時刻以降に続いていたものだけ (2008-08-08T12:00:00Z、または 2h 前)"),
	OPTION_ARG("until", 'u', "TIME", option_time, AT(until_us),
		   "only those that began before this time", "この時刻より前に始まったものだけ"),
	OPTION_CHOICE("state", 0, "STATE", "open quiet closed lost_sight", AT(state),
		      "only those in this state", "この状態のものだけ"),
	OPTION_CHOICE("kind", 0, "KIND", "attack scan", AT(kind), "only attacks, or only scans",
		      "攻撃だけ、またはスキャンだけ"),
	OPTION_CHOICE("class", 0, "CLASS", "capacity server compound", AT(class),
		      "only those of this class", "この分類のものだけ"),
	OPTION_ARG("target", 0, "PREFIX", option_text, AT(target),
		   "only targets inside or around it", "対象がこの範囲に関わるものだけ"),
	OPTION_ARG("object", 0, "NAME", option_text, AT(object), "only this protected object",
		   "この保護対象だけ"),
	OPTION_NUMBER("limit", 'n', "N", RESULTS_MAX, AT(limit),
		      "at most so many, 1000 when not said", "件数の上限。指定がなければ 1000"),
	{0},
};
#undef AT

static const struct option_row show_options[] = {
	OPTIONS_SAID(struct show_options), OPTIONS_VIEWER(struct show_options, v), {0}};

static const struct option_row mark_options[] = {OPTIONS_SAID(struct mark_options),
						 OPTION_REASON(struct mark_options),
						 OPTION_BY(struct mark_options),
						 {0}};

extern const struct verb verb_incident_list, verb_incident_show, verb_incident_mark;

const struct verb verb_incident_list = {
	.name = "incident list",
	.args = "",
	.help = PHRASE("list the incidents of a store, newest first",
		       "記録庫の検知を新しい順に一覧する"),
	.options = list_options,
	.options_size = sizeof(struct list_options),
	.run = list_run,
};

const struct verb verb_incident_show = {
	.name = "incident show",
	.args = "ID",
	.min_args = 1,
	.max_args = 1,
	.help = PHRASE("show one incident, its figures and what is not known",
		       "検知 1 件の数値と、分かっていないことを表示する"),
	.more = PHRASE("The beginning of an ID will do where only one incident has it.",
		       "ID は、他と区別できれば先頭の数文字でよい。"),
	.options = show_options,
	.options_size = sizeof(struct show_options),
	.run = show_run,
};

const struct verb verb_incident_mark = {
	.name = "incident mark",
	.args = "ID false|true",
	.min_args = 2,
	.max_args = 2,
	.help = PHRASE("say that an incident was no attack, or that it was",
		       "検知が誤りだったか、実際の攻撃だったかを記録する"),
	.more = PHRASE("A mark changes nothing of what is recorded. It ends the paging of the "
		       "incident, and `noroshi tune` counts its traffic as ordinary. The last "
		       "mark counts. A reason is wanted.",
		       "記録そのものは変わらない。誤検知とした検知は呼び出しを止め、`noroshi tune` "
		       "では平常の通信として数える。最後の判定が有効。理由は必須。"),
	.options = mark_options,
	.options_size = sizeof(struct mark_options),
	.run = mark_run,
};
