/* SPDX-License-Identifier: ISC */
/*
 * `judge`: make the spoofing verdict of a stored incident again, from the facts that were kept with
 * it, without one or another piece of evidence. Nothing is detected again and nothing is written.
 */
#include <string.h>

#include "base/clock.h"
#include "base/json_whole.h"
#include "cli/incident_table.h"
#include "cli/setup.h"
#include "judge/spoof.h"

struct judge_options {
	bool json, list;
	const char *db, *conf;
	struct option_list without;
};

#define NAME_MAX_LEN 64

static int unknown_test(const struct cli *cli, const char *name)
{
	const char *names[SPOOF_TESTS_MAX], *near;
	unsigned n = spoof_test_count();

	for (unsigned t = 0; t < n; t++)
		names[t] = spoof_test_name(t);
	near = text_nearest(name, names, n);
	if (near)
		return cli_usage(cli,
				 tr(cli, "--without %s: no such test; did you mean %s?",
				    "--without %s: そのような検査はない。%s のことか"),
				 name, near);
	return cli_usage(cli,
			 tr(cli, "--without %s: no such test; --list names them",
			    "--without %s: そのような検査はない。--list で一覧を表示する"),
			 name);
}

/* "ttl_spread,birthday" */
static int add_tests(const struct cli *cli, const char *list, uint32_t *without)
{
	for (const char *at = list;; at++) {
		size_t len = strcspn(at, ",");
		char name[NAME_MAX_LEN];
		int test;

		snprintf(name, sizeof(name), "%.*s", (int)(len < NAME_MAX_LEN ? len : NAME_MAX_LEN),
			 at);
		test = spoof_test_find(name);
		if (test < 0)
			return unknown_test(cli, name);
		*without |= UINT32_C(1) << test;
		at += len;
		if (!*at)
			return EXIT_GOOD;
	}
}

static int list_tests(const struct cli *cli, bool json)
{
	json_t *names = json ? json_array() : NULL;
	char *text;

	for (unsigned t = 0; t < spoof_test_count(); t++) {
		if (!json)
			fprintf(cli->out, "%s\n", spoof_test_name(t));
		else
			json_array_append_new(names, json_string(spoof_test_name(t)));
	}
	if (!json)
		return EXIT_GOOD;
	text = json_whole(names, JSON_COMPACT);
	json_decref(names);
	if (!text)
		return cli_fail(cli, EXIT_BROKEN, "%s", tr(cli, "out of memory", "メモリ不足"));
	fprintf(cli->out, "%s\n", text);
	free(text);
	return EXIT_GOOD;
}

/* Records may be gone by now: what else rests on the verdict stays as it was judged with the first.
 */
static int print_json(const struct cli *cli, const struct incident *inc)
{
	static const char *const stored[] = {"source_kinds", "source_filter", "source_sides",
					     "source_places", "scope"};
	json_t *o = incident_to_json(inc), *list = json_array();
	char *text;

	for (unsigned i = 0; i < ARRAY_LEN(stored); i++)
		json_array_append_new(list, json_string(stored[i]));
	json_object_set_new(o, "as_stored", list);
	text = json_whole(o, JSON_COMPACT | JSON_REAL_PRECISION(15));
	json_decref(o);
	if (!text)
		return cli_fail(cli, EXIT_BROKEN, "%s", tr(cli, "out of memory", "メモリ不足"));
	fprintf(cli->out, "%s\n", text);
	free(text);
	return EXIT_GOOD;
}

static void print_verdict(const struct cli *cli, const struct incident *inc)
{
	_cleanup_text_ struct text out = TEXT_NULL;
	char target[INCIDENT_TARGET_MAX];

	text_printf(&out, "%s  %s\n  ", inc->id, incident_target(inc, target));
	spoof_print(inc, cli->language == LANGUAGE_JA, 4, &out);
	fputs(text_str(&out), cli->out);
}

static int judge_run(struct cli *cli)
{
	const struct judge_options *o = cli->options;
	_cleanup_store_ struct store *store = NULL;
	_cleanup_incident_ struct incident *inc = NULL;
	uint32_t without = 0;
	int r = EXIT_GOOD;

	for (unsigned i = 0; i < o->without.n && r == EXIT_GOOD; i++)
		r = add_tests(cli, o->without.value[i], &without);
	if (r == EXIT_GOOD && o->list)
		return list_tests(cli, o->json);
	if (r == EXIT_GOOD && cli->n_operands != 1)
		return cli_usage(
			cli, "%s",
			tr(cli, "the ID of an incident is wanted", "検知の ID が必要である"));
	if (r == EXIT_GOOD)
		r = setup_store(cli, o->db, o->conf, &store);
	if (r)
		return r;
	r = store_get(store, cli->operands[0], &inc);
	if (r)
		return cli_fail(cli, EXIT_STORE, "%s: %s", cli->operands[0],
				store_answer(r, language_name(cli)));
	spoof_judge(inc, without);
	if (o->json)
		return print_json(cli, inc);
	print_verdict(cli, inc);
	return EXIT_GOOD;
}

static const struct option_row judge_options[] = {
	OPTION_DB(struct judge_options),
	OPTION_CONF(struct judge_options),
	OPTION_ARG("without", 'w', "TESTS", option_list, offsetof(struct judge_options, without),
		   "leave these pieces of evidence out, names with commas between (repeatable)",
		   "この検査 (カンマ区切り) を除いて判定する (繰り返し可)"),
	OPTION_SWITCH("list", 'l', offsetof(struct judge_options, list),
		      "name the tests that there are", "検査の名前を一覧する"),
	OPTION_JSON(struct judge_options),
	{0},
};

extern const struct verb verb_judge;

const struct verb verb_judge = {
	.name = "judge",
	.args = "[ID]",
	.min_args = 0,
	.max_args = 1,
	.help = PHRASE("judge again whether an incident's sources are forged",
		       "送信元アドレスが詐称かどうかを判定し直す"),
	.more = PHRASE(
		"The verdict is made of the facts that are stored with the incident; nothing "
		"is detected again, and nothing is written.",
		"検知とともに記録された測定値だけから判定する。検知し直さず、何も書き込まない。"),
	.options = judge_options,
	.options_size = sizeof(struct judge_options),
	.run = judge_run,
};
