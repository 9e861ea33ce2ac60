/* SPDX-License-Identifier: ISC */
#include "courier/reports.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json_whole.h"
#include "base/log.h"
#include "base/map.h"
#include "duty/heightened_gather.h"
#include "duty/roster.h"
#include "duty/said.h"
#include "store/desk_duty.h"

#define EVERY_US  (10 * US_PER_S)
#define DONE_MAX  4096
#define READERS	  16
#define ID_MAX	  16
#define ROW_MAX	  (ID_MAX + 8)
#define ANY_FOUND 1000

struct reports {
	struct map *done;
	int64_t next_us; /* monotonic */
	bool failing;
};

struct reports *reports_new(void)
{
	struct reports *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->next_us = INT64_MIN;
	x->done = map_new(ID_MAX, 1, DONE_MAX);
	return x->done ? x : reports_free(x);
}

struct reports *reports_free(struct reports *x)
{
	if (x)
		map_free(x->done);
	free(x);
	return NULL;
}

char *reports_id(const char *name, int64_t until_us, char *buf)
{
	char what[512];

	snprintf(what, sizeof(what), "%" PRId64 " %s", until_us, name);
	snprintf(buf, ID_MAX, "h%012" PRIx64, hash_name48(what));
	return buf;
}

/* ---- what the desk knows ---- */

struct knowledge {
	const struct reports_sources *from;
	struct map *ids;	 /* of alarms: index in list */
	struct map *by_incident; /* its alarm: index in list */
	struct alarm *list;
	unsigned n, room;
	struct said said;
};

static void knowledge_deinit(struct knowledge *k)
{
	map_free(k->ids);
	map_free(k->by_incident);
	free(k->list);
	said_deinit(&k->said);
}

static int put(struct map *m, const char *id, unsigned at)
{
	char key[ALARM_REF_MAX] = {0};
	unsigned *value;

	snprintf(key, sizeof(key), "%s", id);
	value = map_put(m, key, NULL);
	if (!value)
		return -ENOMEM;
	*value = at;
	return 0;
}

static const unsigned *find(const struct map *m, const char *id)
{
	char key[ALARM_REF_MAX] = {0};

	snprintf(key, sizeof(key), "%s", id);
	return map_get(m, key);
}

static int on_alarm(void *userdata, const struct desk_alarm_row *row)
{
	struct knowledge *k = userdata;
	json_t *body = json_loads(row->body, 0, NULL);
	int r = 0;

	if (k->n == k->room) {
		unsigned room = k->room ? 2 * k->room : 64;
		void *grown = realloc(k->list, room * sizeof(*k->list));

		if (!grown) {
			json_decref(body);
			return -ENOMEM;
		}
		k->list = grown;
		k->room = room;
	}
	if (alarm_from_json(body, &k->list[k->n]) == 0 && !find(k->ids, k->list[k->n].id)) {
		r = put(k->ids, k->list[k->n].id, k->n);
		if (r == 0 && k->list[k->n].kind == ALARM_INCIDENT)
			r = put(k->by_incident, k->list[k->n].ref, k->n);
		k->n++;
	}
	json_decref(body);
	return r;
}

/* Return: 0, an answer, or -ENOMEM. */
static int know(struct knowledge *k, const struct reports_sources *from, int64_t since_us)
{
	int r;

	*k = (struct knowledge){.from = from,
				.ids = map_new(ALARM_REF_MAX, sizeof(unsigned), 0),
				.by_incident = map_new(ALARM_REF_MAX, sizeof(unsigned), 0)};
	r = said_init(&k->said);
	if (r || !k->ids || !k->by_incident)
		return -ENOMEM;
	r = desk_duty_alarms(from->desk, true, 0, on_alarm, k);
	r = r ? r : desk_duty_alarms(from->desk, false, since_us, on_alarm, k);
	return r ? r : desk_duty_acts(from->desk, NULL, 0, said_act, &k->said);
}

static const struct alarm *known_alarm(void *userdata, unsigned i)
{
	const struct knowledge *k = userdata;

	return i < k->n ? &k->list[i] : NULL;
}

