/* SPDX-License-Identifier: ISC */
/* `act list` and `act show`: the measures of the store, and whether the routers have them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "act/law.h"
#include "act/measure.h"
#include "cli/act_ask.h"
#include "cli/audit_lines.h"
#include "router/act.h"
#include "store/desk_act.h"
#include "store/store.h"

struct list_options {
	struct act_where w;
	bool all;
};

struct listing {
	struct cli *cli;
	const struct conf *conf;
	bool json, all, show;
	unsigned n, forged;
	struct law *law;
	struct audit_lines lines; /* of the log, for `show` */
	json_t *status;		  /* owned; what only the role knows, NULL unknown */
	int asked;		  /* what came of asking for it: EXIT_GOOD, ACT_NO_ROLE, a status */
};

/* How it stands with lifting a measure, or NULL. */
static const json_t *lift_of(const struct listing *l, const struct measure *m)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(l->status, "lifts"), i, row)
	{
		const char *id = json_string_value(json_object_get(row, "measure"));

		if (id && strcmp(id, m->id) == 0)
			return row;
	}
	return NULL;
}

static const char *said(const struct listing *l, const json_t *o)
{
	const char *s = json_string_value(
		json_object_get(o, l->cli->language == LANGUAGE_JA ? "ja" : "en"));

	return s ? s : "";
}

/* The role looks at the effect each ten seconds; the row has it as of its last change. */
static void take_effect(const struct listing *l, struct measure *m)
{
	struct measure_effect now = m->effect;

	if (measure_effect_from_json(json_object_get(lift_of(l, m), "effect"), &now) == 0 &&
	    now.at_us > m->effect.at_us)
		m->effect = now;
}

static void lift_lines(const struct listing *l, const struct measure *m)
{
	const json_t *row = lift_of(l, m), *probe = json_object_get(row, "probe");

	if (*said(l, row))
		fprintf(l->cli->out, tr(l->cli, "    lift: %s\n", "    解除: %s\n"), said(l, row));
	if (l->show && *said(l, probe))
		fprintf(l->cli->out, tr(l->cli, "    no probe: %s\n", "    試験解除なし: %s\n"),
			said(l, probe));
}

static void stuck_line(const struct listing *l, const struct measure *m)
{
	_cleanup_text_ struct text why = TEXT_NULL;

	measure_stuck_say(m, l->cli->language == LANGUAGE_JA, &why);
	if (why.len)
		fprintf(l->cli->out, "    %s\n", text_str(&why));
}

/* All that is known, with the lines of the log about it. Return: false without memory. */
static bool page(struct listing *l, const struct measure *m, struct text *out)
{
	_cleanup_free_ struct measure_line *lines = calloc(l->lines.n + 1, sizeof(*lines));
	const struct audit_line *at = audit_lines_first(&l->lines, m->id);
	unsigned n = 0;

	for (; lines && at && n < l->lines.n; at = at->next ? &l->lines.line[at->next - 1] : NULL)
		lines[n++] = at->line;
	if (lines)
		measure_print(m, l->law ? law_find(l->law, m->basis) : NULL, lines, n,
			      l->conf->duty.zone, l->cli->language == LANGUAGE_JA, out);
	return lines != NULL;
}

static void line(struct listing *l, const struct measure *m, bool forged)
{
	_cleanup_text_ struct text out = TEXT_NULL;

	if (forged)
		text_add(&out, tr(l->cli, "FORGED, never acted on: ", "偽造 (実行されない): "));
	if (!l->show)
		measure_short(m, l->conf->duty.zone, l->cli->language == LANGUAGE_JA, &out);
	else if (!page(l, m, &out))
		text_note_lost();
	fputs(text_str(&out), l->cli->out);
	if (out.len && out.s[out.len - 1] != '\n')
		fputc('\n', l->cli->out);
	stuck_line(l, m);
	lift_lines(l, m);
}

/* What it counts for where its neighbour takes no more rules. */
static json_t *weight_json(const struct measure *m)
{
	struct weight w = measure_weight(m);

	return json_pack("{s:o, s:o}", "severity",
			 w.severity ? json_integer(w.severity) : json_null(), "bps",
			 w.bps >= 0 ? json_integer((json_int_t)w.bps) : json_null());
}

