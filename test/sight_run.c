/* SPDX-License-Identifier: ISC */
/*
 * What the courier does about sight, alone: look, tell faults, beat. For test_sight.py.
 *
 *   sight_run DIR --silent S --late S [--file F] [--prometheus F] [--listen ADDRESS:PORT]
 *
 * A line of JSON for each fault that begins or is over; an empty line is never written. Ends with
 * its standard input.
 */
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "courier/heartbeat.h"
#include "courier/look.h"

#define FAULTS_MAX 256
#define PASS_MS	   500
#define RELY_S	   3

struct run {
	const char *dir;
	struct store *store;
	struct sight *sight;
	struct heartbeat *heartbeat;
	struct conf_sight conf;
	struct conf_heartbeat beat;
	struct fault faults[FAULTS_MAX];
	size_t n_faults;
	enum sight_bell bell; /* of this pass */
};

static int say(void *userdata, const struct fault *f)
{
	static const char *const bells[] = {"untried", "answered", "late", "nobody"};
	const struct run *r = userdata;
	_cleanup_text_ struct text en = TEXT_NULL;
	char since[TIME_TEXT_MAX];
	json_t *o;

	fault_say(f, false, &en);
	o = json_pack("{s:s, s:s, s:b, s:s, s:s, s:s}", "kind", fault_name(f->kind), "subject",
		      f->subject, "over", f->over, "since", time_format_utc(f->since_us, since),
		      "said", text_str(&en), "bell", bells[r->bell]);
	json_object_set_new(o, "figure", json_real(f->figure == f->figure ? f->figure : -1));
	json_dumpf(o, stdout, JSON_COMPACT);
	json_decref(o);
	putchar('\n');
	fflush(stdout);
	return 0;
}

static int collect(void *userdata, const struct fault *f)
{
	struct run *r = userdata;

	if (r->n_faults < FAULTS_MAX)
		r->faults[r->n_faults++] = *f;
	return 0;
}

static int pass(struct run *r)
{
	struct look l;
	struct beat b;
	int e;

	if (!r->store)
		store_open(r->dir, STORE_ANY, STORE_READ, NULL, &r->store);
	e = look_take(r->store, r->dir, RELY_S, &l);
	r->bell = l.look.bell;
	if (e == 0)
		e = sight_status(r->sight, &l.look, &r->conf, say, r);
	r->n_faults = 0;
	sight_each(r->sight, collect, r);
	b = (struct beat){.now_us = l.look.now_us,
			  .drill = r->store && store_kind(r->store) == STORE_DRILL,
			  .watch_up = sight_watch_up(r->sight),
			  .age_us = sight_age_us(r->sight),
			  .status = l.status,
			  .faults = r->faults,
			  .n_faults = r->n_faults};
	if (e == 0)
		e = heartbeat_beat(r->heartbeat, &b);
	look_deinit(&l);
	return e;
}

static bool read_options(struct run *r, int argc, char **argv)
{
	static const struct option rows[] = {{"silent", 1, NULL, 's'}, {"late", 1, NULL, 'l'},
					     {"file", 1, NULL, 'f'},   {"prometheus", 1, NULL, 'p'},
					     {"listen", 1, NULL, 'h'}, {0}};

	for (int c; (c = getopt_long(argc, argv, "", rows, NULL)) != -1;) {
		if (c == 's')
			r->conf.silent_s = strtoul(optarg, NULL, 10);
		else if (c == 'l')
			r->conf.late_s = strtoul(optarg, NULL, 10);
		else if (c == 'f')
			snprintf(r->beat.file, sizeof(r->beat.file), "%s", optarg);
		else if (c == 'p')
			snprintf(r->beat.prometheus, sizeof(r->beat.prometheus), "%s", optarg);
		else if (c == 'h')
			snprintf(r->beat.listen, sizeof(r->beat.listen), "%s", optarg);
		else
			return false;
	}
	r->dir = optind < argc ? argv[optind] : NULL;
	return r->dir != NULL;
}

int main(int argc, char **argv)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	struct run r = {.conf = {.silent_s = 30,
				 .loss_percent = 1,
				 .template_s = 300,
				 .clock_s = 5,
				 .late_s = 15}};
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	int e = 0;

	if (!read_options(&r, argc, argv))
		return 2;
	r.sight = sight_new();
	if (!r.sight || heartbeat_open(&r.beat, &r.heartbeat, &why) < 0) {
		fprintf(stderr, "%s\n", text_str(&why));
		return 1;
	}
	while (e >= 0 && poll(&in, 1, PASS_MS) == 0)
		e = pass(&r);
	heartbeat_close(r.heartbeat);
	sight_free(r.sight);
	store_close(r.store);
	return e < 0;
}
