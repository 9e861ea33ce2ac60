/* SPDX-License-Identifier: ISC */
/*
 * Who is paged, and the pages themselves: one for each channel a person has. The id of a page is
 * made of its alarm and of how many times somebody was paged for that, so a step that was lost
 * before it was stored makes the same page again, and one that was stored makes none.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duty/duty_inside.h"
#include "duty/guard.h"

static const char *program_of(const struct duty *d, const struct conf_person *p)
{
	return p->program[0] ? p->program : d->conf->duty.program;
}

static const char *mail_of(const struct duty *d, const struct conf_person *p)
{
	return d->conf->duty.mail.server[0] ? p->mail : "";
}

static bool is_reached(const struct duty *d, const struct conf_person *p)
{
	return program_of(d, p)[0] || mail_of(d, p)[0];
}

/* "NAME CHANNEL" does not work: NAME is the last to be told of it. */
static void ask_last(struct roster *r, const char *subject)
{
	for (unsigned i = 0; i < r->n; i++) {
		const struct conf_person *p = r->person[i];
		size_t n = strlen(p->name);

		if (strncmp(subject, p->name, n) != 0 || subject[n] != ' ')
			continue;
		memmove(r->person + i, r->person + i + 1, (r->n - i - 1) * sizeof(r->person[0]));
		r->person[r->n - 1] = p;
		return;
	}
}

void duty_people(struct duty *d, const struct entry *e, struct roster *out)
{
	int64_t change_us = WAKE_NEVER;
	const struct conf_heightened *watch = duty_watch_of(d, e, &change_us);
	unsigned n = 0;

	memset(out, 0, sizeof(*out));
	roster_at(d->conf, watch, d->now_us, out);
	for (unsigned i = 0; i < out->n; i++)
		if (is_reached(d, out->person[i]))
			out->person[n++] = out->person[i];
	out->n = n;
	if (e->a.kind == ALARM_FAULT && e->fault.kind == FAULT_CHANNEL)
		ask_last(out, e->fault.subject);
	if (change_us != WAKE_NEVER && (out->until_us == TIME_NONE || change_us < out->until_us))
		out->until_us = change_us;
}

/* Twice as long for each round of all people that brought no answer. */
static int64_t pause_us(const struct duty *d, unsigned asked, unsigned people)
{
	int64_t first_us = (int64_t)d->conf->duty.ack_within_s * US_PER_S, us = first_us;
	int64_t most_us = first_us > PAUSE_MOST_US ? first_us : PAUSE_MOST_US;

	for (unsigned round = asked && people ? (asked - 1) / people : 0; round && us < most_us;
	     round--)
		us *= 2;
	return us < most_us ? us : most_us;
}

void duty_wait(struct duty *d, struct entry *e, const struct roster *people)
{
	e->a.next_us = people->until_us;
	if (e->a.next_us != TIME_NONE && e->a.next_us <= d->now_us)
		e->a.next_us = d->now_us + US_PER_S; /* a roster that does not move on */
}

static void about(struct duty *d, const struct entry *e, struct page_storm *storm,
		  struct page_about *out)
{
	memset(out, 0, sizeof(*out));
	out->alarm = &e->a;
	out->drill = d->drill || (e->incident && e->incident->drill);
	if (e->a.kind == ALARM_FAULT)
		out->fault = &e->fault;
	if (e->a.kind == ALARM_STORM) {
		storm_sum(d, e, storm);
		out->storm = storm;
	}
	if (e->a.kind == ALARM_INCIDENT) {
		out->severity = &e->severity;
		out->incident = e->incident;
	}
}

static int keep(struct duty *d, struct page *p_take)
{
	if (d->n_pages == d->room_pages) {
		unsigned room = d->room_pages ? d->room_pages * 2 : 16;
		struct page **pages = realloc(d->pages, room * sizeof(struct page *));

		if (!pages) {
			page_deinit(p_take);
			free(p_take);
			return -ENOMEM;
		}
		d->pages = pages;
		d->room_pages = room;
	}
	d->pages[d->n_pages++] = p_take;
	return 0;
}

static int write_page(struct duty *d, const struct entry *e, const struct conf_person *person,
		      struct page *p)
{
	const char *zone = roster_zone(d->conf, person);
	_cleanup_text_ struct text text = TEXT_NULL;
	uint64_t lost = text_lost();
	struct page_storm storm;
	struct page_about a;