static void line_json(struct listing *l, const struct measure *m, bool forged)
{
	json_t *o = measure_json(m);
	const json_t *row = lift_of(l, m);
	json_t *lift = row ? json_deep_copy(row) : json_null();

	json_object_del(lift, "effect"); /* it is the measure's */
	if (!o || json_object_set_new(o, "weight", weight_json(m)) ||
	    json_object_set_new(o, "forged", json_boolean(forged)) ||
	    json_object_set_new(o, "lift_now", lift) ||
	    json_dumpf(o, l->cli->out, JSON_COMPACT | JSON_SORT_KEYS))
		text_note_lost();
	fputc('\n', l->cli->out);
	json_decref(o);
}

static int on_measure(void *userdata, const struct desk_measure_row *row, bool forged)
{
	struct listing *l = userdata;
	json_t *body = json_loads(row->body, 0, NULL);
	struct measure *m = calloc(1, sizeof(*m));

	if (m && measure_from_json(body, m) == 0) {
		l->n++;
		l->forged += forged;
		if (!forged)
			take_effect(l, m);
		if (l->json)
			line_json(l, m, forged);
		else
			line(l, m, forged);
	}
	json_decref(body);
	free(m);
	return m ? 0 : -ENOMEM;
}

/* A reader who may not ask the role still reads the store. */
static void ask_role(struct listing *l, const char *about)
{
	char socket[ACT_PATH_MAX];

	if ((l->json || l->show) &&
	    access(act_socket(l->conf, l->conf->db, socket), R_OK | W_OK) != 0)
		return;
	l->asked = act_ask(l->cli, l->conf, json_pack("{ssss}", "do", "status", "about", about),
			   &l->status);
}

/* What only the role knows; where none runs, that is said. */
static int neighbors(struct listing *l)
{
	const json_t *n;
	size_t i;

	if (l->asked == ACT_NO_ROLE) {
		cli_fail(l->cli, 0, "%s",
			 tr(l->cli, "no act role runs: what the routers have is not known",
			    "act が動いていないため、ルーターの状態は不明です"));
		return EXIT_GOOD;
	}
	if (l->asked)
		return l->asked;
	json_array_foreach(json_object_get(l->status, "neighbors"), i, n) fprintf(
		l->cli->out, tr(l->cli, "neighbour %s: %s, has %d\n", "隣接 %s: %s、%d 件\n"),
		json_string_value(json_object_get(n, "name")),
		json_is_true(json_object_get(n, "up")) ? tr(l->cli, "up", "稼働")
						       : tr(l->cli, "down", "停止"),
		(int)json_integer_value(json_object_get(n, "has")));
	n = json_object_get(l->status, "not_reloaded");
	if (*said(l, n))
		fprintf(l->cli->out,
			tr(l->cli, "the configuration was not read anew: %s\n",
			   "設定は読み直されていません: %s\n"),
			said(l, n));
	return EXIT_GOOD;
}

static int failed(struct listing *l, int r)
{
	return cli_fail(l->cli, r == -ENOMEM ? EXIT_BROKEN : EXIT_STORE, "%s: %s", l->conf->db,
			desk_db_answer(r, language_name(l->cli)));
}

/* No desk yet: where there is a store all the same, nothing was ever begun on it. */
static int no_desk(struct listing *l, const char *id)
{
	const char *never = tr(l->cli, "no measures: nothing was ever begun on this store",
			       "措置はありません。この記録庫では何も開始されていません");
	struct store *watch = NULL;
	int r = store_open(l->conf->db, STORE_ANY, STORE_READ, NULL, &watch);

	store_close(watch);
	if (r == -ENOMEM)
		return failed(l, r);
	if (r)
		return cli_fail(l->cli, EXIT_STORE, "%s: %s", l->conf->db,
				store_answer(r, language_name(l->cli)));
	if (l->show)
		return cli_fail(l->cli, EXIT_STORE, "%s: %s", id, never);
	if (!l->json)
		fprintf(l->cli->out, "%s\n", never);
	return EXIT_GOOD;
}