/* As it was judged last; where no alarm was raised, as it would be judged of one that is over. */
static unsigned known_severity(void *userdata, const struct incident *inc)
{
	const struct knowledge *k = userdata;
	const unsigned *at = find(k->by_incident, inc->id);
	struct severity_input in = {.incident = inc,
				    .conf = k->from->conf,
				    .objects_now = 1,
				    .now_us = inc->f.state == FINDING_CLOSED ? inc->f.last_us
									     : k->from->now_us};
	struct severity severity;

	if (at && k->list[*at].severity)
		return k->list[*at].severity;
	severity_judge(&in, &severity);
	return severity.level;
}

static bool known_false(void *userdata, const char *incident)
{
	const struct knowledge *k = userdata;
	const struct mark *m = said_mark(&k->said, incident);

	return m && m->is_false;
}

/* ---- who gets it ---- */

struct readers {
	const struct conf_person *person[READERS];
	unsigned n;
};

static void add_reader(struct readers *all, const struct conf_person *p)
{
	if (p && p->mail[0] && all->n < READERS)
		all->person[all->n++] = p;
}

static void find_readers(const struct conf *conf, const struct conf_heightened *h, int64_t now_us,
			 struct readers *all)
{
	struct roster now;

	*all = (struct readers){.n = 0};
	if (!conf->duty.mail.server[0])
		return;
	for (size_t i = 0; i < h->n_people; i++)
		add_reader(all, roster_person(conf, h->people[i]));
	if (all->n)
		return;
	roster_at(conf, NULL, now_us, &now);
	for (unsigned i = 0; i < now.n && !all->n; i++)
		add_reader(all, now.person[i]);
}

/* ---- the rows ---- */

struct rows {
	struct desk_out_row row[READERS];
	char id[READERS][ROW_MAX];
	char *body[READERS]; /* owned */
	unsigned n;
};

static void rows_deinit(struct rows *r)
{
	for (unsigned i = 0; i < r->n; i++)
		free(r->body[i]);
}

/* A row has room for a page of print, not for all of a long list. What is spared first: */
static const char *const spared[] = {"incidents", "ways"};

/* Takes @o. Owned; NULL without memory. */
static char *fitting(json_t *o)
{
	char *text = o ? json_whole(o, JSON_COMPACT) : NULL;

	for (size_t i = 0; text && strlen(text) > DESK_BODY_MAX && i < ARRAY_LEN(spared); i++) {
		json_object_del(o, spared[i]);
		free(text);
		text = json_whole(o, JSON_COMPACT);
	}
	json_decref(o);
	return text;
}

static int add_row(struct rows *rows, const char *report, json_t *body_take, int64_t now_us)
{
	unsigned n = rows->n;
	char *text;

	snprintf(rows->id[n], sizeof(rows->id[n]), "%s-%u", report, n + 1);
	if (body_take && json_object_set_new(body_take, "id", json_string(rows->id[n]))) {
		json_decref(body_take);
		body_take = NULL;
	}
	text = fitting(body_take);
	if (!text)
		return -ENOMEM;
	rows->body[n] = text;
	rows->row[n] = (struct desk_out_row){.id = rows->id[n],
					     .kind = "report",
					     .alarm = report,
					     .state = OUT_DUE,
					     .due_us = now_us,
					     .changed_us = now_us,
					     .why = "",
					     .body = text};
	rows->n++;
	return 0;
}

static int for_program(struct rows *rows, const char *report, struct heightened_gathered *g,
		       const struct reports_sources *from)
{
	bool ja = strcmp(from->conf->language, "ja") == 0;
	json_t *o = heightened_report_json(heightened_gathered_in(g, ja));

	if (o && json_object_set_new(o, "kind", json_string("report"))) {
		json_decref(o);
		o = NULL;
	}
	return add_row(rows, report, o, from->now_us);
}

static int for_reader(struct rows *rows, const char *report, struct heightened_gathered *g,
		      const struct reports_sources *from, const struct conf_person *p)
{
	bool ja = strcmp(roster_language(from->conf, p), "ja") == 0;
	const struct heightened_report_input *in = heightened_gathered_in(g, ja);
	_cleanup_text_ struct text text = TEXT_NULL, subject = TEXT_NULL;
	char at[TIME_TEXT_MAX];

	heightened_report(in, &text);
	text_printf(&subject, ja ? "noroshi 警戒強化の報告: %s" : "noroshi heightened watch: %s",
		    in->watch->name);
	if (!text_ok(&text) || !text_ok(&subject))
		return -ENOMEM;
	return add_row(rows, report,
		       json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "kind", "report",
				 "name", in->watch->name, "reader", p->name, "channel", "mail",
				 "to", p->mail, "subject", text_str(&subject), "text",
				 text_str(&text), "at", time_format_utc(from->now_us, at)),
		       from->now_us);
}

