/* SPDX-License-Identifier: ISC */
/* `handover`: one page for whoever takes over. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/zone.h"
#include "cli/belongs.h"
#include "cli/words_load.h"
#include "courier/look.h"
#include "duty/brief.h"
#include "duty/handover.h"
#include "duty/sight.h"

#define SINCE_US    (12 * 3600 * US_PER_S) /* when nothing is said */
#define CHANGES_MAX 4096
#define FAULTS_MAX  256

struct handover_options {
	struct words_options w;
	struct viewer_options v;
	const char *since;
};

/* A change with its texts. */
struct change {
	struct handover_change c;
	char subject[ALARM_REF_MAX], what[ALARM_NAME_MAX], who[DESK_ACTOR_MAX];
};

struct gathered {
	struct words_desk *d;
	struct belongs cases;
	int64_t since_us;
	struct results found;
	struct handover_incident *incidents;
	struct alarm *open;
	struct suppression *suppressions;
	struct change *changes;
	struct handover_change *plain;
	struct fault faults[FAULTS_MAX];
	unsigned n_open, n_suppressions, n_changes, n_faults;
	bool status_known;
	struct desk_freeze_row freeze[FREEZES];
	struct handover_input in;
};

static void gathered_deinit(struct gathered *g)
{
	results_deinit(&g->found);
	belongs_close(&g->cases);
	free(g->incidents);
	free(g->open);
	free(g->suppressions);
	free(g->changes);
	free(g->plain);
}

/* "21:00" is the last time that the clock showed it. */
static bool clock_time(const char *zone, const char *text, int64_t now_us, int64_t *out)
{
	struct tm tm;
	int h, m, n = 0;

	const char *colon = strchr(text, ':');

	/* Two digits behind it, one or two before, and nothing else. */
	if (!colon || colon - text < 1 || strlen(colon) != 3 ||
	    strspn(text, "0123456789:") != strlen(text) ||
	    sscanf(text, "%2d:%2d%n", &h, &m, &n) != 2 || text[n] || h > 23 || m > 59)
		return false;
	zone_local(zone, now_us, &tm);
	tm.tm_hour = h;
	tm.tm_min = m;
	tm.tm_sec = 0;
	tm.tm_isdst = -1;
	*out = zone_time(zone, &tm);
	if (*out > now_us) {
		tm.tm_mday--;
		tm.tm_isdst = -1;
		*out = zone_time(zone, &tm);
	}
	return true;
}

static int read_since(struct cli *cli, const struct handover_options *o, const struct words_desk *d,
		      int64_t *out)
{
	_cleanup_text_ struct text why = TEXT_NULL;

	*out = d->now_us - SINCE_US;
	if (!o->since || clock_time(d->conf->duty.zone, o->since, d->now_us, out))
		return EXIT_GOOD;
	if (option_time(NULL, o->since, out, &why) == 0)
		return EXIT_GOOD;
	return cli_usage(cli,
			 "--since %s: a clock time like 21:00, a time like "
			 "2008-08-08T12:00:00Z, or how long ago like 2h, is wanted",
			 o->since);
}

static void add_change(struct gathered *g, enum handover_act act, int64_t at_us,
		       const char *subject, const char *what, const char *who)
{
	struct change *x;

	if (g->n_changes == CHANGES_MAX)
		return; /* the page shows four of a kind */
	x = &g->changes[g->n_changes++];
	x->c.act = act;
	x->c.at_us = at_us;
	snprintf(x->subject, sizeof(x->subject), "%s", subject);
	snprintf(x->what, sizeof(x->what), "%s", what);
	snprintf(x->who, sizeof(x->who), "%s", who);
}

static int on_act(void *userdata, const struct desk_act_row *row)
{
	struct gathered *g = userdata;
	json_t *o;
	const char *object;

	if (row->at_us < g->since_us)
		return 0;
	o = json_loads(row->body, 0, NULL);
	object = json_string_value(json_object_get(o, "object"));
	if (strcmp(row->act, "mark") == 0)
		add_change(g, json_is_true(json_object_get(o, "false")) ? ACT_MARKED : ACT_UNMARKED,
			   row->at_us, row->subject, "", row->actor);
	else if (strcmp(row->act, "suppress") == 0)
		add_change(g, ACT_SUPPRESSED, row->at_us, row->subject, object ? object : "",
			   row->actor);
	else if (strcmp(row->act, "lift") == 0)
		add_change(g, ACT_LIFTED, row->at_us, row->subject, "", row->actor);
	json_decref(o);
	return 0;
}

