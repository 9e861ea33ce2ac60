/* SPDX-License-Identifier: ISC */
/*
 * What outlives a run: incidents, their evidence, roll-ups, learnt sampling, the last status. One
 * process writes (an exclusive lock), any number reads without ever blocking it. Writes are only
 * queued here; a thread of the store's own puts them on disk, so no caller waits for a disk. A
 * store is real or drill from birth. See doc/incident.md for the kept form of an incident.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/text.h"
#include "conf/conf.h"
#include "detect/roll.h"
#include "judge/incident.h"
#include "observe/exporter.h"

struct store;

enum store_kind { STORE_ANY, STORE_REAL, STORE_DRILL }; /* ANY: readers only */
enum store_mode { STORE_READ, STORE_WRITE };

/* Positive answers; a negative one is an errno. store_answer() has the sentences. */
enum store_answer {
	STORE_LOCKED = 1, /* another process writes to it */
	STORE_NEWER,	  /* made by a newer noroshi; this one does not touch it */
	STORE_OLDER,	  /* readers only: a writer must bring it up to date first */
	STORE_OTHER_KIND, /* a drill store was asked for and this is a real one, or the reverse */
	STORE_MISSING,	  /* no store there */
	STORE_BROKEN,	  /* not a database, or damaged */
	STORE_NOT_FOUND,
	STORE_AMBIGUOUS, /* more than one incident has an id that begins so */
	STORE_FULL,	 /* the queue is full; what was given was not taken, and is counted */
	STORE_FAILING,	 /* cannot write now; what is queued is kept and tried again */
};

/** store_answer() - a plain sentence for an answer or a negative errno, "en" or "ja". */
const char *store_answer(int answer, const char *language);

/**
 * Told once when writing begins to fail and once when it works again, from the writer's thread.
 * @sentence: English, one line, borrowed.
 */
struct store_watcher {
	void (*trouble)(void *userdata, bool failing, const char *sentence);
	void *userdata;
};

/**
 * store_open() - open, or for STORE_WRITE make, the store in directory @dir.
 * @dir: NULL or "" gives a store that keeps nothing (no file), for runs without one.
 * @watcher: may be NULL (trouble then only goes to the log).
 * Return: 0 with *@out owned, a positive answer, or a negative errno.
 */
int store_open(const char *dir, enum store_kind kind, enum store_mode mode,
	       const struct store_watcher *watcher, struct store **out);

/** store_close() - flush once, stop the writer, let go. Return: NULL. */
struct store *store_close(struct store *s);

static inline void store_closep(struct store **s)
{
	*s = store_close(*s);
}
#define _cleanup_store_ _cleanup_(store_closep)

enum store_kind store_kind(const struct store *s);

/* ---- writing: all return at once ---- */

/**
 * store_put_incident() - queue the state of an incident (copied). Of one incident only the newest
 * state waits; it reaches the disk at most once a second, opening and closing at once.
 * Return: 0, STORE_FULL, or -ENOMEM. Acknowledged is what store_flush() has passed.
 */
int store_put_incident(struct store *s, const struct incident *inc);

/** store_put_status() - queue the latest status, a JSON text of at most 4 MiB. Return: as above. */
int store_put_status(struct store *s, const char *json, int64_t now_us);

/** store_put_sampling() - queue what was learnt of sampling (a copy of the whole table). */
int store_put_sampling(struct store *s, struct exporters *exporters);

#define STORE_HEARD_S 86400 /* it is erased when it is older */

/** store_put_heard() - queue what heard_pack() gave, @n bytes of it at @now_us; it replaces what
 * was kept. Data class: header. Return: 0, -ENOMEM, -EROFS. */
int store_put_heard(struct store *s, const void *packed, size_t n, int64_t now_us);

/* Counts of one exporter in one minute. Data class: volume only. */
struct store_rollup {
	int64_t minute_us; /* start */
	char exporter[EXPORTER_NAME_MAX];
	uint64_t records, packets, bytes, refused; /* packets and bytes corrected for sampling */
};

/** store_put_rollup() - queue one row; a later row of the same minute and exporter replaces it. */
int store_put_rollup(struct store *s, const struct store_rollup *row);

/** store_put_roll() - queue one hour of an object and vector; added to what is kept of it
 * (roll_merge()). Return: as above. */
int store_put_roll(struct store *s, const struct roll_row *row);

/**
 * store_erase_due() - queue the erasing of all that may no longer be kept at @now_us: evidence past
 * its erase-by date (the addresses of sources in the incident go with it), and, with @keep,
 * incidents and roll-ups older than it allows. What was erased leaves a row in `erasures` as proof.
 */