/* Return: EXIT_GOOD, with *db NULL where all is said already; or a status. */
static int open_desk(struct listing *l, const char *id, struct desk_db **db)
{
	int r = desk_db_open(l->conf->db, l->conf->desk.key, STORE_ANY, STORE_READ, db);

	if (r == STORE_MISSING)
		return no_desk(l, id);
	if (r)
		return failed(l, r);
	if (!l->json && desk_db_kind(*db) == STORE_DRILL)
		fputs("DRILL / 訓練\n", l->cli->out);
	return EXIT_GOOD;
}

/* What is said behind the measures, and the exit status. @r: how reading them went. */
static int finish(struct listing *l, const char *id, int r)
{
	if (r)
		return failed(l, r);
	if (!l->n && l->show)
		return cli_fail(
			l->cli, EXIT_STORE,
			tr(l->cli, "%s: there is no such measure; see noroshi act list --all",
			   "%s: その措置はありません。noroshi act list --all で確認してください"),
			id);
	if (!l->n && !l->json)
		fprintf(l->cli->out, "%s\n", tr(l->cli, "no measures", "措置はありません"));
	r = l->json || l->show ? EXIT_GOOD : neighbors(l);
	return r ? r : l->forged ? EXIT_REFUSED : EXIT_GOOD;
}

static int walk(struct cli *cli, const char *id, bool all, bool show)
{
	const struct list_options *o = cli->options;
	_cleanup_conf_ struct conf *conf = NULL;
	_cleanup_desk_db_ struct desk_db *db = NULL;
	_cleanup_text_ struct text why = TEXT_NULL;
	struct listing l = {.cli = cli, .json = o->w.json, .all = all, .show = show};
	int r = act_setup(cli, &o->w, &conf);

	l.conf = conf;
	r = r ? r : open_desk(&l, id, &db);
	if (r || !db)
		return r;
	if (show && law_load(conf->act.legal, conf_act_country(conf), &l.law, &why))
		l.law = NULL;
	ask_role(&l, id);
	r = show ? audit_lines_load(db, &l.lines) : 0;
	r = r ? r : desk_act_measures(db, id, !all, on_measure, &l);
	audit_lines_deinit(&l.lines);
	law_free(l.law);
	r = finish(&l, id, r == DESK_FORGED ? 0 : r);
	json_decref(l.status);
	return r;
}

static int list_run(struct cli *cli)
{
	const struct list_options *o = cli->options;

	return walk(cli, cli->n_operands ? cli->operands[0] : "", o->all, false);
}

static int show_run(struct cli *cli)
{
	return walk(cli, cli->operands[0], true, true);
}

static const struct option_row list_options[] = {
	OPTIONS_ACT(struct list_options),
	OPTION_SWITCH("all", 'a', offsetof(struct list_options, all), "those that are over, too",
		      "終わったものも"),
	{0},
};
static const struct option_row show_options[] = {OPTIONS_ACT(struct list_options), {0}};

extern const struct verb verb_act_list, verb_act_show;
const struct verb verb_act_list = {
	.name = "act list",
	.args = "[ID]",
	.max_args = 1,
	.help = PHRASE("list measures, and how the neighbours stand", "措置と隣接の状態を一覧する"),
	.more = PHRASE(
		"With ID only those whose id, plan or incident begins so. Exit status 1 where "
		"a row is not ours.",
		"ID を付けると、ID・計画・事案がその文字で始まるものだけ。偽造された行があれば"
		"終了コードは 1。"),
	.options = list_options,
	.options_size = sizeof(struct list_options),
	.run = list_run,
};

const struct verb verb_act_show = {
	.name = "act show",
	.args = "ID",
	.min_args = 1,
	.max_args = 1,
	.help = PHRASE("show all that is known of a measure",
		       "措置について分かること全てを表示する"),
	.options = show_options,
	.options_size = sizeof(struct list_options),
	.run = show_run,
};