static const struct words_alarm *alarm_by_id(const struct words_desk *d, const char *id)
{
	for (unsigned i = 0; i < d->n_alarms; i++)
		if (strcmp(d->alarms[i].a.id, id) == 0)
			return &d->alarms[i];
	return NULL;
}

static bool is_told(const struct gathered *g, enum handover_act act, const char *subject)
{
	for (unsigned i = 0; i < g->n_changes; i++)
		if (g->changes[i].c.act == act && strcmp(g->changes[i].subject, subject) == 0)
			return true;
	return false;
}

/* That something got worse stands in the page that said so; one for each alarm is enough. */
static int on_out(void *userdata, const struct desk_out_row *row)
{
	struct gathered *g = userdata;
	const struct words_alarm *x;
	const char *why;
	json_t *o;

	if (strcmp(row->kind, "page") != 0 || row->due_us < g->since_us)
		return 0;
	o = json_loads(row->body, 0, NULL);
	why = json_string_value(json_object_get(o, "why"));
	x = alarm_by_id(g->d, row->alarm);
	if (x && why && strcmp(why, page_why_name(PAGE_WORSE)) == 0) {
		const char *subject = x->a.kind == ALARM_INCIDENT ? x->a.ref : x->a.id;

		if (!is_told(g, ACT_WORSE, subject))
			add_change(g, ACT_WORSE, row->due_us, subject, x->a.object, "");
	}
	json_decref(o);
	return 0;
}

/* A measure that was refused never began; one that ended may have begun since then too. */
static void add_measures(struct gathered *g)
{
	for (unsigned i = 0; i < g->d->measures.n; i++) {
		const struct duty_measure *m = &g->d->measures.list[i];
		bool over = m->standing == STANDING_ENDS || m->standing == STANDING_OVER;

		if (m->begun_us >= g->since_us)
			add_change(g, ACT_BEGUN, m->begun_us, m->id, m->object, "");
		if (m->failed && m->ended_us >= g->since_us)
			add_change(g, ACT_FAILED, m->ended_us, m->id, m->object, "");
		else if (over && m->begun_us != TIME_NONE && m->ended_us >= g->since_us)
			add_change(g, ACT_ENDED, m->ended_us, m->id, m->object, m->ended_by);
	}
}

/* Times without sight that ended meanwhile; those that go on have a place of their own. */
static void add_blind(const struct cli *cli, struct gathered *g)
{
	for (unsigned i = 0; i < g->d->n_alarms; i++) {
		const struct alarm *a = &g->d->alarms[i].a;
		_cleanup_text_ struct text what = TEXT_NULL;

		if (a->kind != ALARM_FAULT || a->state != ALARM_ENDED || a->ended_us < g->since_us)
			continue;
		brief_fault(a->ref, cli->language == LANGUAGE_JA, &what);
		add_change(g, ACT_BLIND, a->ended_us, text_str(&what), "", "");
	}
}

static int gather_freezes(struct cli *cli, struct gathered *g)
{
	int r = 0;

	for (unsigned kind = 0; g->d->desk && r == 0 && kind < FREEZES; kind++)
		r = desk_act_frozen_by(g->d->desk, (enum desk_freeze)kind, &g->freeze[kind]);
	if (r == -ENOMEM)
		return EXIT_BROKEN;
	if (r)
		cli_fail(cli, 0, "%s: %s", g->d->dir, desk_db_answer(r, language_name(cli)));
	return EXIT_GOOD;
}

