/* SPDX-License-Identifier: ISC */
#include "cli/incident_table.h"

#include "base/clock.h"
#include "cli/incident_line.h"
#include "cli/table.h"

#define COLUMNS 11 /* the last only where something was said */

/* In the order of the cells below; what is worth least gives way first on a narrow terminal. */
static const struct table_column columns[LANGUAGE_COUNT][COLUMNS] = {
	[LANGUAGE_EN] = {{"ID", TABLE_LEFT, 0, 0},
			 {"STATE", TABLE_LEFT, 7, 0},
			 {"CLASS", TABLE_LEFT, 8, 0},
			 {"TARGET", TABLE_LEFT, 0, 15},
			 {"VECTORS", TABLE_LEFT, 6, 12},
			 {"FIRST", TABLE_LEFT, 5, 0},
			 {"LASTED", TABLE_RIGHT, 4, 0},
			 {"PEAK pps", TABLE_RIGHT, 6, 0},
			 {"PEAK bit/s", TABLE_RIGHT, 5, 0},
			 {"SOURCES", TABLE_RIGHT, 3, 0},
			 {"SAID", TABLE_LEFT, 7, 0}},
	[LANGUAGE_JA] = {{"ID", TABLE_LEFT, 0, 0},
			 {"状態", TABLE_LEFT, 7, 0},
			 {"分類", TABLE_LEFT, 8, 0},
			 {"対象", TABLE_LEFT, 0, 15},
			 {"種類", TABLE_LEFT, 6, 12},
			 {"開始", TABLE_LEFT, 5, 0},
			 {"継続", TABLE_RIGHT, 4, 0},
			 {"最大 pps", TABLE_RIGHT, 6, 0},
			 {"最大 bit/s", TABLE_RIGHT, 5, 0},
			 {"送信元", TABLE_RIGHT, 3, 0},
			 {"扱い", TABLE_LEFT, 7, 0}},
};

static const enum table_colour state_colours[] = {
	[FINDING_OPEN] = TABLE_RED,
	[FINDING_QUIET] = TABLE_YELLOW,
	[FINDING_CLOSED] = TABLE_PLAIN,
	[FINDING_LOST_SIGHT] = TABLE_YELLOW,
};

/* "2.5 s", "45 s", "2 m 30 s", "3 h 05 m" */
static void add_duration(struct text *t, int64_t us)
{
	int64_t s = us > 0 ? (us + US_PER_S / 2) / US_PER_S : 0;

	if (us < 10 * US_PER_S)
		text_printf(t, "%.1f s", us > 0 ? (double)us / (double)US_PER_S : 0);
	else if (s < 60)
		text_printf(t, "%lld s", (long long)s);
	else if (s < 3600)
		text_printf(t, "%lld m %02lld s", (long long)(s / 60), (long long)(s % 60));
	else
		text_printf(t, "%lld h %02lld m", (long long)(s / 3600),
			    (long long)(s % 3600 / 60));
}

/* With unknown sampling a figure is the least it can be. */
static void rate_cell(struct table *t, const struct incident *inc, uint64_t value)
{
	_cleanup_text_ struct text s = TEXT_NULL;

	text_add(&s, inc->f.sampling_known ? "" : ">=");
	text_rate(&s, (double)value, "");
	while (s.len && s.s[s.len - 1] == ' ')
		s.s[--s.len] = '\0';
	table_cell(t, TABLE_PLAIN, "%s", text_str(&s));
}

static void add_row(const struct cli *cli, struct table *t, const struct incident *inc)
{
	_cleanup_text_ struct text vectors = TEXT_NULL, lasted = TEXT_NULL;
	const struct finding_sources *src = &inc->f.sources;
	char target[INCIDENT_TARGET_MAX], first[TIME_TEXT_MAX];

	incident_vector_text(inc, &vectors);
	add_duration(&lasted, inc->f.last_us - inc->f.first_us);
	table_cell(t, TABLE_PLAIN, "%s", inc->id);
	table_cell(t, state_colours[inc->f.state], "%s", state_text(cli, inc->f.state));
	table_cell(t, TABLE_PLAIN, "%s", class_text(cli, inc));
	table_cell(t, TABLE_BOLD, "%s", incident_target(inc, target));
	table_cell(t, TABLE_PLAIN, "%s", text_str(&vectors));
	table_cell(t, TABLE_PLAIN, "%s", time_format_local(inc->f.first_us, first));
	table_cell(t, TABLE_PLAIN, "%s", text_str(&lasted));
	rate_cell(t, inc, inc->f.peak_pps);
	rate_cell(t, inc, inc->f.peak_bps);
	table_cell(t, TABLE_PLAIN, "%s%llu",
		   src->count_at_least ? ">="
		   : src->count_exact  ? ""
				       : "~",
		   (unsigned long long)src->count);
}

void incident_table(const struct cli *cli, struct incident *const *list, size_t n,
		    const char *const *said)
{
	_cleanup_table_ struct table *t =
		table_new(columns[cli->language], said ? COLUMNS : COLUMNS - 1);
	bool drill = false;

	for (size_t i = 0; t && i < n; i++) {
		drill |= list[i]->drill;
		add_row(cli, t, list[i]);
		if (said)
			table_cell(t, TABLE_YELLOW, "%s", *said[i] ? said[i] : "-");
	}
	if (drill)
		fputs("DRILL / 訓練\n", cli->out);
	if (!t || table_print(t, cli->out) < 0)
		cli_fail(cli, 0, "the table could not be printed");
}

void incident_json_line(const struct cli *cli, const struct incident *inc)
{
	incident_line(cli, inc, true);
}
