/* SPDX-License-Identifier: ISC */
#include "cli/blind_print.h"

#include <string.h>

#include "cli/setup.h"
#include "cli/table.h"
#include "duty/blind.h"

#define TIMES 3 /* columns of figures: within 1, 10 and 60 s */

static const json_t *at(const json_t *o, const char *key)
{
	return json_object_get(o, key);
}

static const json_t *within(const json_t *vector)
{
	return at(vector, "within");
}

static void add_figure(struct text *t, const json_t *one)
{
	if (json_is_true(at(one, "at_least")))
		text_add(t, "> ");
	if (at(one, "bps"))
		text_rate(t, json_number_value(at(one, "bps")), "bps");
	else
		text_rate(t, json_number_value(at(one, "pps")), "pps");
}

/* A row for @from and all behind it that have its figures. */
static void figures_row(struct table *t, const json_t *vectors, size_t from)
{
	const json_t *first = json_array_get(vectors, from), *v, *one;
	_cleanup_text_ struct text names = TEXT_NULL;
	size_t i;

	json_array_foreach(within(first), i, one)
	{
		_cleanup_text_ struct text rate = TEXT_NULL;

		add_figure(&rate, one);
		table_cell(t, TABLE_PLAIN, "%s", text_str(&rate));
	}
	json_array_foreach(vectors, i, v)
	{
		if (i >= from && json_equal((json_t *)within(v), (json_t *)within(first)))
			text_printf(&names, "%s%s", names.len ? ", " : "",
				    json_string_value(at(v, "vector")));
	}
	table_cell(t, TABLE_PLAIN, "%s", text_str(&names));
}

static bool was_before(const json_t *vectors, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (json_equal((json_t *)within(json_array_get(vectors, k)),
			       (json_t *)within(json_array_get(vectors, i))))
			return true;
	return false;
}

static void never_rows(const struct cli *cli, struct table *t, const json_t *way)
{
	const json_t *name;
	size_t i;

	json_array_foreach(at(way, "never"), i, name)
	{
		for (unsigned c = 0; c < TIMES; c++)
			table_cell(t, TABLE_PLAIN, "%s", tr(cli, "never", "不可"));
		table_cell(t, TABLE_PLAIN, "%s", json_string_value(name));
	}
}

static void add_names(struct text *t, const json_t *way)
{
	const json_t *name;
	size_t i;

	json_array_foreach(at(way, "exporters"), i, name)
		text_printf(t, "%s%s", i ? ", " : "", json_string_value(name));
}

static void add_head(const struct cli *cli, struct text *t, const json_t *way)
{
	const json_t *sampling = at(way, "sampling");
	long long delay = (long long)json_integer_value(at(way, "export_delay_s"));
	_cleanup_text_ struct text names = TEXT_NULL;

	add_names(&names, way);
	text_printf(t, tr(cli, "Blind spot of %s, sampling ", "%s の死角、サンプリング "),
		    text_str(&names));
	if (json_is_true(at(sampling, "known")))
		text_printf(t, "1:%lld", (long long)json_integer_value(at(sampling, "factor")));
	else
		text_add(t, tr(cli, "unknown (it cannot be told; were it 1:1)",
			       "不明 (断言できない。1:1 とした場合)"));
	text_add(t, tr(cli, ": the smallest attack seen at 95 %, when it lasts",
		       ": 95 % で見える最小の攻撃、その継続時間ごと"));
	if (delay)
		text_printf(t, tr(cli, " (told up to %lld s later)", "（最大 %lld 秒遅れ）"),
			    delay);
	if (json_is_true(at(way, "thinned")))
		text_add(t, tr(cli, "; records are many, so within 1 s it may be more",
			       "；レコードが多いため、1 秒では実際より小さいことがある"));
	if (json_is_false(at(way, "ipv6")))
		text_add(t, tr(cli, "; IPv6 never (v5)", "; IPv6 は不可 (v5)"));
}

static void print_way(const struct cli *cli, const json_t *way)
{
	const struct table_column columns[] = {
		{.title = tr(cli, "1 s", "1 秒"), .align = TABLE_RIGHT},
		{.title = tr(cli, "10 s", "10 秒"), .align = TABLE_RIGHT},
		{.title = tr(cli, "60 s", "60 秒"), .align = TABLE_RIGHT},
		{.title = tr(cli, "DETECTORS", "検知器"), .align = TABLE_LEFT}};
	struct table *t = table_new(columns, TIMES + 1);
	_cleanup_text_ struct text head = TEXT_NULL;
	const json_t *vectors = at(way, "vectors");

	if (!t)
		return;
	for (size_t i = 0; i < json_array_size(vectors); i++)
		if (!was_before(vectors, i))
			figures_row(t, vectors, i);
	never_rows(cli, t, way);
	add_head(cli, &head, way);
	fprintf(cli->out, "\n%s\n", text_str(&head));
	table_print(t, cli->out);
	table_free(t);
}

void blind_print(const struct cli *cli, const json_t *blind)
{
	const json_t *way;
	size_t i;

	json_array_foreach(blind, i, way)
	{
		_cleanup_text_ struct text names = TEXT_NULL;

		if (!json_is_true(at(way, "silent"))) {
			print_way(cli, way);
			continue;
		}
		add_names(&names, way);
		fprintf(cli->out,
			tr(cli, "\nBlind spot of %s: silent, so nothing at all would be seen\n",
			   "\n%s の死角: 何も送ってこないため、何も見えない\n"),
			text_str(&names));
	}
}

void blind_print_short(const struct cli *cli, const json_t *blind, const char *head, FILE *out)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	blind_text(blind, language_name(cli), &t);
	fprintf(out, "%s%s%s", head ? head : "", head ? "\n" : "", text_str(&t));
}
