/* SPDX-License-Identifier: ISC */
/* The courier's parts: how each is opened, and what of the store is told to a new duty. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/lock.h"
#include "base/log.h"
#include "courier/courier_inside.h"

#define ENDED_US (86400 * US_PER_S) /* alarms that ended within are told to a new duty */

char *courier_spool(const char *dir, const char *said, char *buf, size_t room)
{
	if (*said)
		snprintf(buf, room, "%s", said);
	else
		snprintf(buf, room, "%s/spool", dir);
	return buf;
}

int courier_lock(const char *dir)
{
	return lock_role(dir, "courier.lock");
}

/* ---- configuration ---- */

static int load_calendar(const struct conf *conf, struct calendar **out, struct text *why)
{
	struct calendar *cal = calendar_new();
	int r = cal ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < conf->n_countries; i++)
		r = calendar_add_country(cal, conf->countries[i], why);
	for (size_t i = 0; r == 0 && i < conf->desk.n_calendars; i++)
		r = calendar_load(cal, conf->desk.calendars[i], why);
	if (r) {
		calendar_free(cal);
		return r == -ENOMEM ? r : COURIER_CONF;
	}
	*out = cal;
	return 0;
}

int courier_conf(struct courier *c, struct text *why)
{
	struct conf *conf = conf_load(c->o->conf_path, why);
	struct calendar *cal = NULL;
	int r;

	if (!conf)
		return COURIER_CONF;
	r = load_calendar(conf, &cal, why);
	if (r) {
		conf_unref(conf);
		return r;
	}
	if (c->duty)
		duty_reconf(c->duty, conf, cal);
	if (c->conf)
		conf_unref(c->conf);
	calendar_free(c->calendar);
	c->conf = conf;
	c->calendar = cal;
	return COURIER_GOOD;
}

/* ---- watch.db ---- */

void courier_note_watch(struct courier *c, int answer)
{
	if (answer && answer != c->watch_answer)
		log_error("watch-unread", "dir=\"%s\" reason=\"%s\"", c->dir,
			  store_answer(answer, "en"));
	c->watch_answer = answer;
}

void courier_open_watch(struct courier *c)
{
	char path[CONF_TEXT_MAX + 16];
	struct stat st;
	int r;

	snprintf(path, sizeof(path), "%s/watch.db", c->dir);
	if (stat(path, &st))
		st.st_ino = 0;
	if (c->watch && st.st_ino == c->watch_file)
		return;
	c->watch = store_close(c->watch);
	c->watch_file = st.st_ino;
	if (!st.st_ino)
		return;
	r = store_open(c->dir, STORE_ANY, STORE_READ, NULL, &c->watch);
	if (r == 0 && c->desk && store_kind(c->watch) != desk_db_kind(c->desk)) {
		c->watch = store_close(c->watch);
		r = STORE_OTHER_KIND;
	}
	courier_note_watch(c, r);
	if (r)
		c->watch = NULL;
	else if (c->feed)
		feed_again(c->feed);
}

/* ---- desk.db ---- */

struct resuming {
	struct courier *c;
	int64_t since_us;
};

static int on_alarm(void *userdata, const struct desk_alarm_row *row)
{
	struct resuming *x = userdata;
	json_t *body = json_loads(row->body, 0, NULL);
	json_t *reasons = json_object_get(body, "reasons");
	struct severity severity;
	struct alarm a;
	struct fault f;
	bool judged = reasons && severity_from_json(reasons, &severity) == 0;
	int r = 0;

	if (alarm_from_json(body, &a) < 0) {
		log_error("alarm-unread", "alarm=%.20s", row->id);
	} else if (!duty_alarm(x->c->duty, a.id) &&
		   (a.state != ALARM_ENDED || a.ended_us >= x->since_us)) {
		r = duty_resume(x->c->duty, &a, judged ? &severity : NULL);
		if (r == 0 && a.kind == ALARM_INCIDENT && a.state != ALARM_ENDED)
			r = feed_known(x->c->feed, a.ref);
		if (r == 0 && a.kind == ALARM_FAULT && a.state != ALARM_ENDED &&
		    fault_from_ref(a.ref, &f) == 0 && !trouble_resume(x->c->trouble, &f))
			r = sight_resume(x->c->sight, &f, clock_mono_us());
	}
	json_decref(body);
	return r;
}

/* All that has not ended, then what ended of late; those of the first that changed of late come
 * twice, and are known by then. */
static int resume(struct courier *c, int64_t now_us)
{
	struct resuming x = {.c = c, .since_us = now_us - ENDED_US};
	uint64_t taken = 0;
	int r = desk_duty_alarms(c->desk, true, 0, on_alarm, &x);

	r = r ? r : desk_duty_alarms(c->desk, false, x.since_us, on_alarm, &x);
	r = r ? r : trouble_again(c->trouble, c->duty, now_us);
	r = r ? r : courier_faults_again(c);
	r = r ? r : desk_duty_taken(c->desk, &taken);
	c->taken = taken;
	return r ? r : feed_desk(c->feed, c->desk, c->duty, taken, now_us);
}

