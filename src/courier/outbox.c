/* SPDX-License-Identifier: ISC */
#include "courier/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "courier/carry.h"
#include "courier/pause.h"
#include "courier/spool.h"
#include "duty/alarm.h"

#define WAITING_MAX 4096 /* rows looked at in one go; the rest waits for the next */
#define GIVE_UP_US  (86400 * US_PER_S)
#define WALK_ENOUGH 1 /* ends a walk over rows */

enum { CHANNEL_ANY_PROGRAM, CHANNEL_ANY_MAIL, CHANNEL_SORTS };

/* A row, copied so that it may be changed while the others are walked over. */
struct waiting {
	char id[SPOOL_ID_MAX], kind[16], alarm[64];
	char person[ALARM_NAME_MAX], channel[16], to[256];
	enum desk_out_state state;
	bool once;     /* a test: not tried again */
	bool nameless; /* its id cannot be a file's name; the body is that id */
	unsigned attempts;
	int64_t due_us, changed_us;
	char why[CHANNEL_WHY_MAX];
	char *body; /* owned */
};

struct carrier {
	pid_t pid; /* 0: free */
	char id[SPOOL_ID_MAX];
	unsigned attempt;
};

struct outbox {
	struct desk_db *db;
	struct spool *spool;
	struct memory *memory;
	struct outbox_sink sink;
	struct carrier carrier[2 * OUTBOX_CARRIERS_MAX];
	struct waiting *list; /* WAITING_MAX */
	unsigned n;
	unsigned on_way[CHANNEL_SORTS];
	struct outbox_counts counts;
	bool swept, was_stuck;
};

/* ---- rows ---- */

static void copy(char *to, size_t room, const char *s)
{
	snprintf(to, room, "%s", s ? s : "");
}

static void read_body(struct waiting *w)
{
	json_t *o = json_loads(w->body, 0, NULL);
	const char *why = json_string_value(json_object_get(o, "why"));

	copy(w->person, sizeof(w->person), json_string_value(json_object_get(o, "person")));
	copy(w->channel, sizeof(w->channel), json_string_value(json_object_get(o, "channel")));
	copy(w->to, sizeof(w->to), json_string_value(json_object_get(o, "to")));
	w->once = why && strcmp(why, page_why_name(PAGE_TEST)) == 0;
	json_decref(o);
}

static int on_row(void *ud, const struct desk_out_row *row)
{
	struct outbox *o = ud;
	struct waiting *w = &o->list[o->n];

	*w = (struct waiting){.state = row->state,
			      .nameless = !spool_id_ok(row->id),
			      .attempts = row->attempts,
			      .due_us = row->due_us,
			      .changed_us = row->changed_us};
	w->body = strdup(w->nameless ? row->id : row->body);
	if (!w->body)
		return -ENOMEM;
	copy(w->id, sizeof(w->id), w->nameless ? "" : row->id);
	copy(w->kind, sizeof(w->kind), row->kind);
	copy(w->alarm, sizeof(w->alarm), row->alarm);
	copy(w->why, sizeof(w->why), row->why);
	if (!w->nameless)
		read_body(w);
	o->n++;
	return o->n == WAITING_MAX ? WALK_ENOUGH : 0;
}

static void forget_rows(struct outbox *o)
{
	for (unsigned i = 0; i < o->n; i++)
		free(o->list[i].body);
	o->n = 0;
}

/* What is on its way comes first, whatever waits behind it. Return: 0 or an answer. */
static int load_rows(struct outbox *o, enum desk_out_state state)
{
	int r;

	forget_rows(o);
	r = desk_duty_outbox(o->db, 1u << state, on_row, o);
	return r == WALK_ENOUGH ? 0 : r;
}

static int sort_of(const struct waiting *w)
{
	return strcmp(w->channel, "mail") == 0 ? CHANNEL_ANY_MAIL : CHANNEL_ANY_PROGRAM;
}

/* ---- messages ---- */

json_t *outbox_message(const struct desk_out_row *row, unsigned attempt, bool repeat, bool drill,
		       const char *first)
{
	json_t *body = json_loads(row->body, 0, NULL);

	return json_pack("{sssssisbsssbso}", "kind", row->kind, "id", row->id, "attempt",
			 (int)attempt, "repeat", repeat, "first", first, "drill", drill, "body",
			 body ? body : json_null());
}

struct first_mail {
	const struct waiting *w;
	char id[SPOOL_ID_MAX];
};

