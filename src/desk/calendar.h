/* SPDX-License-Identifier: ISC */
/*
 * Events that attacks come with: summits, elections, anniversaries, release days. One file per
 * country is built in (data/events/); an operator may add files of their own. A calendar explains
 * nothing: it only says that a case falls into an event's days.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define EVENT_ID_MAX	   64
#define EVENT_NAME_MAX	   256
#define EVENTS_MAX	   16384
#define CALENDAR_BYTES_MAX (4u << 20)

enum event_kind {
	EVENT_SUMMIT,
	EVENT_ELECTION,
	EVENT_ANNIVERSARY,
	EVENT_RELEASE,
	EVENT_SPORTS,
	EVENT_OTHER,
	EVENT_KINDS
};

struct event {
	char id[EVENT_ID_MAX];
	char country[3];
	enum event_kind kind;
	char name_en[EVENT_NAME_MAX], name_ja[EVENT_NAME_MAX];
	char source[EVENT_NAME_MAX];
	int64_t from_us, until_us; /* its first and last moment, by the calendar's zone */
	uint64_t ahead_s;	   /* watched so long before */
	uint8_t yearly;		   /* the same days of each year from the first on */
};

struct calendar {
	struct event *events; /* owned */
	size_t n, room;
};

struct calendar *calendar_new(void);
struct calendar *calendar_free(struct calendar *c);
static inline void calendar_freep(struct calendar **c)
{
	*c = calendar_free(*c);
}
#define _cleanup_calendar_ _cleanup_(calendar_freep)

/**
 * calendar_read() - add the events of a YAML text.
 * @errors: `file:line:column: sentence`. Return: 0, -EINVAL (nothing was added), -ENOMEM.
 */
int calendar_read(struct calendar *c, const char *name, const char *yaml, size_t n,
		  struct text *errors);

/** calendar_load() - the same from a file. */
int calendar_load(struct calendar *c, const char *path, struct text *errors);

/** calendar_add_country() - the built-in events of @country ("JP"). Return: 0, also where there are
 * none; -EINVAL, -ENOMEM. */
int calendar_add_country(struct calendar *c, const char *country, struct text *errors);

/** calendar_find() - an event by id; NULL where there is none. */
const struct event *calendar_find(const struct calendar *c, const char *id);

/**
 * calendar_next() - walk the events whose days touch @from_us..@until_us; start with *@at = 0.
 * @day: the event with the days of the year that touches. Return: NULL behind the last.
 */
const struct event *calendar_next(const struct calendar *c, int64_t from_us, int64_t until_us,
				  size_t *at, struct event *day);

/** calendar_nearest() - the days of @e, of a yearly one those that lie nearest to
 * @from_us..@until_us; never before its first. */
void calendar_nearest(const struct event *e, int64_t from_us, int64_t until_us, struct event *day);

/** event_kind_name() - stable word; event_kind_word() - for people. */
const char *event_kind_name(enum event_kind k);
const char *event_kind_word(enum event_kind k, const char *language);

/** The built-in files: name ("JP") and text. */
struct calendar_file {
	const char *country, *yaml;
};
extern const struct calendar_file calendar_files[];
extern const unsigned calendar_n_files;
