/* SPDX-License-Identifier: ISC */
/* A desk in a directory that goes away, with incidents to join. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "desk/inside.h"
#include "store/test_help.h"

struct bench {
	char dir[256];
	struct desk d;
	struct conf *conf;
	struct calendar *calendar;
};

static inline void bench_open(struct bench *b, unsigned incidents)
{
	_cleanup_text_ struct text errors = TEXT_NULL;
	struct store *s = NULL;

	memset(b, 0, sizeof(*b));
	help_dir(b->dir, sizeof(b->dir));
	assert_int_equal(store_open(b->dir, STORE_REAL, STORE_WRITE, NULL, &s), 0);
	for (unsigned i = 0; i < incidents; i++)
		assert_int_equal(help_put(s, i * 1000, 1, 0), 0);
	assert_int_equal(store_flush(s), 0);
	store_close(s);
	b->conf = conf_default();
	b->calendar = calendar_new();
	assert_int_equal(calendar_add_country(b->calendar, "JP", &errors), 0);
	assert_int_equal(store_open(b->dir, STORE_ANY, STORE_READ, NULL, &b->d.watch), 0);
	assert_int_equal(desk_db_open(b->dir, "", STORE_ANY, STORE_WRITE, &b->d.db), 0);
	b->d.conf = b->conf;
	b->d.calendar = b->calendar;
	b->d.viewer.rank = VIEWER_TEAM;
	strcpy(b->d.actor, "alice");
	b->d.now_us = T0 + 3600 * US_PER_S;
}

static inline void bench_close(struct bench *b)
{
	desk_db_close(b->d.db);
	store_close(b->d.watch);
	calendar_free(b->calendar);
	conf_unref(b->conf);
	help_remove_dir(b->dir);
}

/* The id of incident number @n of the bench. */
static inline const char *bench_incident(unsigned n, char *buf)
{
	_cleanup_incident_ struct incident *inc = help_incident(n * 1000, 1, 0);

	strcpy(buf, inc->id);
	return buf;
}

/* A notice that means incident number @n; @extra: further keys of YAML, each a line. */
static inline struct notice *bench_notice(unsigned n, const char *extra)
{
	_cleanup_incident_ struct incident *inc = help_incident(n * 1000, 1, 0);
	_cleanup_text_ struct text yaml = TEXT_NULL, errors = TEXT_NULL;
	char target[INCIDENT_TARGET_MAX], from[TIME_TEXT_MAX], until[TIME_TEXT_MAX];
	struct notice *made = NULL;

	text_printf(&yaml,
		    "form: partner\nfrom: peer\ntarget: \"%s\"\nvector: SYN flood\n"
		    "span: {from: %s, until: %s}\nreceived: 2008-12-01T00:00:00Z\n%s",
		    incident_target(inc, target), time_format_utc(inc->f.first_us, from),
		    time_format_utc(inc->f.last_us + US_PER_S, until), extra);
	if (notice_read("n", text_str(&yaml), yaml.len, &made, &errors))
		fail_msg("%s", text_str(&errors));
	if (made->received_us < inc->f.first_us)
		made->received_us = inc->f.last_us + 600 * US_PER_S;
	return made;
}

/* Each act a minute after the last. */
static inline void bench_later(struct bench *b)
{
	b->d.now_us += 60 * US_PER_S;
}

static inline bool bench_holds(struct bench *b)
{
	struct desk_verdict v;

	assert_int_equal(desk_db_verify(b->d.db, NULL, &v), 0);
	return v.holds;
}