static int on_sibling(void *ud, const struct desk_out_row *row)
{
	struct first_mail *f = ud;
	json_t *o = json_loads(row->body, 0, NULL);
	const char *channel = json_string_value(json_object_get(o, "channel"));
	const char *to = json_string_value(json_object_get(o, "to"));
	bool found = channel && to && strcmp(channel, "mail") == 0 && strcmp(to, f->w->to) == 0;

	if (found)
		copy(f->id, sizeof(f->id), row->id);
	json_decref(o);
	return found ? WALK_ENOUGH : 0;
}

/* The first mail of the same alarm to the same person begins the thread. */
static void find_first(struct outbox *o, const struct waiting *w, struct first_mail *f)
{
	*f = (struct first_mail){.w = w};
	if (sort_of(w) != CHANNEL_ANY_MAIL)
		return;
	desk_duty_out_of(o->db, w->alarm, on_sibling, f);
	if (strcmp(f->id, w->id) == 0)
		f->id[0] = '\0';
}

static json_t *message_of(struct outbox *o, const struct waiting *w, unsigned attempt, bool repeat)
{
	struct desk_out_row row = {.id = w->id, .kind = w->kind, .body = w->body};
	struct first_mail first;

	find_first(o, w, &first);
	return outbox_message(&row, attempt, repeat, desk_db_kind(o->db) == STORE_DRILL, first.id);
}

/* ---- carriers ---- */

static bool is_carried(const struct outbox *o, const char *id, unsigned attempt)
{
	for (size_t i = 0; i < ARRAY_LEN(o->carrier); i++)
		if (o->carrier[i].pid && o->carrier[i].attempt == attempt &&
		    strcmp(o->carrier[i].id, id) == 0)
			return true;
	return false;
}

/* A second carrier of an attempt does no harm: it finds nothing to begin. */
static void send_off(struct outbox *o, const struct conf_duty *conf, const char *id,
		     unsigned attempt)
{
	for (size_t i = 0; i < ARRAY_LEN(o->carrier); i++) {
		struct carrier *c = &o->carrier[i];
		pid_t pid;

		if (c->pid)
			continue;
		pid = carry_spooled(o->spool, conf, id, attempt);
		if (pid < 0) {
			log_error("no-carrier", "page=%s reason=\"%s\"", id, strerror(-pid));
			return;
		}
		c->pid = pid;
		c->attempt = attempt;
		copy(c->id, sizeof(c->id), id);
		return;
	}
}

bool outbox_reaped(struct outbox *o, pid_t pid)
{
	for (size_t i = 0; i < ARRAY_LEN(o->carrier); i++) {
		if (o->carrier[i].pid == pid) {
			o->carrier[i].pid = 0;
			return true;
		}
	}
	return false;
}

/* ---- what ended ---- */

static int finish(struct outbox *o, const struct waiting *w, int64_t now_us)
{
	struct channel_result result;
	enum desk_out_state to;
	int r = spool_result(o->spool, w->id, w->attempts, &result);

	if (r == -EINVAL) /* nobody of ours writes that */
		channel_failed(&result, true, "the result cannot be read");
	else if (r < 0)
		return r;
	if (result.unsure && (r = spool_set_unsure(o->spool, w->id)) < 0)
		return r;
	to = result.sent				   ? OUT_SENT
	     : w->once || now_us - w->due_us >= GIVE_UP_US ? OUT_FAILED
							   : OUT_DUE;
	r = desk_duty_sending(o->db, w->id, OUT_HANDED, to, result.why, now_us);
	if (r)
		return r;
	/* The row says so now; files that stay behind are nobody's and are swept. */
	spool_remove(o->spool, w->id, w->attempts);
	if (to != OUT_DUE)
		spool_forget(o->spool, w->id);
	o->counts.sent += to == OUT_SENT;
	o->counts.failed += !result.sent;
	o->counts.given_up += to == OUT_FAILED;
	if (!result.sent)
		log_warn(to == OUT_FAILED ? "page-given-up" : "page-not-sent",
			 "page=%s attempt=%u why=\"%s\"", w->id, w->attempts, result.why);
	if (!w->once) /* whoever tests is told by the row */
		o->sink.told(o->sink.userdata, w->id, w->person, w->channel, result.sent,
			     w->attempts, result.why);
	return 0;
}