static int make_rows(struct rows *rows, const char *report, struct heightened_gathered *g,
		     const struct reports_sources *from, const struct conf_heightened *h)
{
	struct readers readers;
	int r = 0;

	if (from->conf->duty.notice_program[0])
		return for_program(rows, report, g, from);
	find_readers(from->conf, h, from->now_us, &readers);
	for (unsigned i = 0; r == 0 && i < readers.n; i++)
		r = for_reader(rows, report, g, from, readers.person[i]);
	return r;
}

/* Return: 0, an answer, or -ENOMEM. */
static int hand_out(const struct reports_sources *from, const struct conf_heightened *h,
		    const struct heightened_time *t, const char *report)
{
	_cleanup_(knowledge_deinit) struct knowledge k = {.n = 0};
	_cleanup_heightened_gathered_ struct heightened_gathered *g = NULL;
	_cleanup_(rows_deinit) struct rows rows = {.n = 0};
	struct heightened_known known = {.conf = from->conf,
					 .watch = from->watch,
					 .desk_known = true,
					 .alarm = known_alarm,
					 .severity = known_severity,
					 .is_false = known_false,
					 .userdata = &k,
					 .now_us = from->now_us};
	int r = know(&k, from, t->from_us);

	r = r ? r : heightened_gather(&known, h, t, &g);
	r = r ? r : make_rows(&rows, report, g, from, h);
	if (r == 0 && rows.n)
		r = desk_duty_commit(from->desk, NULL, 0, rows.row, rows.n);
	if (r)
		return r;
	if (rows.n)
		log_info("report-due", "watch=\"%s\" report=%s readers=%u", h->name, report,
			 rows.n);
	else
		log_warn("report-waits",
			 "watch=\"%s\" reason=\"no duty.notice_program, and nobody has mail\" "
			 "advice=\"noroshi heightened report %s\"",
			 h->name, h->name);
	return 0;
}

/* ---- a look ---- */

static int on_any(void *userdata, const struct desk_out_row *row)
{
	return ANY_FOUND;
}

static void note(struct reports *x, const char *report)
{
	char key[ID_MAX] = {0};

	snprintf(key, sizeof(key), "%s", report);
	if (map_count(x->done) == DONE_MAX)
		map_clear(x->done); /* rows know it too */
	map_put(x->done, key, NULL);
}

static bool is_noted(const struct reports *x, const char *report)
{
	char key[ID_MAX] = {0};

	snprintf(key, sizeof(key), "%s", report);
	return map_get(x->done, key) != NULL;
}

static int look_at(struct reports *x, const struct reports_sources *from,
		   const struct conf_heightened *h)
{
	int64_t settled_us = from->now_us - HEIGHTENED_SETTLED_US;
	struct heightened_time t;
	char report[ID_MAX];
	int r;

	if (!heightened_last(h, from->calendar, settled_us, &t) || t.until_us > settled_us ||
	    t.until_us < from->now_us - REPORTS_LATE_US)
		return 0;
	reports_id(h->name, t.until_us, report);
	if (is_noted(x, report))
		return 0;
	r = desk_duty_out_of(from->desk, report, on_any, NULL);
	if (r == 0 && from->drill)
		log_warn("report-waits", "watch=\"%s\" reason=\"a drill\"", h->name);
	else if (r == 0)
		r = hand_out(from, h, &t, report);
	if (r == 0 || r == ANY_FOUND)
		note(x, report);
	return r == ANY_FOUND ? 0 : r;
}

int reports_look(struct reports *x, const struct reports_sources *from)
{
	int r = 0;

	if (!from->desk || !from->conf->n_heightened || clock_mono_us() < x->next_us)
		return 0;
	x->next_us = clock_mono_us() + EVERY_US;
	for (size_t i = 0; r == 0 && i < from->conf->n_heightened; i++)
		r = look_at(x, from, &from->conf->heightened[i]);
	if (r && !x->failing)
		log_error("report-unwritten", "reason=\"%s\"", desk_db_answer(r, "en"));
	x->failing = r != 0;
	return r == -ENOMEM ? r : 0;
}