int store_erase_due(struct store *s, int64_t now_us, const struct conf_keep *keep);

/**
 * store_flush() - wait until everything given so far is on disk, synced.
 * Return: 0, or STORE_FAILING when an attempt failed (it stays queued).
 */
int store_flush(struct store *s);

/* ---- reading ---- */

struct store_filter {
	int64_t from_us, until_us;   /* incidents alive in it; TIME_NONE: no bound */
	unsigned states;	     /* bits 1 << enum finding_state; 0 all */
	unsigned kinds;		     /* bits 1 << enum finding_kind; 0 all */
	unsigned classes;	     /* bits 1 << enum incident_class; 0 all */
	const struct prefix *target; /* hosts and prefixes inside it or around it; NULL all */
	const char *object;	     /* protected object; NULL all */
	unsigned limit;		     /* 0: 1,000 */
};
#define STORE_FILTER_ALL ((struct store_filter){.from_us = TIME_NONE, .until_us = TIME_NONE})

/** Called per incident (borrowed, without evidence records); not 0 ends the walk and is passed up.
 */
typedef int (*store_row_fn)(void *userdata, const struct incident *inc);

/** store_list() - newest first. Return: 0, the callback's value, STORE_BROKEN or an errno. */
int store_list(struct store *s, const struct store_filter *filter, store_row_fn fn, void *userdata);

/* That there is something to look at, without looking at it. */
struct store_change {
	const char *id; /* borrowed for the call */
	uint32_t revision;
	enum finding_state state;
	int64_t row; /* numbers grow as incidents are added */
};

typedef int (*store_change_fn)(void *userdata, const struct store_change *c);

/**
 * store_changes() - all incidents that are not closed, and closed ones added behind row
 * @after_row, in order of rows. By indexes only, so it may be asked each second: who remembers
 * revisions fetches by store_get() what has another one, and what is no longer here has closed.
 * Return: as store_list().
 */
int store_changes(struct store *s, int64_t after_row, store_change_fn fn, void *userdata);

/** store_row_since() - the last row before those of incidents that began at @since_us or later, to
 * begin store_changes() with; 0 where there is none. Return: 0 or STORE_BROKEN. */
int store_row_since(struct store *s, int64_t since_us, int64_t *row);

/**
 * store_get() - one incident by its id, or by the beginning of an id that only one has.
 * Return: 0 with *@out owned (without evidence records), STORE_NOT_FOUND, STORE_AMBIGUOUS.
 */
int store_get(struct store *s, const char *id, struct incident **out);

/** store_open_incidents() - open, quiet and lost-sight ones, oldest first, for judge_resume(). */
int store_open_incidents(struct store *s, store_row_fn fn, void *userdata);

/**
 * store_evidence() - load the header records of @inc into it.
 * Return: 0, STORE_NOT_FOUND (none kept, or erased), STORE_BROKEN.
 */
int store_evidence(struct store *s, struct incident *inc);

/** store_get_status() - the latest status. Return: 0 or STORE_NOT_FOUND. */
int store_get_status(struct store *s, struct text *json, int64_t *at_us);

/** store_get_heard() - the last one, appended, and of when. Return: 0, STORE_NOT_FOUND,
 * STORE_BROKEN, -ENOMEM. */
int store_get_heard(struct store *s, struct text *packed, int64_t *at_us);

typedef int (*store_roll_fn)(void *userdata, const struct roll_row *row);

/**
 * store_rolls() - the roll-ups of @object (NULL: all, "": which minutes were seen) in hours that
 * begin in [@from_us, @until_us), by object, vector and hour. Return: 0, what @fn returned, or
 * STORE_BROKEN.
 */
int store_rolls(struct store *s, const char *object, int64_t from_us, int64_t until_us,
		store_roll_fn fn, void *userdata);

/** store_load_sampling() - tell @exporters the factors learnt before, for exporters it knows. */
int store_load_sampling(struct store *s, struct exporters *exporters);

struct store_stats {
	uint64_t queued;	/* incidents waiting */
	uint64_t queue_dropped; /* states given up because the queue was full */
	uint64_t written;	/* incident rows on disk since opening */
	uint64_t coalesced;	/* states replaced by a newer one before they were written */
	uint64_t failures;	/* transactions that failed */
	uint64_t evidence_erased, incidents_erased;
	uint64_t bytes; /* of the database on disk, its journal included */
	bool failing;
	bool full;	   /* it fails because the disk is full */
	int64_t behind_us; /* how long something has waited that the disk did not take; 0 nothing */
	char sentence[256]; /* the last trouble, "" none */
};
void store_stats(struct store *s, struct store_stats *out);
