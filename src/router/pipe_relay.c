/* SPDX-License-Identifier: ISC */
#include "router/pipe_relay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define AGAIN_US US_PER_S /* after a withdrawal that was refused */

/* ---- the queue ---- */

static void command_free(struct relay_command *c)
{
	free(c->say);
	free(c->undo);
	free(c);
}

static void pop(struct relay *p)
{
	struct relay_command *c = p->first;

	p->first = c->next;
	p->n--;
	command_free(c);
	p->asked = false;
	p->begun = p->begun || !p->first || p->first->from != FROM_START;
}

/* Takes nothing; copies. */
static int push(struct relay *p, enum relay_from from, json_int_t seq, const char *measure,
		const char *say, const char *undo, int64_t until_us)
{
	struct relay_command *c = p->n < RELAY_QUEUE_MAX ? calloc(1, sizeof(*c)) : NULL;

	if (!c)
		return p->n < RELAY_QUEUE_MAX ? -ENOMEM : -ENOSPC;
	*c = (struct relay_command){.from = from, .seq = seq, .until_us = until_us};
	snprintf(c->measure, sizeof(c->measure), "%s", measure);
	c->say = strdup(say);
	c->undo = undo ? strdup(undo) : NULL;
	if (!c->say || (undo && !c->undo)) {
		command_free(c);
		return -ENOMEM;
	}
	if (p->first)
		p->last->next = c;
	else
		p->first = c;
	p->last = c;
	p->n++;
	return 0;
}

/* What the role asked and is not with ExaBGP yet: it will tell it again. What is there has an
 * answer that nobody waits for; another role counts from 1 as well. */
static void drop_asked(struct relay *p)
{
	struct relay_command **at = &p->first, *c;

	p->last = NULL;
	if (p->asked && p->first->from == FROM_ROLE)
		p->first->from = FROM_NOBODY;
	while ((c = *at) != NULL) {
		if (c->from == FROM_ROLE) {
			*at = c->next;
			command_free(c);
			p->n--;
		} else {
			p->last = c;
			at = &c->next;
		}
	}
}

/* It stands in the book before ExaBGP hears of it, so that nothing is announced whose end nobody
 * knows. */
int relay_next(struct relay *p)
{
	while (p->first && !p->asked) {
		struct relay_command *c = p->first;
		int r = 0;

		if (c->undo)
			r = book_put(&p->book, c->measure, c->undo, c->until_us);
		if (r == -ENOMEM)
			return r;
		if (r) {
			log_error("book-full", "measure=%s", c->measure);
			if (p->greeted)
				talk_say_json(&p->role,
					      json_pack("{sIsb}", "seq", c->seq, "ok", 0));
			pop(p);
			continue;
		}
		p->asked = true;
		p->asked_us = clock_mono_us();
		return talk_say(&p->exabgp, c->say);
	}
	return 0;
}

/* ---- what ExaBGP says ---- */

static void tell_neighbor(struct relay *p, const struct relay_neighbor *n)
{
	if (p->greeted)
		talk_say_json(&p->role, json_pack("{sssb}", "neighbor", n->address, "up", n->up));
}

static void neighbor_is(struct relay *p, const char *address, bool up)
{
	unsigned i = 0;

	while (i < p->n_neighbors && strcmp(p->neighbors[i].address, address) != 0)
		i++;
	if (i == RELAY_NEIGHBORS_MAX || strlen(address) >= sizeof(p->neighbors[i].address))
		return;
	if (i == p->n_neighbors)
		p->n_neighbors++;
	strcpy(p->neighbors[i].address, address);
	p->neighbors[i].up = up;
	tell_neighbor(p, &p->neighbors[i]);
}

/* {"type":"state","neighbor":{"address":{"peer":A},"state":"up"}} of ExaBGP 4.2. */
static void on_event(struct relay *p, const json_t *o)
{
	const json_t *n = json_object_get(o, "neighbor");
	const char *type = json_string_value(json_object_get(o, "type"));
	const char *state = json_string_value(json_object_get(n, "state"));
	const char *peer =
		json_string_value(json_object_get(json_object_get(n, "address"), "peer"));

	if (!type || !state || !peer || strcmp(type, "state") != 0)
		return;
	if (strcmp(state, "up") == 0 || strcmp(state, "down") == 0)
		neighbor_is(p, peer, *state == 'u');
}

/* A line of `show neighbor summary`: address, AS, since when, state. */
static void on_summary(struct relay *p, const char *line)
{
	char address[48], as[24], since[24], state[24];

	if (sscanf(line, "%47s %23s %23s %23s", address, as, since, state) == 4 &&
	    strcmp(state, "established") == 0)
		neighbor_is(p, address, true);
}

static void tell_end(struct relay *p, const struct relay_command *c)
{
	if (p->greeted)
		talk_say_json(&p->role, json_pack("{ssss}", "ended", c->measure, "undo", c->say));
}

