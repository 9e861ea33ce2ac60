/* SPDX-License-Identifier: ISC */
/*
 * `audit verify` and `audit print`: proof that the log is all of it and as it was written, and what
 * is handed to whoever may ask what was done to communications, by whom, and on what ground.
 */
#include <errno.h>
#include <string.h>

#include "act/law.h"
#include "base/zone.h"
#include "cli/audit_lines.h"
#include "cli/audit_say.h"
#include "cli/setup.h"
#include "judge/json_fields.h"
#include "store/desk_act.h"

struct audit_options {
	bool json;
	const char *db, *conf, *head, *period, *measure;
};

struct audit {
	struct cli *cli;
	const struct audit_options *o;
	struct conf *conf;
	const char *dir, *zone;
	struct desk_db *db;
	struct law *law; /* NULL: none could be read */
	struct audit_lines lines;
	int64_t from_us, until_us;
	unsigned n, forged, unread;
};

static void audit_close(struct audit *a)
{
	audit_lines_deinit(&a->lines);
	law_free(a->law);
	desk_db_close(a->db);
	conf_drop(&a->conf);
}
#define _cleanup_audit_ _cleanup_(audit_close)

static int fail(const struct audit *a, const char *what, int answer)
{
	int status = answer == -EINVAL ? EXIT_USAGE : answer == -ENOMEM ? EXIT_BROKEN : EXIT_STORE;

	return cli_fail(a->cli, status, "%s: %s", what,
			desk_db_answer(answer, language_name(a->cli)));
}

static int print_json(const struct audit *a, json_t *o)
{
	int r = o ? json_dumpf(o, a->cli->out, JSON_COMPACT | JSON_REAL_PRECISION(15)) : -1;

	json_decref(o);
	if (r)
		return cli_fail(a->cli, EXIT_BROKEN, "%s", strerror(ENOMEM));
	fputc('\n', a->cli->out);
	return EXIT_GOOD;
}

static int audit_open(struct cli *cli, struct audit *a)
{
	_cleanup_text_ struct text messages = TEXT_NULL;
	int r;

	a->cli = cli;
	a->o = cli->options;
	a->conf = a->o->conf ? conf_load(a->o->conf, &messages) : conf_default();
	fputs(text_str(&messages), cli->err);
	if (!a->conf)
		return a->o->conf ? EXIT_CONF : EXIT_BROKEN;
	setup_language(cli, a->conf);
	a->dir = a->o->db ? a->o->db : a->conf->db;
	a->zone = a->conf->duty.zone;
	if (!*a->dir)
		return cli_usage(cli, "which store? say --db DIR, or --conf FILE that names one");
	r = desk_db_open(a->dir, a->conf->desk.key, STORE_ANY, STORE_READ, &a->db);
	if (r == STORE_MISSING)
		return cli_fail(cli, EXIT_STORE, "%s: %s", a->dir,
				tr(cli, "there is no desk.db here", "ここに desk.db はありません"));
	return r ? fail(a, a->dir, r) : EXIT_GOOD;
}

/* ---- audit verify ---- */

static json_t *verdict_json(const struct desk_verdict *v)
{
	json_t *j = audit_verdict_json(v, true);

	if (j && json_object_set_new(j, "head", json_string(v->head))) {
		json_decref(j);
		return NULL;
	}
	return j;
}

/* Is it LINES:MAC, by its looks? */
static bool is_head(const char *s, size_t n)
{
	size_t digits = strspn(s, "0123456789");
	size_t mac = s[digits] == ':' ? strspn(s + digits + 1, "0123456789abcdef") : 0;

	return digits && mac && digits + 1 + mac == n && n < DESK_HEAD_MAX;
}

/* The last head in a line of the file, of the mail or of syslog; what has none is left as it is. */
static const char *head_in(const char *line, char *buf)
{
	static const char space[] = " \t\r\n";
	const char *found = line;

	for (const char *s = line + strspn(line, space); *s; s += strspn(s, space)) {
		size_t n = strcspn(s, space);

		if (is_head(s, n)) {
			memcpy(buf, s, n);
			buf[n] = '\0';
			found = buf;
		}
		s += n;
	}
	return found;
}