static void on_heard(void *userdata, const struct incident *inc)
{
	struct courier *c = userdata;

	cases_hear(c->cases, inc);
}

static int new_duty(struct courier *c)
{
	c->ledger = ledger_free(c->ledger);
	c->feed = feed_free(c->feed);
	c->duty = duty_free(c->duty);
	c->duty = duty_new(c->conf, c->calendar);
	c->feed = feed_new();
	c->ledger = ledger_new();
	if (!c->duty || !c->feed || !c->ledger)
		return -ENOMEM;
	duty_drill(c->duty, c->drill);
	feed_hear(c->feed, on_heard, c);
	cases_again(c->cases);
	return 0;
}

/* Pages of one step, by what became of them. */
struct step {
	const char *prefix; /* of their ids */
	bool may_reach;	    /* one went out, or has not been tried yet */
};

static int on_sibling(void *userdata, const struct desk_out_row *row)
{
	struct step *s = userdata;

	if (strncmp(row->id, s->prefix, strlen(s->prefix)) == 0 &&
	    (row->state == OUT_SENT || row->state == OUT_HANDED || !row->attempts))
		s->may_reach = true;
	return 0;
}

/* All channels of one person failed: the next is asked, and these go on trying. */
static int next_in_line(struct courier *c, const char *id)
{
	char prefix[PAGE_ID_MAX], alarm[ALARM_ID_MAX];
	struct step s = {.prefix = prefix};
	unsigned step;
	int n = 0;

	if (strlen(id) >= sizeof(prefix) || sscanf(id, "%15[^-]-%u-%n", alarm, &step, &n) != 2 ||
	    !n || !id[n])
		return 0;
	memcpy(prefix, id, (size_t)n);
	prefix[n] = '\0';
	if (desk_duty_out_of(c->desk, alarm, on_sibling, &s) || s.may_reach)
		return 0;
	return duty_unreached(c->duty, alarm, step, steady_us());
}

static void on_told(void *userdata, const char *id, const char *person, const char *channel,
		    bool sent, unsigned attempts, const char *why)
{
	struct courier *c = userdata;
	int r;

	if (!*person)
		return;
	r = trouble_channel(c->trouble, c->duty, person, channel, sent, steady_us());
	if (r == 0 && !sent)
		r = next_in_line(c, id);
	if (r)
		c->fatal = -ENOMEM;
}

static const char *on_unneeded(void *userdata, const char *alarm, const char *person)
{
	const struct courier *c = userdata;
	const struct alarm *a = duty_alarm(c->duty, alarm);

	if (!a)
		return NULL;
	if (a->state == ALARM_ENDED)
		return "no longer needed: it is over";
	return a->owner[0] && strcmp(a->owner, person) != 0
		       ? "no longer needed: somebody else has it"
		       : NULL;
}

static bool on_urgent(void *userdata, const char *alarm)
{
	const struct courier *c = userdata;
	const struct alarm *a = duty_alarm(c->duty, alarm);

	return a && a->kind == ALARM_FAULT && trouble_of_store(a->ref);
}

static int open_outbox(struct courier *c)
{
	struct outbox_sink sink = {
		.told = on_told, .urgent = on_urgent, .unneeded = on_unneeded, .userdata = c};
	char spool[CONF_TEXT_MAX + 16];

	courier_spool(c->dir, c->conf->duty.spool, spool, sizeof(spool));
	return outbox_new(c->desk, spool, c->memory, &sink, &c->outbox);
}

/* What a full or sick disk answers; anything else wants a person. */
static bool may_heal(int r)
{
	return r == STORE_FAILING || r == STORE_LOCKED || r == -ENOSPC || r == -EDQUOT ||
	       r == -EIO || r == -EROFS;
}

static int open_parts(struct courier *c, int64_t now_us)
{
	int r = desk_db_open(c->dir, c->conf->desk.key, c->watch ? store_kind(c->watch) : STORE_ANY,
			     STORE_WRITE, &c->desk);

	if (r)
		return r;
	c->drill = desk_db_kind(c->desk) == STORE_DRILL;
	r = open_outbox(c);
	r = r ? r : new_duty(c);
	return r ? r : resume(c, now_us);
}

int courier_open_desk(struct courier *c, int64_t now_us)
{
	int r = open_parts(c, now_us);

	if (r == 0)
		return 0;
	c->outbox = outbox_free(c->outbox);
	c->desk = desk_db_close(c->desk);
	if (!may_heal(r))
		return r;
	log_error("desk-unopened", "dir=\"%s\" reason=\"%s\"", c->dir, desk_db_answer(r, "en"));
	c->desk_again_us = clock_mono_us() + OPEN_AGAIN_US;
	if (!c->duty || !c->feed || !c->ledger)
		r = new_duty(c);
	else
		r = 0;
	return r ? r : COURIER_LATER;
}