	about(d, e, &storm, &a);
	page_words(&a, p->why, strcmp(p->language, "ja") == 0, zone, d->now_us, &text);
	snprintf(p->text, sizeof(p->text), "%s", text_str(&text));
	p->json = page_data(&a, p, zone);
	/* A page that lost a part anywhere on its way is none. */
	if (!p->json || !text_ok(&text) || text_lost() != lost)
		return -ENOMEM;
	return guard_page(p, d->conf, a.incident);
}

static int add_page(struct duty *d, const struct entry *e, const struct conf_person *person,
		    enum page_why why, enum page_channel channel, const char *to)
{
	struct page *p;

	if (!to[0])
		return 0;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	page_id(e->a.id, e->a.step, channel + 1, p->id);
	memcpy(p->alarm, e->a.id, sizeof(p->alarm));
	p->why = why;
	p->step = e->a.step;
	p->channel = channel;
	p->at_us = d->now_us;
	snprintf(p->person, sizeof(p->person), "%s", person->name);
	snprintf(p->to, sizeof(p->to), "%s", to);
	snprintf(p->phone, sizeof(p->phone), "%s", person->phone);
	snprintf(p->language, sizeof(p->language), "%s", roster_language(d->conf, person));
	if (write_page(d, e, person, p)) {
		page_deinit(p);
		free(p);
		return -ENOMEM;
	}
	return keep(d, p);
}

static int page(struct duty *d, struct entry *e, const struct conf_person *person,
		enum page_why why)
{
	int r;

	e->a.step++;
	memset(e->a.paged, 0, sizeof(e->a.paged));
	snprintf(e->a.paged, sizeof(e->a.paged), "%s", person->name);
	e->a.paged_us = d->now_us;
	r = add_page(d, e, person, why, CHANNEL_PROGRAM, program_of(d, person));
	return r ? r : add_page(d, e, person, why, CHANNEL_MAIL, mail_of(d, person));
}

int duty_ask(struct duty *d, struct entry *e, const struct roster *people,
	     const struct conf_person *person, enum page_why why)
{
	e->a.state = ALARM_PAGED;
	e->a.mute = MUTE_NOT;
	memset(e->a.mute_ref, 0, sizeof(e->a.mute_ref));
	e->a.snoozed_until_us = TIME_NONE;
	e->a.asked++;
	e->a.next_us = d->now_us + pause_us(d, e->a.asked, people->n);
	return page(d, e, person, why);
}

int duty_ask_next(struct duty *d, struct entry *e)
{
	struct roster people;
	unsigned i = 0;

	duty_people(d, e, &people);
	if (!people.n) {
		/* Somebody may come; the growing pause is kept. */
		e->a.next_us = d->now_us + pause_us(d, e->a.asked, 1);
		if (people.until_us != TIME_NONE && people.until_us > d->now_us)
			e->a.next_us = earlier(e->a.next_us, people.until_us);
		return 0;
	}
	while (i < people.n && strcmp(people.person[i]->name, e->a.paged) != 0)
		i++;
	/* Where the shift changed meanwhile, the first of the new one. */
	i = i < people.n ? (i + 1) % people.n : 0;
	return duty_ask(d, e, &people, people.person[i], PAGE_ESCALATED);
}

/* Who @name is, else the first on call; NULL nobody. */
static const struct conf_person *person_or_first(const struct duty *d, const char *name,
						 const struct roster *people)
{
	const struct conf_person *p = name[0] ? roster_person(d->conf, name) : NULL;

	if (p && is_reached(d, p))
		return p;
	return people->n ? people->person[0] : NULL;
}

int duty_tell(struct duty *d, struct entry *e, const char *name, enum page_why why)
{
	const struct conf_person *p;
	struct roster people;

	duty_people(d, e, &people);
	p = person_or_first(d, name, &people);
	return p ? page(d, e, p, why) : 0;
}

int duty_ask_again(struct duty *d, struct entry *e)
{
	const struct conf_person *p;
	struct roster people;

	duty_people(d, e, &people);
	p = person_or_first(d, e->a.owner, &people);
	e->a.snoozed_until_us = TIME_NONE;
	e->a.asked = 0;
	if (!p) {
		e->a.snoozed_until_us = d->now_us + pause_us(d, 1, 1);
		return 0;
	}
	return duty_ask(d, e, &people, p, PAGE_SNOOZE_OVER);
}