static int verify_run(struct cli *cli)
{
	_cleanup_audit_ struct audit a = {0};
	struct desk_verdict v;
	char head[DESK_HEAD_MAX];
	int r = audit_open(cli, &a);

	if (r)
		return r;
	r = desk_db_verify(a.db, a.o->head ? head_in(a.o->head, head) : NULL, &v);
	if (r == -EINVAL)
		return cli_usage(cli,
				 "--head %s: LINES:MAC is wanted, as audit verify prints it, or a "
				 "line that has it",
				 a.o->head);
	if (r)
		return fail(&a, a.dir, r);
	if (a.o->json) {
		r = print_json(&a, verdict_json(&v));
		return r ? r : v.holds ? EXIT_GOOD : EXIT_STORE;
	}
	r = audit_tell_verdict(cli, &v, true);
	if (r == EXIT_GOOD && *v.head)
		fprintf(cli->out, tr(cli, "head %s\n", "末尾 %s\n"), v.head);
	return r;
}

/* ---- audit print ---- */

/* A date is its first moment in @zone, or with @end the first of the next day. */
static int parse_moment(const char *s, size_t len, const char *zone, bool end, int64_t *out)
{
	char text[TIME_TEXT_MAX];
	struct tm tm = {.tm_isdst = -1};
	int used = 0;

	if (len >= sizeof(text))
		return -EINVAL;
	memcpy(text, s, len);
	text[len] = '\0';
	if (time_parse(text, out) == 0)
		return 0;
	if (sscanf(text, "%4d-%2d-%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &used) != 3 ||
	    (size_t)used != len || len != 10 || tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 ||
	    tm.tm_mday > 31)
		return -EINVAL;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	tm.tm_mday += end;
	*out = zone_time(zone, &tm);
	return 0;
}

static int parse_period(struct audit *a)
{
	const char *s = a->o->period, *dots = s ? strstr(s, "..") : NULL;

	a->from_us = INT64_MIN;
	a->until_us = INT64_MAX;
	if (!s && a->o->measure)
		return EXIT_GOOD;
	if (!s)
		return cli_usage(a->cli, "say --period FROM..UNTIL, or --measure ID");
	if (!dots || parse_moment(s, (size_t)(dots - s), a->zone, false, &a->from_us) ||
	    parse_moment(dots + 2, strlen(dots + 2), a->zone, true, &a->until_us) ||
	    a->from_us >= a->until_us)
		return cli_usage(a->cli,
				 "--period %s: FROM..UNTIL is wanted, each a date like 2008-08-08 "
				 "or a time like 2008-08-08T12:00:00Z, the earlier one first",
				 s);
	return EXIT_GOOD;
}

/* The lines about the measure itself, and about the plan it was made of, in the log's order. */
static unsigned collect(struct audit *a, const struct measure *m, struct audit_line **to,
			unsigned most)
{
	struct audit_line *own = audit_lines_first(&a->lines, m->id);
	struct audit_line *plan = audit_lines_first(&a->lines, m->plan);
	unsigned n = 0;

	while ((own || plan) && n < most) {
		bool first = own && (!plan || own->line.seq < plan->line.seq);
		struct audit_line **from = first ? &own : &plan;

		(*from)->told = true;
		to[n++] = *from;
		*from = (*from)->next ? &a->lines.line[(*from)->next - 1] : NULL;
	}
	return n;
}

static json_t *measure_out(const struct measure *m, struct audit_line *const *line, unsigned n)
{
	json_t *list = json_array();
	bool bad = !list;

	for (unsigned i = 0; i < n; i++)
		bad |= json_array_append_new(list, audit_line_json(line[i])) != 0;
	if (!bad)
		return json_pack("{soso}", "measure", measure_json(m), "lines", list);
	json_decref(list);
	return NULL;
}

static int tell_measure(struct audit *a, const struct measure *m)
{
	bool ja = a->cli->language == LANGUAGE_JA;
	_cleanup_text_ struct text out = TEXT_NULL;
	_cleanup_free_ struct audit_line **line =
		calloc(a->lines.n + 1, sizeof(struct audit_line *));
	_cleanup_free_ struct measure_line *plain = NULL;
	unsigned n;

	if (!line)
		return -ENOMEM;
	n = collect(a, m, line, a->lines.n);
	a->n++;
	if (a->o->json)
		return print_json(a, measure_out(m, line, n)) ? -ENOMEM : 0;
	plain = calloc(n + 1, sizeof(*plain));
	if (!plain)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++)
		plain[i] = line[i]->line;
	measure_print(m, a->law ? law_find(a->law, m->basis) : NULL, plain, n, a->zone, ja, &out);
	fprintf(a->cli->out, "\n%s", text_str(&out));
	return text_ok(&out) ? 0 : -ENOMEM;
}