/* Its carrier died in between: again, and it says so. */
static int repeat(struct outbox *o, const struct conf_duty *conf, const struct waiting *w,
		  int64_t now_us)
{
	unsigned attempt = w->attempts + 1;
	json_t *message = message_of(o, w, attempt, true);
	int r = message ? 0 : -ENOMEM;

	r = r ? r : spool_set_unsure(o->spool, w->id);
	r = r ? r : spool_put(o->spool, w->id, attempt, message);
	json_decref(message);
	r = r ? r
	      : desk_duty_sending(o->db, w->id, OUT_HANDED, OUT_HANDED,
				  "whoever handed it over died meanwhile", now_us);
	if (r)
		return r;
	spool_remove(o->spool, w->id, w->attempts);
	spool_remove_pieces(o->spool, w->id, w->attempts);
	o->counts.repeated++;
	log_warn("page-repeated",
		 "page=%s attempt=%u reason=\"whoever handed it over died meanwhile\"", w->id,
		 attempt);
	send_off(o, conf, w->id, attempt);
	return 0;
}

static int look_at_handed(struct outbox *o, const struct conf_duty *conf, const struct waiting *w,
			  int64_t now_us)
{
	enum spool_state state = spool_look(o->spool, w->id, w->attempts);

	if (state == SPOOL_FINISHED)
		return finish(o, w, now_us);
	o->on_way[sort_of(w)]++;
	if (state == SPOOL_WAITING && !is_carried(o, w->id, w->attempts))
		send_off(o, conf, w->id, w->attempts);
	return state == SPOOL_BROKEN || state == SPOOL_GONE ? repeat(o, conf, w, now_us) : 0;
}

/* ---- what is due ---- */

/* A clock that was put back must not hold a message until it is there again. */
static bool is_due(const struct waiting *w, int64_t now_us)
{
	int64_t behind = now_us - w->changed_us;

	if (w->attempts)
		return behind < 0 || behind >= pause_us(w->attempts);
	return w->due_us <= now_us || behind < 0;
}

static int hand_over(struct outbox *o, const struct conf_duty *conf, const struct waiting *w,
		     int64_t now_us)
{
	unsigned attempt = w->attempts + 1;
	bool again = spool_is_unsure(o->spool, w->id);
	json_t *message = message_of(o, w, attempt, again);
	int r = message ? spool_put(o->spool, w->id, attempt, message) : -ENOMEM;

	json_decref(message);
	r = r ? r : desk_duty_sending(o->db, w->id, OUT_DUE, OUT_HANDED, w->why, now_us);
	if (r)
		return r;
	o->on_way[sort_of(w)]++;
	send_off(o, conf, w->id, attempt);
	return 0;
}

/* It went out from memory; now that can be written. */
static int write_sent(struct outbox *o, const struct waiting *w, int64_t now_us)
{
	int r = desk_duty_sending(o->db, w->id, OUT_DUE, OUT_HANDED, "", now_us);

	r = r ? r : desk_duty_sending(o->db, w->id, OUT_HANDED, OUT_SENT, "", now_us);
	if (r == 0)
		o->counts.sent++;
	return r;
}

static int refuse_row(struct outbox *o, const struct waiting *w, int64_t now_us)
{
	o->counts.given_up++;
	log_error("page-given-up", "alarm=%.40s reason=\"its id cannot be a file's name\"",
		  w->alarm);
	return desk_duty_sending(o->db, w->body, w->state, OUT_FAILED,
				 "its id cannot be a file's name", now_us);
}

static int give_up(struct outbox *o, const struct waiting *w, const char *why, int64_t now_us)
{
	int r = desk_duty_sending(o->db, w->id, OUT_DUE, OUT_FAILED, why, now_us);

	if (r)
		return r;
	spool_forget(o->spool, w->id);
	o->counts.given_up++;
	log_error("page-given-up", "page=%s attempt=%u why=\"%s\"", w->id, w->attempts, why);
	return 0;
}

/* A gateway that comes back wakes nobody for what is over, or what another one has. */
static const char *unneeded(const struct outbox *o, const struct waiting *w)
{
	if (!w->attempts || w->once || strcmp(w->kind, "page") != 0)
		return NULL;
	return o->sink.unneeded(o->sink.userdata, w->alarm, w->person);
}

