/* SPDX-License-Identifier: ISC */
/*
 * What brief, handover, notice and heightened read before they say anything: the configuration and
 * its calendars, the incidents of watch.db, the alarms and acts of desk.db. Either of the two may
 * be missing; what is said of it then says so. Only where there is neither, nothing is said.
 */
#pragma once

#include "act/measure_duty.h"
#include "cli/results.h"
#include "cli/setup.h"
#include "cli/verb.h"
#include "desk/calendar.h"
#include "duty/alarm.h"
#include "duty/said.h"
#include "duty/severity.h"
#include "store/desk_duty.h"

struct words_options {
	bool json;
	const char *db, *conf;
};

#define OPTIONS_WORDS(type)                                                                        \
	OPTION_ARG("db", 'd', "DIR", option_text, offsetof(type, w.db), "directory of the store",  \
		   "記録庫のディレクトリ"),                                                        \
		OPTION_ARG("conf", 'c', "FILE", option_text, offsetof(type, w.conf),               \
			   "configuration file, see noroshi.conf(5)",                              \
			   "設定ファイル (noroshi.conf(5) を参照)"),                               \
		OPTION_SWITCH("json", 'j', offsetof(type, w.json), "print JSON instead of text",   \
			      "テキストの代わりに JSON を出力する")

struct words_alarm {
	struct alarm a;
	struct severity severity; /* level 0: not in the row */
};

/* An object that is under attack over a link. */
struct words_pair {
	char link[SEVERITY_LINK_MAX], object[CONF_NAME_MAX];
};

struct words_desk {
	struct conf *conf;
	struct calendar *calendar;
	char dir[CONF_TEXT_MAX];
	struct store *watch;	    /* NULL: cannot be read */
	struct desk_db *desk;	    /* NULL: cannot be read */
	struct said said;	    /* marks and suppressions */
	struct words_alarm *alarms; /* of words_alarms(), by opening */
	unsigned n_alarms, room;
	bool alarms_failed;
	struct duty_measure_list measure_list; /* of words_measures() */
	struct duty_measures measures;
	bool measures_known; /* they could be read, or there is no desk where any could be */
	bool desk_missing;
	bool conf_known;   /* one was named */
	bool courier_gone; /* people are to be paged, and no courier runs */
	bool drill;
	int64_t now_us;
	struct words_pair *pairs; /* objects under attack now, by their main link */
	unsigned n_pairs, room_pairs;
	bool pairs_known;
};

void words_close(struct words_desk *d);
#define _cleanup_words_desk_ _cleanup_(words_close)

/** words_open() - Return: EXIT_GOOD, or another after saying why. */
int words_open(struct cli *cli, const struct words_options *o, struct words_desk *d);

/** words_conf() - only the configuration, its calendars and the time. Return: as above. */
int words_conf(struct cli *cli, const struct words_options *o, struct words_desk *d);

/** words_alarms() - load those that have not ended, and all that changed since @since_us. Return:
 * EXIT_GOOD; EXIT_BROKEN without memory. What cannot be read is told, and d->desk becomes NULL. */
int words_alarms(struct cli *cli, struct words_desk *d, int64_t since_us);

/** words_alarm_of() - the alarm about an incident, NULL none. */
const struct words_alarm *words_alarm_of(const struct words_desk *d, const char *incident);

/**
 * words_find() - the incident or alarm that @id means: the id of either or the beginning of it, or
 * a page's. @inc: owned, NULL where it is no incident or that is not kept.
 * Return: EXIT_GOOD with one of both, or EXIT_STORE after saying why not.
 */
int words_find(struct cli *cli, struct words_desk *d, const char *id, struct incident **inc,
	       const struct words_alarm **alarm);

/** words_measures() - those against one incident, or (@incident NULL) all that stand or changed
 * since @since_us. Return: as words_alarms(). words_measures_of(): NULL where they are not known.
 */
int words_measures(struct cli *cli, struct words_desk *d, const char *incident, int64_t since_us);
const struct duty_measures *words_measures_of(const struct words_desk *d);

/** words_severity() - as it is judged now; of one that is over as the courier judged it last. */
void words_severity(struct words_desk *d, const struct incident *inc,
		    const struct words_alarm *alarm, struct severity *out);

/** words_is_false() - did somebody mark it as no attack? */
bool words_is_false(const struct words_desk *d, const char *incident);

/** words_incidents() - those alive in the time, and with @open all that have not closed; without
 * their courses. Return: EXIT_GOOD or EXIT_BROKEN; what cannot be read is told, and d->watch
 * becomes NULL. */
int words_incidents(struct cli *cli, struct words_desk *d, int64_t from_us, int64_t until_us,
		    bool open, struct results *out);

/** words_json_line() - one JSON object and a newline; takes @o, NULL is out of memory. */
int words_json_line(struct cli *cli, FILE *to, json_t *o);