static int gather_changes(struct cli *cli, struct gathered *g)
{
	struct desk_db *desk = g->d->desk;
	int r;

	g->changes = calloc(CHANGES_MAX, sizeof(*g->changes));
	g->plain = calloc(CHANGES_MAX, sizeof(*g->plain));
	if (!g->changes || !g->plain)
		return EXIT_BROKEN;
	if (!desk)
		return EXIT_GOOD;
	r = desk_duty_outbox(desk, (1u << OUT_STATES) - 1, on_out, g);
	r = r ? r : desk_duty_acts(desk, NULL, 0, on_act, g);
	add_measures(g);
	add_blind(cli, g);
	if (r == -ENOMEM)
		return EXIT_BROKEN;
	if (r)
		cli_fail(cli, 0, "%s: %s", g->d->dir, desk_db_answer(r, language_name(cli)));
	for (unsigned i = 0; i < g->n_changes; i++) {
		struct change *x = &g->changes[i];

		g->plain[i] = x->c;
		g->plain[i].subject = x->subject;
		g->plain[i].what = x->what;
		g->plain[i].who = x->who;
	}
	return EXIT_GOOD;
}

/* Whoever was paged is told of elsewhere; these are those for which nobody ever was. */
static void gather_alarms(struct gathered *g)
{
	const struct words_desk *d = g->d;

	for (unsigned i = 0; i < d->n_alarms; i++) {
		const struct alarm *a = &d->alarms[i].a;

		if (a->state != ALARM_ENDED)
			g->open[g->n_open++] = *a;
		if (a->step == 0 && a->mute != MUTE_NOT && a->mute < MUTE_KINDS &&
		    (a->state == ALARM_HELD || a->state == ALARM_ENDED))
			g->in.held[a->mute]++;
	}
}

static void gather_suppressions(struct gathered *g)
{
	const struct said *said = &g->d->said;

	for (unsigned i = 0; i < said->n; i++)
		if (said->list[i].from_us <= g->d->now_us &&
		    suppression_end_us(&said->list[i]) > g->d->now_us)
			g->suppressions[g->n_suppressions++] = said->list[i];
}

static int on_fault(void *userdata, const struct fault *f)
{
	struct gathered *g = userdata;

	if (!f->over && g->n_faults < FAULTS_MAX)
		g->faults[g->n_faults++] = *f;
	return 0;
}

/*
 * What one look at the watch shows by itself, so that blindness is told without a desk too. What
 * only two looks can tell, such as a share of datagrams that got lost, stands in the alarms.
 */
static int gather_faults(struct gathered *g)
{
	const struct conf_sight *conf = &g->d->conf->duty.sight;
	static const struct fault gone = {
		.kind = FAULT_WATCH_GONE, .figure = NAN, .since_us = TIME_NONE};
	struct sight *sight;
	struct look look;
	int r;

	if (!g->d->watch)
		return EXIT_GOOD;
	sight = sight_new();
	r = look_take(g->d->watch, g->d->dir, conf->late_s, &look);
	if (r == 0 && !look.look.status)
		r = on_fault(g, &gone);
	else if (r == 0)
		r = sight ? sight_status(sight, &look.look, conf, on_fault, g) : -ENOMEM;
	g->status_known = r == 0 && look.look.status;
	look_deinit(&look);
	sight_free(sight);
	return r ? EXIT_BROKEN : EXIT_GOOD;
}

static void gather_incidents(struct gathered *g)
{
	for (size_t i = 0; i < g->found.n; i++) {
		const struct incident *inc = g->found.list[i];
		const struct words_alarm *alarm = words_alarm_of(g->d, inc->id);
		struct severity severity;

		words_severity(g->d, inc, alarm, &severity);
		g->incidents[i] =
			(struct handover_incident){.incident = inc,
						   .alarm = alarm ? &alarm->a : NULL,
						   .severity = severity.level,
						   .is_false = words_is_false(g->d, inc->id)};
		/* Only what is open is on the page. */
		if (inc->f.state != FINDING_CLOSED)
			belongs_of(&g->cases, inc, &g->incidents[i].belongs);
	}
}

static int gather(struct cli *cli, struct gathered *g)
{
	struct words_desk *d = g->d;
	int r = words_alarms(cli, d, g->since_us);

	r = r ? r : words_measures(cli, d, NULL, g->since_us);
	r = r ? r : gather_freezes(cli, g);
	r = r ? r : words_incidents(cli, d, g->since_us, TIME_NONE, true, &g->found);
	if (r)
		return r;
	g->incidents = calloc(g->found.n + 1, sizeof(*g->incidents));
	g->open = calloc(d->n_alarms + 1, sizeof(*g->open));
	g->suppressions = calloc(d->said.n + 1, sizeof(*g->suppressions));
	if (!g->incidents || !g->open || !g->suppressions)
		return EXIT_BROKEN;
	gather_incidents(g);
	gather_alarms(g);
	gather_suppressions(g);
	r = gather_faults(g);
	return r ? r : gather_changes(cli, g);
}