static int tell_forged(struct audit *a, const struct desk_measure_row *row)
{
	a->forged++;
	if (a->o->json)
		return print_json(a, json_pack("{ssso}", "forged", row->id, "lines", json_array()))
			       ? -ENOMEM
			       : 0;
	fprintf(a->cli->out,
		tr(a->cli,
		   "\n%.40s: this row was not written by noroshi, and nothing in it counts\n",
		   "\n%.40s: noroshi が書いた行ではなく、その内容は無効\n"),
		row->id);
	return 0;
}

static bool is_in_period(const struct audit *a, const struct measure *m)
{
	int64_t last_us = m->gone_us != TIME_NONE      ? m->gone_us
			  : m->stage == MEASURE_LAPSED ? m->ended_us
						       : INT64_MAX;

	return m->planned_us < a->until_us && last_us >= a->from_us;
}

static int on_measure(void *userdata, const struct desk_measure_row *row, bool forged)
{
	struct audit *a = userdata;
	_cleanup_free_ struct measure *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return -ENOMEM;
	if (a->o->measure && strncmp(row->id, a->o->measure, strlen(a->o->measure)) != 0)
		return 0;
	if (forged)
		return tell_forged(a, row);
	r = measure_from_text(row->body, m);
	if (r == -ENOMEM)
		return r;
	a->unread += r != 0;
	return r || !is_in_period(a, m) ? 0 : tell_measure(a, m);
}

/* What no measure has told: plans that came to nothing, refusals, freezes. */
static int tell_others(struct audit *a)
{
	_cleanup_text_ struct text out = TEXT_NULL;
	json_t *list = a->o->json ? json_array() : NULL;
	bool bad = a->o->json && !list, ja = a->cli->language == LANGUAGE_JA;

	for (unsigned i = 0; i < a->lines.n && !a->o->measure; i++) {
		const struct audit_line *l = &a->lines.line[i];

		if (l->told || l->line.at_us < a->from_us || l->line.at_us >= a->until_us)
			continue;
		if (list)
			bad |= json_array_append_new(list, audit_line_json(l)) != 0;
		else
			measure_line_print(&l->line, l->subject, a->zone, ja, &out);
	}
	if (list && !bad)
		return print_json(a, json_pack("{so}", "lines", list));
	json_decref(list);
	if (bad)
		return cli_fail(a->cli, EXIT_BROKEN, "%s", strerror(ENOMEM));
	if (out.len)
		fprintf(a->cli->out, "\n%s\n%s",
			tr(a->cli, "Other lines: plans, refusals, freezes",
			   "その他の行: 計画、拒否、凍結"),
			text_str(&out));
	return EXIT_GOOD;
}

static void add_moment(struct text *t, const struct audit *a, int64_t us)
{
	char text[TIME_TEXT_MAX];

	text_add(t, zone_format(a->zone, us, true, text));
}

/* Which time, which store, and whether the log holds: first of all. Return: an exit status. */
static int tell_head(struct audit *a)
{
	bool drill = desk_db_kind(a->db) == STORE_DRILL;
	_cleanup_text_ struct text period = TEXT_NULL;
	struct desk_verdict v;
	int r = desk_db_verify(a->db, NULL, &v);

	if (r == -ENOMEM)
		return fail(a, a->dir, r);
	if (a->o->json) {
		json_t *log = r ? json_pack("{snss}", "holds", "why", desk_db_answer(r, "en"))
				: verdict_json(&v);
		int p = print_json(a,
				   json_pack("{sosososb}", "from", json_time(a->from_us), "until",
					     json_time(a->until_us), "log", log, "drill", drill));

		return p ? p : r || !v.holds ? EXIT_STORE : EXIT_GOOD;
	}
	if (drill)
		fprintf(a->cli->out, "%s\n",
			tr(a->cli, "DRILL This is a store of an exercise.",
			   "訓練 これは訓練用の記録庫である。"));
	if (a->o->period) {
		add_moment(&period, a, a->from_us);
		text_add(&period, tr(a->cli, " to ", " から "));
		add_moment(&period, a, a->until_us);
		fprintf(a->cli->out, tr(a->cli, "Measures of %s\n", "%s までの措置\n"),
			text_str(&period));
	}
	if (r)
		return fail(a, a->dir, r);
	r = audit_tell_verdict(a->cli, &v, true);
	if (r == EXIT_GOOD && *v.head)
		fprintf(a->cli->out, tr(a->cli, "head %s\n", "末尾 %s\n"), v.head);
	return r;
}

