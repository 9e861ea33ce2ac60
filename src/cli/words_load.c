/* SPDX-License-Identifier: ISC */
#include "cli/words_load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "courier/door.h"

void words_close(struct words_desk *d)
{
	free(d->alarms);
	free(d->pairs);
	duty_measure_list_deinit(&d->measure_list);
	said_deinit(&d->said);
	desk_db_close(d->desk);
	store_close(d->watch);
	calendar_free(d->calendar);
	if (d->conf)
		conf_unref(d->conf);
}

static int load_conf(struct cli *cli, const struct words_options *o, struct words_desk *d)
{
	_cleanup_text_ struct text messages = TEXT_NULL;

	d->conf = o->conf ? conf_load(o->conf, &messages) : conf_default();
	fputs(text_str(&messages), cli->err);
	if (!d->conf)
		return o->conf ? EXIT_CONF : EXIT_BROKEN;
	setup_language(cli, d->conf);
	return EXIT_GOOD;
}

/* A calendar that cannot be read takes its watches with it, so it is told; the rest goes on. */
static int load_calendars(struct cli *cli, struct words_desk *d)
{
	_cleanup_text_ struct text errors = TEXT_NULL;
	int r = 0;

	d->calendar = calendar_new();
	for (size_t i = 0; d->calendar && r != -ENOMEM && i < d->conf->n_countries; i++)
		r = calendar_add_country(d->calendar, d->conf->countries[i], &errors);
	for (size_t i = 0; d->calendar && r != -ENOMEM && i < d->conf->desk.n_calendars; i++)
		r = calendar_load(d->calendar, d->conf->desk.calendars[i], &errors);
	fputs(text_str(&errors), cli->err);
	return d->calendar && r != -ENOMEM ? EXIT_GOOD : EXIT_BROKEN;
}

static int open_stores(struct cli *cli, struct words_desk *d)
{
	int w = store_open(d->dir, STORE_ANY, STORE_READ, NULL, &d->watch);
	int k = desk_db_open(d->dir, d->conf->desk.key, STORE_ANY, STORE_READ, &d->desk);

	if (w && k)
		return cli_fail(cli, EXIT_STORE, "%s: %s", d->dir,
				store_answer(w, language_name(cli)));
	if (w && w != STORE_MISSING)
		cli_fail(cli, 0, "%s: %s", d->dir, store_answer(w, language_name(cli)));
	if (k && k != STORE_MISSING && k != STORE_OLDER)
		cli_fail(cli, 0, "%s: %s", d->dir, desk_db_answer(k, language_name(cli)));
	d->desk_missing = k == STORE_MISSING;
	d->drill = d->watch ? store_kind(d->watch) == STORE_DRILL
			    : desk_db_kind(d->desk) == STORE_DRILL;
	return EXIT_GOOD;
}

/* The desk is closed where it cannot be read, so that nothing is taken for its last word. */
static int desk_failed(struct cli *cli, struct words_desk *d, int answer)
{
	if (answer == -ENOMEM)
		return cli_fail(cli, EXIT_BROKEN, "%s", strerror(ENOMEM));
	cli_fail(cli, 0, "%s: %s", d->dir, desk_db_answer(answer, language_name(cli)));
	d->desk = desk_db_close(d->desk);
	return EXIT_GOOD;
}

int words_conf(struct cli *cli, const struct words_options *o, struct words_desk *d)
{
	int r = load_conf(cli, o, d);

	d->now_us = clock_real_us();
	d->conf_known = o->conf != NULL;
	return r ? r : load_calendars(cli, d);
}

/* Whoever may not ring cannot tell. */
static bool is_gone(int rang)
{
	return rang == -ENOENT || rang == -ECONNREFUSED;
}

int words_open(struct cli *cli, const struct words_options *o, struct words_desk *d)
{
	const char *dir;
	int r = words_conf(cli, o, d);

	if (r)
		return r;
	dir = o->db ? o->db : d->conf->db;
	if (!*dir)
		return cli_usage(cli, "which store? say --db DIR, or --conf FILE that names one");
	if (strlen(dir) >= sizeof(d->dir))
		return cli_usage(cli, "--db: the name is too long");
	strcpy(d->dir, dir);
	d->courier_gone = d->conf->duty.n_people && is_gone(door_ring(d->dir));
	if (said_init(&d->said))
		return cli_fail(cli, EXIT_BROKEN, "%s", strerror(ENOMEM));
	r = open_stores(cli, d);
	if (r || !d->desk)
		return r;
	r = desk_duty_acts(d->desk, NULL, 0, said_act, &d->said);
	return r ? desk_failed(cli, d, r) : EXIT_GOOD;
}

