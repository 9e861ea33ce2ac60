/* SPDX-License-Identifier: ISC */
/*
 * The one on duty from inside. Every alarm is an entry; duty_settle() brings one to where it must
 * be at d->now_us and says when it has to be looked at again. Whatever an entry does depends on the
 * alarm, on what was told last, and on the configuration: nothing else is remembered, so that a
 * store full of alarms is all that a restart needs. Inside the room only.
 */
#pragma once

#include "base/map.h"
#include "duty/duty.h"
#include "duty/heightened.h"
#include "duty/words.h"

#define WAKE_NEVER	 INT64_MAX
#define WAKE_NOW	 (INT64_MIN + 1)
#define FORGET_US	 (86400 * US_PER_S) /* an ended alarm is known for so long */
#define SAME_FAULT_US	 (600 * US_PER_S)   /* back within so long: the same alarm */
#define PAUSE_MOST_US	 (3600 * US_PER_S)  /* between pages that nobody answers */
#define STORM_US	 (600 * US_PER_S) /* between two pages of a storm, and its last newcomer */
#define GATHER_US	 (15 * US_PER_S)  /* from a storm's beginning to its first page */
#define LINKS_OF	 10		  /* links with a tenth of an incident at least */
#define MARKS_MAX	 65536
#define SUPPRESSIONS_MAX 4096
#define OTHER_ALARMS_MAX 1024 /* faults and storms, beside limits.incidents_open */

struct entry {
	struct alarm a, given;	   /* as it is, as it was handed out last */
	struct severity severity;  /* newest; n_reasons 0: not known */
	struct incident *incident; /* owned, without records and course; NULL: ended, not told */
	struct fault fault;	   /* of a fault; its figure may not be known */
	char link[LINKS_OF][SEVERITY_LINK_MAX];
	unsigned n_links;
	char main_link[SEVERITY_LINK_MAX];
	int64_t wake_us; /* when the clock alone changes something; WAKE_NEVER */
};

struct duty {
	struct conf *conf;
	const struct calendar *calendar;
	bool drill;
	int64_t now_us;
	struct entry **entry; /* by opened_us, then id */
	size_t n, room;
	struct map *by_id;	     /* alarm id: struct entry * */
	struct map *marks;	     /* incident id: marked false */
	struct map *pairs, *on_link; /* (link, object) under attack; objects on each link */
	bool links_known;	     /* both are as the entries are */
	struct suppression *suppressions;
	unsigned n_suppressions;
	struct duty_measure *measures; /* owned */
	unsigned n_measures;
	struct heightened_time *watch;		/* of conf->heightened, now or next */
	int64_t watch_known_us, watch_check_us; /* they hold between these */
	struct page **pages, **handed;
	unsigned n_pages, room_pages, n_handed;
	const struct alarm **changed;
	uint64_t turned_away;
};

/* ---- entries: duty.c ---- */

/** duty_find() - by alarm id, NULL none. */
struct entry *duty_find(const struct duty *d, const char *id);

/** duty_add() - an alarm that is HELD and known since now. *out is NULL where there is no room
 * (counted). Return: 0 or -ENOMEM. */
int duty_add(struct duty *d, enum alarm_kind kind, const char *ref, int64_t opened_us,
	     struct entry **out);

/** duty_list() - the entries that @want, as an owned array in the order of urgency (worst, then
 * longest open, first); NULL without memory or without any: see *n. */
struct entry **duty_list(const struct duty *d, bool (*want)(const struct entry *e, const void *arg),
			 const void *arg, size_t *n);

static inline int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* A time of an alarm as a wake. */
static inline int64_t wake_at(int64_t us)
{
	return us == TIME_NONE ? WAKE_NEVER : us;
}

/* ---- what keeps an alarm silent: duty_mute.c ---- */

struct mute {
	enum alarm_mute kind;
	char ref[ALARM_REF_MAX];
	int64_t change_us; /* when the clock alone may change that; WAKE_NEVER */
};

void duty_mute(struct duty *d, const struct entry *e, struct mute *out);
void duty_set_mute(struct entry *e, const struct mute *m);
bool duty_is_marked(const struct duty *d, const char *incident);

/* ---- heightened watches: duty_watch.c ---- */

/** duty_watch_of() - the watch in force that covers @e (of several the one that pages most), NULL
 * none; the next moment at which any
 * watch begins or ends makes *change_us earlier. */
const struct conf_heightened *duty_watch_of(struct duty *d, const struct entry *e,
					    int64_t *change_us);

/** duty_watches_know() - when each holds, as of now. Return: 0 or -ENOMEM. */
int duty_watches_know(struct duty *d);

/* ---- settling: duty_clock.c ---- */

int duty_settle(struct duty *d, struct entry *e);

/** duty_prepare() - what settling looks up is known. Return: 0 or -ENOMEM. */
int duty_prepare(struct duty *d);

/** duty_judge() - severity as it is now. Return: is it worse than ever before, and by something
 * else than its length? */
bool duty_judge(struct duty *d, struct entry *e);

/** duty_end() - over, silently. duty_reopen() - not over after all. */
void duty_end(struct duty *d, struct entry *e);
void duty_reopen(struct duty *d, struct entry *e);

/* ---- objects on links: duty_links.c ---- */

/** duty_links_fill() - link and main_link from the incident. Return: did they change? */
bool duty_links_fill(struct entry *e);

/** duty_links_settle() - settle those on the @n links in @links, and not @but. */
int duty_links_settle(struct duty *d, char (*links)[SEVERITY_LINK_MAX], unsigned n,
		      const struct entry *but);

/** duty_links_know() - count objects on links. Return: 0 or -ENOMEM. */
int duty_links_know(struct duty *d);

/** duty_objects_now() - protected objects under attack over the main link of @e. */
unsigned duty_objects_now(struct duty *d, const struct entry *e);

/* ---- pages: duty_page.c ---- */

/** duty_people() - who is asked about @e now, those left out whom no page reaches. */
void duty_people(struct duty *d, const struct entry *e, struct roster *out);

/** duty_ask() - page @person, who is to answer in time. duty_ask_next() - the one behind whoever
 * was paged last. Return: 0 or -ENOMEM. */
int duty_ask(struct duty *d, struct entry *e, const struct roster *people,
	     const struct conf_person *person, enum page_why why);
int duty_ask_next(struct duty *d, struct entry *e);

/** duty_tell() - page who @name is (else the first on call), and wait for no answer. */
int duty_tell(struct duty *d, struct entry *e, const char *name, enum page_why why);

/** duty_ask_again() - after a snooze: the owner, else the first on call. Nobody: later. */
int duty_ask_again(struct duty *d, struct entry *e);

/** duty_wait() - nobody can be paged: when to try again. */
void duty_wait(struct duty *d, struct entry *e, const struct roster *people);

/* ---- storms: storm.c ---- */

/** storm_takes() - must a first page that falls due now be grouped? */
bool storm_takes(const struct duty *d);

/** storm_join() - *joined is false where there is no room for a storm. */
int storm_join(struct duty *d, struct entry *e, bool *joined);

/** storm_of() - the storm that stands for @e, NULL where it is over or there is none. */
struct entry *storm_of(const struct duty *d, const struct entry *e);
int storm_settle(struct duty *d, struct entry *s);
void storm_sum(const struct duty *d, const struct entry *s, struct page_storm *out);

/** storm_acknowledge() - its members have an owner too. */
void storm_acknowledge(struct duty *d, const struct entry *s, const char *person);