static int look_at_due(struct outbox *o, const struct conf_duty *conf, const struct waiting *w,
		       int64_t now_us)
{
	enum memory_state m = memory_look(o->memory, w->id);
	const char *why;

	if (m == MEMORY_SENT)
		return write_sent(o, w, now_us);
	if (m == MEMORY_RUNNING || !is_due(w, now_us))
		return 0;
	if (w->attempts && now_us - w->due_us >= GIVE_UP_US)
		return give_up(o, w, w->why, now_us);
	why = unneeded(o, w);
	if (why)
		return give_up(o, w, why, now_us);
	if (o->on_way[sort_of(w)] >= OUTBOX_CARRIERS_MAX / CHANNEL_SORTS)
		return 0;
	memory_withdraw(o->memory, w->id);
	return hand_over(o, conf, w, now_us);
}

/* ---- the whole ---- */

/* Fatal is what no time heals; a disk does. Return: 0 to go on with the next row. */
static int note_trouble(struct outbox *o, const struct waiting *w, int r)
{
	if (r == 0 || r == DESK_CONFLICT) /* somebody else moved it; the next look sees where */
		return 0;
	if (r == -ENOMEM)
		return r;
	if (!o->counts.stuck && !o->was_stuck)
		log_error("pages-stuck", "page=%s reason=\"%s\"", w->id, desk_db_answer(r, "en"));
	o->counts.stuck = true;
	if (w->state == OUT_DUE && !w->nameless) {
		json_t *message =
			message_of(o, w, w->attempts + 1, spool_is_unsure(o->spool, w->id));

		memory_offer(o->memory, w->id, message, o->sink.urgent(o->sink.userdata, w->alarm),
			     clock_mono_us());
	}
	return 0;
}

static bool keep(void *userdata, const char *id, unsigned attempt)
{
	struct outbox *o = userdata;

	for (unsigned i = 0; i < o->n; i++)
		if (strcmp(o->list[i].id, id) == 0)
			return attempt == 0 || attempt == o->list[i].attempts;
	return false;
}

static int keep_due(struct outbox *o)
{
	return desk_duty_outbox(o->db, 1u << OUT_DUE | 1u << OUT_HANDED, on_row, o);
}

/* Once, before anything is handed over: what a killed courier left of finished messages. */
static void sweep(struct outbox *o)
{
	forget_rows(o);
	if (keep_due(o) == 0)
		spool_sweep(o->spool, keep, o);
	forget_rows(o);
	o->swept = true;
}

static int each_row(struct outbox *o, const struct conf_duty *conf, enum desk_out_state state,
		    int64_t now_us)
{
	int r = load_rows(o, state);

	if (r)
		return r;
	for (unsigned i = 0; r == 0 && i < o->n; i++) {
		const struct waiting *w = &o->list[i];

		r = w->nameless		  ? refuse_row(o, w, now_us)
		    : state == OUT_HANDED ? look_at_handed(o, conf, w, now_us)
					  : look_at_due(o, conf, w, now_us);
		r = note_trouble(o, w, r);
	}
	return r;
}

int outbox_look(struct outbox *o, const struct conf_duty *conf, int64_t now_us)
{
	int r;

	if (!o->swept)
		sweep(o);
	memset(o->on_way, 0, sizeof(o->on_way));
	o->was_stuck = o->counts.stuck;
	o->counts.stuck = false;
	r = each_row(o, conf, OUT_HANDED, now_us);
	r = r ? r : each_row(o, conf, OUT_DUE, now_us);
	forget_rows(o);
	if (r > 0) {
		log_error("outbox-unread", "reason=\"%s\"", desk_db_answer(r, "en"));
		o->counts.stuck = true;
	}
	return r < 0 ? r : 0;
}

int outbox_new(struct desk_db *db, const char *spool, struct memory *memory,
	       const struct outbox_sink *sink, struct outbox **out)
{
	struct outbox *o = calloc(1, sizeof(*o));
	int r;

	if (!o)
		return -ENOMEM;
	o->db = db;
	o->memory = memory;
	o->sink = *sink;
	o->list = calloc(WAITING_MAX, sizeof(*o->list));
	r = o->list ? spool_open(spool, &o->spool) : -ENOMEM;
	if (r)
		outbox_free(o);
	else
		*out = o;
	return r;
}

struct outbox *outbox_free(struct outbox *o)
{
	if (!o)
		return NULL;
	spool_close(o->spool);
	forget_rows(o);
	free(o->list);
	free(o);
	return NULL;
}

void outbox_counts(const struct outbox *o, struct outbox_counts *out)
{
	*out = o->counts;
}
