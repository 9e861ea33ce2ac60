/* SPDX-License-Identifier: ISC */
/*
 * Are we blind? Whoever runs this takes a look at the watch now and then (courier/look.h) and tells
 * it here; what began and what is over comes back as faults. Pure: it keeps no files and reads no
 * clock. doc/sight.md has the rules.
 *
 * Nothing flaps: a fault is over only after 60 s without it. Nothing is told twice: of a fault that
 * follows from another one (a full disk lets the store fail) only the other one begins.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "conf/conf_duty.h"
#include "duty/fault.h"

#define SIGHT_CALM_US	 INT64_C(60000000)
#define SIGHT_FAULTS_MAX 16384

/* Who answered at the watch's door bell. */
enum sight_bell {
	BELL_UNTRIED,
	BELL_ANSWERED,
	BELL_LATE,   /* somebody is at home and did not answer in time */
	BELL_NOBODY, /* no watch runs */
};

/* One look. All of it is borrowed for the call. */
struct sight_look {
	const json_t *status; /* newest that could be had: the store's or the bell's; NULL none */
	int64_t status_us;    /* when it was made, wall clock; TIME_NONE never */
	enum sight_bell bell;
	int64_t free_bytes; /* that the store's disk has left; -1 not known */
	int64_t now_us;	    /* wall clock */
	int64_t mono_us;    /* a clock that nobody steps; a simulation gives the same for both */
};

struct sight;

/** Told a fault that began, or (f->over) one that is over. Return: 0, or negative, passed up. */
typedef int (*sight_fn)(void *userdata, const struct fault *f);

struct sight *sight_new(void);
struct sight *sight_free(struct sight *s);

/**
 * sight_resume() - a fault that was in force when the last run ended; before the first look.
 * @mono_us: now. Return: 0, or -ENOMEM also where there is no room.
 */
int sight_resume(struct sight *s, const struct fault *f, int64_t mono_us);

/**
 * sight_status() - take a look into account. To be called every ten seconds at least: figures of
 * the status cover so long.
 * Return: 0, -ENOMEM, or the negative answer of @fn.
 */
int sight_status(struct sight *s, const struct sight_look *look, const struct conf_sight *conf,
		 sight_fn fn, void *userdata);

/** sight_each() - all faults in force, with their newest figures. Return: 0 or what @fn gave. */
int sight_each(const struct sight *s, sight_fn fn, void *userdata);

/** sight_age_us() - how old the status of the last look was; TIME_NONE: there was none. */
int64_t sight_age_us(const struct sight *s);

/** sight_watch_up() - the last look saw a watch that works: its status was of now. */
bool sight_watch_up(const struct sight *s);

/** sight_refused() - faults that found no room. */
uint64_t sight_refused(const struct sight *s);