static int on_alarm(void *userdata, const struct desk_alarm_row *row)
{
	struct words_desk *d = userdata;
	json_t *body = json_loads(row->body, 0, NULL);
	json_t *reasons = json_object_get(body, "reasons");
	struct words_alarm *x;
	void *grown;

	if (d->n_alarms == d->room) {
		d->room = d->room ? 2 * d->room : 64;
		grown = realloc(d->alarms, d->room * sizeof(*d->alarms));
		if (!grown) {
			json_decref(body);
			return -ENOMEM;
		}
		d->alarms = grown;
	}
	x = &d->alarms[d->n_alarms];
	memset(x, 0, sizeof(*x));
	if (alarm_from_json(body, &x->a) == 0) {
		if (!reasons || severity_from_json(reasons, &x->severity) < 0)
			x->severity.level = 0;
		d->n_alarms++;
	} else {
		d->alarms_failed = true;
	}
	json_decref(body);
	return 0;
}

static int by_opening(const void *a, const void *b)
{
	const struct words_alarm *x = a, *y = b;

	if (x->a.opened_us != y->a.opened_us)
		return x->a.opened_us < y->a.opened_us ? -1 : 1;
	return strcmp(x->a.id, y->a.id);
}

/* Both readings together have some twice. */
static void drop_twins(struct words_desk *d)
{
	unsigned n = 0;

	if (d->n_alarms)
		qsort(d->alarms, d->n_alarms, sizeof(*d->alarms), by_opening);
	for (unsigned i = 0; i < d->n_alarms; i++)
		if (!n || strcmp(d->alarms[n - 1].a.id, d->alarms[i].a.id) != 0)
			d->alarms[n++] = d->alarms[i];
	d->n_alarms = n;
}

int words_alarms(struct cli *cli, struct words_desk *d, int64_t since_us)
{
	int r = 0;

	if (!d->desk)
		return EXIT_GOOD;
	d->n_alarms = 0;
	r = desk_duty_alarms(d->desk, true, 0, on_alarm, d);
	r = r ? r : desk_duty_alarms(d->desk, false, since_us, on_alarm, d);
	if (r)
		return desk_failed(cli, d, r);
	drop_twins(d);
	if (d->alarms_failed)
		cli_fail(cli, 0, "%s",
			 tr(cli, "some alarms cannot be read", "読めない警報があります"));
	return EXIT_GOOD;
}

int words_measures(struct cli *cli, struct words_desk *d, const char *incident, int64_t since_us)
{
	int r;

	d->measures_known = d->desk || d->desk_missing;
	if (!d->desk)
		return EXIT_GOOD;
	r = incident ? duty_measure_list_of(&d->measure_list, d->desk, incident)
		     : duty_measure_list_read(&d->measure_list, d->desk, since_us);
	d->measures = duty_measure_list_all(&d->measure_list);
	if (r == -ENOMEM)
		return cli_fail(cli, EXIT_BROKEN, "%s", strerror(ENOMEM));
	if (r) {
		d->measures_known = false;
		cli_fail(cli, 0, "%s: %s", d->dir, desk_db_answer(r, language_name(cli)));
	}
	if (d->measure_list.forged)
		cli_fail(cli, 0, "%s: %s", d->dir, desk_db_answer(DESK_FORGED, language_name(cli)));
	return EXIT_GOOD;
}

const struct duty_measures *words_measures_of(const struct words_desk *d)
{
	return d->measures_known ? &d->measures : NULL;
}

const struct words_alarm *words_alarm_of(const struct words_desk *d, const char *incident)
{
	for (unsigned i = 0; i < d->n_alarms; i++)
		if (d->alarms[i].a.kind == ALARM_INCIDENT &&
		    strcmp(d->alarms[i].a.ref, incident) == 0)
			return &d->alarms[i];
	return NULL;
}

/* By its own id, the beginning of it, or a page's "ALARM-STEP-NUMBER". Return: how many. */
static unsigned find_alarm(const struct words_desk *d, const char *id,
			   const struct words_alarm **out)
{
	size_t n = strcspn(id, "-");
	unsigned hits = 0;

	for (unsigned i = 0; n && i < d->n_alarms; i++) {
		if (strncmp(d->alarms[i].a.id, id, n) != 0)
			continue;
		*out = &d->alarms[i];
		if (!d->alarms[i].a.id[n])
			return 1;
		hits++;
	}
	return hits;
}

int words_find(struct cli *cli, struct words_desk *d, const char *id, struct incident **inc,
	       const struct words_alarm **alarm)
{
	int r = d->watch ? store_get(d->watch, id, inc) : STORE_NOT_FOUND;
	unsigned n;

	*alarm = NULL;
	if (r == 0) {
		*alarm = words_alarm_of(d, (*inc)->id);
		return EXIT_GOOD;
	}
	n = r == STORE_NOT_FOUND ? find_alarm(d, id, alarm) : 0;
	if (n > 1)
		r = STORE_AMBIGUOUS;
	if (n != 1)
		return cli_fail(cli, EXIT_STORE, "%s: %s", id,
				r == STORE_NOT_FOUND ? tr(cli, "there is no such incident or alarm",
							  "該当する検知または警報はありません")
						     : store_answer(r, language_name(cli)));
	if ((*alarm)->a.kind == ALARM_INCIDENT && d->watch)
		store_get(d->watch, (*alarm)->a.ref, inc);
	return EXIT_GOOD;
}