static int load_law(struct audit *a)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	const char *country = conf_act_country(a->conf);
	int r = law_load(a->conf->act.legal, country, &a->law, &why);

	if (r == -ENOMEM)
		return fail(a, country, r);
	if (r)
		cli_fail(a->cli, 0,
			 tr(a->cli,
			    "the law of %s cannot be read, so bases are without their names: %s",
			    "%s の法令ファイルを読めないため、根拠の名称は表示されません: %s"),
			 country, text_str(&why));
	return EXIT_GOOD;
}

static int print_run(struct cli *cli)
{
	_cleanup_audit_ struct audit a = {0};
	int r = audit_open(cli, &a), head, answer;

	r = r ? r : parse_period(&a);
	r = r ? r : load_law(&a);
	if (r)
		return r;
	head = tell_head(&a);
	if (head == EXIT_BROKEN)
		return head;
	answer = audit_lines_load(a.db, &a.lines);
	answer = answer ? answer : desk_act_measures(a.db, "", false, on_measure, &a);
	if (answer)
		return fail(&a, a.dir, answer);
	if (a.o->measure && !a.n && !a.forged)
		return cli_fail(cli, EXIT_STORE,
				tr(cli, "%s: there is no such measure", "%s: その措置はありません"),
				a.o->measure);
	if (!a.n && !a.o->json)
		fprintf(cli->out, "\n%s\n", tr(cli, "No measures.", "措置なし。"));
	r = tell_others(&a);
	if (a.unread)
		cli_fail(cli, 0, tr(cli, "%u measures cannot be read", "%u 件の措置を読めません"),
			 a.unread);
	return r ? r : head ? head : a.forged || a.unread ? EXIT_STORE : EXIT_GOOD;
}

static const struct option_row verify_options[] = {
	OPTION_DB(struct audit_options),
	OPTION_CONF(struct audit_options),
	OPTION_ARG("head", 0, "HEAD", option_text, offsetof(struct audit_options, head),
		   "that this head, noted before, is still in the log",
		   "以前に控えたこの HEAD が記録に残っていることも確かめる"),
	OPTION_JSON(struct audit_options),
	{0}};

static const struct option_row print_options[] = {
	OPTION_DB(struct audit_options),
	OPTION_CONF(struct audit_options),
	OPTION_ARG("period", 0, "FROM..UNTIL", option_text, offsetof(struct audit_options, period),
		   "measures that stood in this time, dates included",
		   "この期間に存在した措置 (両端の日を含む)"),
	OPTION_ARG("measure", 0, "ID", option_text, offsetof(struct audit_options, measure),
		   "only this measure", "この措置だけ"),
	OPTION_JSON(struct audit_options),
	{0}};

extern const struct verb verb_audit_verify, verb_audit_print;

const struct verb verb_audit_verify = {
	.name = "audit verify",
	.args = "",
	.help = PHRASE("prove that the audit log is all of it and as it was written",
		       "監査記録に欠落も改変もないことを検算する"),
	.more = PHRASE(
		"A log that does not hold gives exit status 4. Only a head noted elsewhere "
		"shows that the whole database was put back to an earlier day.",
		"記録が改変されていれば終了コードは 4。データベース全体が過去の状態に戻された"
		"ことは、別の場所に控えた HEAD でしか分からない。"),
	.options = verify_options,
	.options_size = sizeof(struct audit_options),
	.run = verify_run,
};

const struct verb verb_audit_print = {
	.name = "audit print",
	.args = "",
	.help = PHRASE("print measures for a regulator, with every line of the log about them",
		       "措置を監督官庁に示す形で、監査記録の全ての行とともに出力する"),
	.options = print_options,
	.options_size = sizeof(struct audit_options),
	.run = print_run,
};
