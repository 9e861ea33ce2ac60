/* SPDX-License-Identifier: ISC */
/*
 * `incident list` and `incident show`: what the store knows.
 */
#include "base/clock.h"
#include "cli/blind.h"
#include "cli/blind_print.h"
#include "cli/incident_table.h"
#include "cli/results.h"
#include "cli/setup.h"

struct list_options {
	bool json;
	const char *db, *conf, *object, *target;
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

/* What "none" means, by what the watch last knew of its exporters. */
static void print_blind(const struct cli *cli, struct store *store)
{
	_cleanup_text_ struct text text = TEXT_NULL;
	json_t *status, *blind;
	int64_t at_us;

	if (store_get_status(store, &text, &at_us))
		return;
	status = json_loadb(text_str(&text), text.len, 0, NULL);
	blind_in_status(status, NULL, BLIND_BRIEF);
	blind = json_object_get(status, "blind_spot");
	if (json_array_size(blind))
		blind_print_short(cli, blind,
				  tr(cli, "as the exporters are now, this would be seen:",
				     "現在のエクスポーターで見えるのは次のとおり:"),
				  cli->out);
	json_decref(status);
}

static int list_run(struct cli *cli)
{
	const struct list_options *o = cli->options;
	_cleanup_store_ struct store *store = NULL;
	struct results found = {.with_series = o->json};
	struct store_filter filter;
	struct prefix target;
	int r = make_filter(cli, o, &filter, &target);

	if (r == EXIT_GOOD)
		r = setup_store(cli, o->db, o->conf, &store);
	if (r)
		return r;
	r = store_list(store, &filter, on_row, &found);
	if (r) {
		cli_fail(cli, 0, "%s", store_answer(r, language_name(cli)));
	} else if (o->json) {
		for (size_t i = 0; i < found.n; i++)
			incident_json_line(cli, found.list[i]);
	} else if (found.n) {
		incident_table(cli, found.list, found.n);
	} else {
		fprintf(cli->out, "%s%s\n",
			store_kind(store) == STORE_DRILL ? "DRILL / 訓練\n" : "",
			tr(cli, "no incidents", "検知はありません"));
		print_blind(cli, store);
	}
	results_deinit(&found);
	return r ? EXIT_STORE : EXIT_GOOD;
}

struct show_options {
	bool json;
	const char *db, *conf;
};

static int show_run(struct cli *cli)
{
	const struct show_options *o = cli->options;
	_cleanup_store_ struct store *store = NULL;
	_cleanup_incident_ struct incident *inc = NULL;
	_cleanup_text_ struct text out = TEXT_NULL;
	int r = setup_store(cli, o->db, o->conf, &store);

	if (r)
		return r;
	r = store_get(store, cli->operands[0], &inc);
	if (r)
		return cli_fail(cli, EXIT_STORE, "%s: %s", cli->operands[0],
				store_answer(r, language_name(cli)));
	if (o->json) {
		incident_json_line(cli, inc);
		return EXIT_GOOD;
	}
	incident_print(inc, language_name(cli), &out);
	fputs(text_str(&out), cli->out);
	return EXIT_GOOD;
}

#define AT(field) offsetof(struct list_options, field)
static const struct option_row list_options[] = {
	OPTION_DB(struct list_options),
	OPTION_CONF(struct list_options),
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
	OPTION_JSON(struct list_options),
	{0},
};
#undef AT

static const struct option_row show_options[] = {OPTION_DB(struct show_options),
						 OPTION_CONF(struct show_options),
						 OPTION_JSON(struct show_options),
						 {0}};

extern const struct verb verb_incident_list, verb_incident_show;

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
