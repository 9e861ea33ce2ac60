/* SPDX-License-Identifier: ISC */
#include "courier/ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_whole.h"
#include "base/log.h"
#include "courier/outbox.h"

#define PAGES_MAX 16384

struct kept_alarm {
	struct alarm a;
	int64_t changed_us;
	char *body; /* owned */
};

struct kept_page {
	char id[PAGE_ID_MAX], alarm[ALARM_ID_MAX];
	int64_t at_us;
	char *body; /* owned */
};

struct ledger {
	struct kept_alarm *alarms;
	struct kept_page *pages;
	unsigned n_alarms, room_alarms, n_pages, room_pages;
	uint64_t taken, refused;
};

struct ledger *ledger_new(void)
{
	return calloc(1, sizeof(struct ledger));
}

static void clear(struct ledger *l)
{
	for (unsigned i = 0; i < l->n_alarms; i++)
		free(l->alarms[i].body);
	for (unsigned i = 0; i < l->n_pages; i++)
		free(l->pages[i].body);
	l->n_alarms = l->n_pages = 0;
	l->taken = 0;
}

struct ledger *ledger_free(struct ledger *l)
{
	if (!l)
		return NULL;
	clear(l);
	free(l->alarms);
	free(l->pages);
	free(l);
	return NULL;
}

char *ledger_alarm_body(const struct alarm *a, const struct severity *s)
{
	json_t *o = alarm_json(a), *reasons = s && o ? severity_json(s) : NULL;
	char *text = NULL;

	if (o && (!s || (reasons && json_object_set(o, "reasons", reasons) == 0)))
		text = json_whole(o, JSON_COMPACT);
	json_decref(reasons);
	json_decref(o);
	return text;
}

static void *grow(void *list, unsigned n, unsigned *room, size_t size)
{
	unsigned more = *room ? *room * 2 : 16;
	void *grown;

	if (n < *room)
		return list;
	grown = realloc(list, more * size);
	if (grown)
		*room = more;
	return grown;
}

static int keep_alarm(struct ledger *l, const struct alarm *a, const struct severity *s,
		      int64_t now_us)
{
	char *body = ledger_alarm_body(a, s);
	struct kept_alarm *list;
	unsigned i = 0;

	if (!body)
		return -ENOMEM;
	while (i < l->n_alarms && strcmp(l->alarms[i].a.id, a->id) != 0)
		i++;
	if (i == l->n_alarms) {
		list = grow(l->alarms, i, &l->room_alarms, sizeof(*list));
		if (!list) {
			free(body);
			return -ENOMEM;
		}
		l->alarms = list;
		list[i].body = NULL;
		l->n_alarms++;
	}
	free(l->alarms[i].body);
	l->alarms[i] = (struct kept_alarm){.a = *a, .changed_us = now_us, .body = body};
	return 0;
}

static int keep_page(struct ledger *l, const struct page *p, FILE *json)
{
	struct kept_page *list;
	json_t *o;
	char *body;

	for (unsigned i = 0; i < l->n_pages; i++)
		if (strcmp(l->pages[i].id, p->id) == 0)
			return 0;
	if (l->n_pages == PAGES_MAX) {
		log_error("pages-lost", "page=%s refused=%llu", p->id,
			  (unsigned long long)++l->refused);
		return 0;
	}
	o = page_json(p);
	body = json_whole(o, JSON_COMPACT);
	json_decref(o);
	list = body ? grow(l->pages, l->n_pages, &l->room_pages, sizeof(*list)) : NULL;
	if (!list) {
		free(body);
		return -ENOMEM;
	}
	l->pages = list;
	list[l->n_pages] = (struct kept_page){.at_us = p->at_us, .body = body};
	memcpy(list[l->n_pages].id, p->id, sizeof(p->id));
	memcpy(list[l->n_pages].alarm, p->alarm, sizeof(p->alarm));
	l->n_pages++;
	if (json)
		fprintf(json, "%s\n", body);
	return 0;
}

int ledger_take(struct ledger *l, struct duty *duty, int64_t now_us, FILE *json)
{
	struct duty_step step;
	int r = 0;

	duty_take(duty, &step);
	for (unsigned i = 0; r == 0 && i < step.n_alarms; i++)
		r = keep_alarm(l, step.alarms[i], duty_severity(duty, step.alarms[i]->id), now_us);
	for (unsigned i = 0; r == 0 && i < step.n_pages; i++)
		r = keep_page(l, step.pages[i], json);
	if (json && step.n_pages)
		fflush(json);
	return r;
}

void ledger_taken(struct ledger *l, uint64_t number)
{
	l->taken = number;
}

bool ledger_waits(const struct ledger *l)
{
	return l->n_alarms || l->n_pages || l->taken;
}

static void alarm_rows(const struct ledger *l, struct desk_alarm_row *rows)
{
	for (unsigned i = 0; i < l->n_alarms; i++) {
		const struct kept_alarm *k = &l->alarms[i];

		rows[i] = (struct desk_alarm_row){.id = k->a.id,
						  .kind = alarm_kind_name(k->a.kind),
						  .ref = k->a.ref,
						  .state = alarm_state_name(k->a.state),
						  .opened_us = k->a.opened_us,
						  .changed_us = k->changed_us,
						  .body = k->body};
	}
}

/* Return: is one on its way from memory? */
static bool page_rows(const struct ledger *l, const struct memory *memory,
		      struct desk_out_row *rows)
{
	bool on_way = false;

	for (unsigned i = 0; i < l->n_pages; i++) {
		const struct kept_page *k = &l->pages[i];
		enum memory_state m = memory_look(memory, k->id);

		on_way |= m == MEMORY_RUNNING;
		rows[i] = (struct desk_out_row){.id = k->id,
						.kind = "page",
						.alarm = k->alarm,
						.state = m == MEMORY_SENT ? OUT_SENT : OUT_DUE,
						.attempts = m == MEMORY_SENT,
						.due_us = k->at_us,
						.changed_us = k->at_us,
						.why = "",
						.body = k->body};
	}
	return on_way;
}

int ledger_commit(struct ledger *l, struct desk_db *db, struct memory *memory)
{
	_cleanup_free_ struct desk_alarm_row *alarms = NULL;
	_cleanup_free_ struct desk_out_row *out = NULL;
	int r;

	alarms = calloc(l->n_alarms + 1, sizeof(*alarms));
	out = calloc(l->n_pages + 1, sizeof(*out));
	if (!alarms || !out)
		return -ENOMEM;
	alarm_rows(l, alarms);
	if (page_rows(l, memory, out))
		return STORE_FAILING; /* it was failing when that began; soon again */
	r = desk_duty_step(db, alarms, l->n_alarms, out, l->n_pages, l->taken);
	if (r)
		return r;
	for (unsigned i = 0; i < l->n_pages; i++)
		memory_withdraw(memory, l->pages[i].id);
	clear(l);
	return 0;
}

int ledger_offer(struct ledger *l, struct memory *memory, bool drill,
		 bool (*urgent)(void *userdata, const char *alarm), void *userdata, int64_t mono_us)
{
	for (unsigned i = 0; i < l->n_pages; i++) {
		const struct kept_page *k = &l->pages[i];
		struct desk_out_row row = {.id = k->id, .kind = "page", .body = k->body};
		int r = memory_offer(memory, k->id, outbox_message(&row, 1, false, drill, ""),
				     urgent(userdata, k->alarm), mono_us);

		if (r == -ENOMEM)
			return r;
	}
	return 0;
}