static struct handover_freeze freeze_of(const struct desk_freeze_row *row)
{
	return (struct handover_freeze){
		.frozen = row->frozen, .who = row->actor, .why = row->why, .at_us = row->at_us};
}

static void fill_in(struct cli *cli, struct gathered *g)
{
	struct words_desk *d = g->d;

	g->in.conf = d->conf;
	g->in.calendar = d->calendar;
	g->in.zone = d->conf->duty.zone;
	g->in.ja = cli->language == LANGUAGE_JA;
	g->in.drill = d->drill;
	g->in.now_us = d->now_us;
	g->in.since_us = g->since_us;
	g->in.watch_known = d->watch != NULL;
	g->in.incidents = g->incidents;
	g->in.n_incidents = (unsigned)g->found.n;
	g->in.more_incidents = g->found.refused;
	g->in.conf_known = d->conf_known;
	g->in.courier_gone = d->courier_gone;
	g->in.desk_known = d->desk != NULL;
	g->in.alarms = g->open;
	g->in.n_alarms = g->n_open;
	g->in.suppressions = g->suppressions;
	g->in.n_suppressions = g->n_suppressions;
	g->in.changes = g->plain;
	g->in.n_changes = g->n_changes;
	g->in.measures = words_measures_of(d);
	g->in.forged = d->measure_list.forged;
	g->in.freeze = freeze_of(&g->freeze[FREEZE_ALL]);
	g->in.freeze_automatic = freeze_of(&g->freeze[FREEZE_AUTOMATIC]);
	g->in.status_known = g->status_known;
	g->in.faults = g->faults;
	g->in.n_faults = g->n_faults;
}

static int handover_run(struct cli *cli)
{
	const struct handover_options *o = cli->options;
	_cleanup_words_desk_ struct words_desk d = {0};
	_cleanup_(gathered_deinit) struct gathered g = {.d = &d};
	_cleanup_text_ struct text out = TEXT_NULL;
	int r = words_open(cli, &o->w, &d);

	r = r ? r : read_since(cli, o, &d, &g.since_us);
	r = r ? r : belongs_open(cli, &o->v, d.conf, d.desk, d.now_us, &g.cases);
	r = r ? r : gather(cli, &g);
	if (r == EXIT_BROKEN)
		return cli_fail(cli, EXIT_BROKEN, "%s", strerror(ENOMEM));
	if (r)
		return r;
	fill_in(cli, &g);
	if (o->w.json)
		return words_json_line(cli, cli->out, handover_json(&g.in));
	handover_text(&g.in, &out);
	fputs(text_str(&out), cli->out);
	return EXIT_GOOD;
}

static const struct option_row handover_options[] = {
	OPTIONS_WORDS(struct handover_options),
	OPTIONS_VIEWER(struct handover_options, v),
	OPTION_ARG("since", 's', "TIME", option_text, offsetof(struct handover_options, since),
		   "what changed since then: 21:00, a time, or 2h ago; 12h when not said",
		   "この時刻以降の変化 (21:00、時刻、2h 前)。指定がなければ 12h"),
	{0},
};

extern const struct verb verb_handover;

const struct verb verb_handover = {
	.name = "handover",
	.args = "",
	.help = PHRASE("print the page for whoever takes over", "当直の引継書 1 ページを出力する"),
	.more = PHRASE(
		"Who is on call, what is open and who has it, what nobody has taken, what is "
		"suppressed, where we are blind, what changed, what was held back. It says "
		"plainly where there is nothing of a kind, or nothing that could be read.",
		"当直者、継続中の検知と担当、未応答の警報、抑止、見えていないところ、変化、"
		"呼び出しを見合わせたものを記す。該当がない場合や読めない場合はその旨を記す。"),
	.options = handover_options,
	.options_size = sizeof(struct handover_options),
	.run = handover_run,
};