static void on_answer(struct relay *p, bool ok)
{
	struct relay_command *c = p->first;
	struct book_entry *e;

	if (!p->asked) {
		log_warn("answer-unasked", "ok=%d", ok);
		return;
	}
	if (c->undo ? !ok : ok)
		book_take(&p->book, c->undo ? c->undo : c->say);
	else if (!c->undo && (e = book_find(&p->book, c->say)) != NULL) {
		e->asked = false;
		e->due_us = clock_real_us() + AGAIN_US;
	}
	if (c->from == FROM_ROLE && p->greeted)
		talk_say_json(&p->role, json_pack("{sIsb}", "seq", c->seq, "ok", ok));
	if (c->from == FROM_WATCHDOG) {
		log_warn("watchdog", "measure=%s ok=%d", c->measure, ok);
		if (ok)
			tell_end(p, c);
	}
	pop(p);
}

static void on_line(struct relay *p, const char *line)
{
	json_t *o;
	const char *answer;

	if (strcmp(line, "done") == 0 || strcmp(line, "error") == 0) {
		on_answer(p, *line == 'd');
		return;
	}
	if (*line != '{') {
		on_summary(p, line);
		return;
	}
	o = json_loads(line, 0, NULL);
	answer = json_string_value(json_object_get(o, "answer"));
	if (answer)
		on_answer(p, strcmp(answer, "done") == 0);
	else
		on_event(p, o);
	json_decref(o);
}

int relay_hear_exabgp(struct relay *p, const char *line)
{
	on_line(p, line);
	return p->asked ? 0 : relay_next(p);
}

/* ---- the role ---- */

/* Once it is there and the beginning is over: all that stands. */
int relay_greet(struct relay *p)
{
	int r;

	if (p->greeted || !p->begun || !talk_is_open(&p->role))
		return 0;
	p->greeted = true;
	r = talk_say_json(&p->role, json_pack("{si}", "hello", 1));
	for (unsigned i = 0; i < p->n_neighbors; i++)
		tell_neighbor(p, &p->neighbors[i]);
	for (size_t i = 0; r == 0 && i < p->book.n; i++)
		r = talk_say_json(&p->role, json_pack("{sssssI}", "has", p->book.list[i].measure,
						      "undo", p->book.list[i].undo, "until",
						      (json_int_t)p->book.list[i].until_us));
	return r ? r : talk_say_json(&p->role, json_pack("{sb}", "ready", 1));
}

static bool one_line(const char *s)
{
	return s && *s && !strpbrk(s, "\r\n") && strlen(s) < RELAY_WORDS_MAX;
}

void relay_role_gone(struct relay *p)
{
	p->greeted = false;
	drop_asked(p);
}

int relay_hear_role(struct relay *p, const char *line)
{
	json_t *o = json_loads(line, 0, NULL);
	const char *measure = json_string_value(json_object_get(o, "measure"));
	const char *say = json_string_value(json_object_get(o, "say"));
	const char *undo = json_string_value(json_object_get(o, "undo"));
	json_int_t seq = json_integer_value(json_object_get(o, "seq"));
	int64_t until_us = json_integer_value(json_object_get(o, "until"));
	int r = -EINVAL;

	/* An announcement without an end is none. */
	if (measure && book_measure_is_good(measure) && one_line(say) &&
	    (!undo || (one_line(undo) && until_us > 0)))
		r = push(p, FROM_ROLE, seq, measure, say, undo, until_us);
	json_decref(o);
	if (r == -EINVAL || r == -ENOSPC)
		return talk_say_json(&p->role, json_pack("{sIsb}", "seq", seq, "ok", 0));
	return r;
}

/* ---- the watchdog ---- */

int relay_watchdog(struct relay *p)
{
	int64_t grace_us = p->greeted ? RELAY_GRACE_US : 0;
	struct book_entry *e;
	int r = 0;

	while (r == 0 && (e = book_due(&p->book, clock_real_us(), grace_us)) != NULL) {
		e->asked = true;
		r = push(p, FROM_WATCHDOG, 0, e->measure, e->undo, NULL, 0);
		if (r == -ENOSPC) {
			e->asked = false;
			e->due_us = clock_real_us() + AGAIN_US;
			r = 0;
		}
	}
	return r ? r : relay_next(p);
}

int64_t relay_left_us(const struct relay *p, int64_t most_us)
{
	int64_t next_us = book_next_us(&p->book), grace_us = p->greeted ? RELAY_GRACE_US : 0,
		left_us = next_us - clock_real_us();

	if (next_us == INT64_MAX || left_us >= most_us - grace_us)
		return most_us;
	left_us += grace_us;
	return left_us > 0 ? left_us : 0;
}

/* ---- its beginning and its end ---- */

int relay_begin(struct relay *p)
{
	static const char *const first[] = {"show neighbor summary", "clear adj-rib out"};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(first); i++)
		r = push(p, FROM_START, 0, "", first[i], NULL, 0);
	return r ? r : relay_next(p);
}

void relay_deinit(struct relay *p)
{
	while (p->first)
		pop(p);
	book_deinit(&p->book);
}