static int on_open(void *userdata, const struct incident *inc)
{
	struct words_desk *d = userdata;
	struct words_pair *x;

	if (inc->f.state == FINDING_QUIET || !inc->object[0])
		return 0;
	if (d->n_pairs == d->room_pairs) {
		unsigned room = d->room_pairs ? 2 * d->room_pairs : 64;
		void *grown = realloc(d->pairs, room * sizeof(*d->pairs));

		if (!grown)
			return -ENOMEM;
		d->pairs = grown;
		d->room_pairs = room;
	}
	x = &d->pairs[d->n_pairs++];
	severity_link(inc, x->link);
	text_cut(x->object, sizeof(x->object), inc->object);
	return 0;
}

static int by_link(const void *a, const void *b)
{
	const struct words_pair *x = a, *y = b;
	int links = strcmp(x->link, y->link);

	return links ? links : strcmp(x->object, y->object);
}

/* What cannot be read makes nothing worse. */
static void know_pairs(struct words_desk *d)
{
	unsigned n = 0;

	if (d->pairs_known || !d->watch)
		return;
	d->pairs_known = true;
	if (store_open_incidents(d->watch, on_open, d))
		d->n_pairs = 0;
	if (d->n_pairs)
		qsort(d->pairs, d->n_pairs, sizeof(*d->pairs), by_link);
	for (unsigned i = 0; i < d->n_pairs; i++)
		if (!n || by_link(&d->pairs[n - 1], &d->pairs[i]) != 0)
			d->pairs[n++] = d->pairs[i];
	d->n_pairs = n;
}

/* Protected objects under attack over the main link of @inc, each once. */
static unsigned objects_now(struct words_desk *d, const struct incident *inc)
{
	char link[SEVERITY_LINK_MAX];
	unsigned n = 0;

	know_pairs(d);
	severity_link(inc, link);
	for (unsigned i = 0; link[0] && i < d->n_pairs; i++)
		n += strcmp(d->pairs[i].link, link) == 0;
	return n ? n : 1;
}

/* An alarm's row is written when the alarm changes; the attack grows in between. */
void words_severity(struct words_desk *d, const struct incident *inc,
		    const struct words_alarm *alarm, struct severity *out)
{
	struct severity_input in = {.incident = inc, .conf = d->conf, .now_us = d->now_us};
	bool told, over = inc->f.state == FINDING_CLOSED;

	if (over && alarm && alarm->severity.level) {
		*out = alarm->severity;
		return;
	}
	in.objects_now = over ? 1 : objects_now(d, inc);
	in.measure = duty_measure_state(words_measures_of(d), inc->id, &told);
	/* Of one that is over the time since then says nothing. */
	if (over && inc->f.last_us != TIME_NONE)
		in.now_us = inc->f.last_us;
	severity_judge(&in, out);
}

bool words_is_false(const struct words_desk *d, const char *incident)
{
	const struct mark *m = said_mark(&d->said, incident);

	return m && m->is_false;
}

static int on_incident(void *userdata, const struct incident *inc)
{
	return results_take(userdata, inc);
}

int words_incidents(struct cli *cli, struct words_desk *d, int64_t from_us, int64_t until_us,
		    bool open, struct results *out)
{
	struct store_filter filter = STORE_FILTER_ALL;
	int r;

	if (!d->watch)
		return EXIT_GOOD;
	filter.from_us = from_us;
	filter.until_us = until_us;
	filter.limit = RESULTS_MAX;
	r = store_list(d->watch, &filter, on_incident, out);
	if (r == 0 && open)
		r = store_open_incidents(d->watch, on_incident, out);
	if (r == -ENOMEM)
		return cli_fail(cli, EXIT_BROKEN, "%s", strerror(ENOMEM));
	if (r) {
		cli_fail(cli, 0, "%s: %s", d->dir, store_answer(r, language_name(cli)));
		d->watch = store_close(d->watch);
	}
	results_sort(out);
	return EXIT_GOOD;
}

int words_json_line(struct cli *cli, FILE *to, json_t *o)
{
	int r = o ? json_dumpf(o, to, JSON_COMPACT | JSON_REAL_PRECISION(9)) : -1;

	json_decref(o);
	if (r)
		return cli_fail(cli, EXIT_BROKEN, "%s", strerror(ENOMEM));
	fputc('\n', to);
	return EXIT_GOOD;
}
