/* SPDX-License-Identifier: ISC */
#include "courier/cases.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "desk/waiting.h"

#define ACTOR	    "noroshi courier"
#define HEARD_MAX   256 /* in one look; of more all notices are looked at */
#define REST	    10	/* times as long as the work before it */
#define FAILED_US   (10 * US_PER_S)
#define LONG_AGO_US INT64_MIN

struct cases {
	struct desk d;
	struct desk_waiting *waiting; /* owned; NULL not read yet */
	uint64_t seq;		      /* of the log, when it was read */
	bool stale;
	unsigned heard;
	int64_t next_us; /* monotonic; not before */
	int answer;	 /* of the last try, told when it changes */
};

struct cases *cases_new(void)
{
	struct cases *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->d.viewer.rank = VIEWER_ALL;
	snprintf(x->d.actor, sizeof(x->d.actor), ACTOR);
	x->next_us = LONG_AGO_US;
	cases_again(x);
	return x;
}

struct cases *cases_free(struct cases *x)
{
	if (x)
		desk_waiting_free(x->waiting);
	free(x);
	return NULL;
}

void cases_again(struct cases *x)
{
	x->seq = 0;
	x->stale = true;
}

void cases_hear(struct cases *x, const struct incident *inc)
{
	if (!x->waiting)
		return; /* all are looked at once they are read */
	if (x->heard++ < HEARD_MAX)
		desk_waiting_hear(&x->d, x->waiting, inc);
	else if (x->heard == HEARD_MAX + 1)
		desk_waiting_hear_all(x->waiting);
}

static int read_again(struct cases *x)
{
	bool changed = false;
	int r = desk_db_case_acts(x->d.db, &x->seq, &changed);

	x->stale |= changed;
	if (r || !x->stale)
		return r;
	r = desk_waiting_load(&x->d, &x->waiting);
	x->stale = r != 0;
	return r;
}

static int look(struct cases *x)
{
	struct desk_joined did = {.case_id = ""};
	int r = read_again(x);

	if (r == 0 && x->d.watch && desk_waiting_asks(x->waiting))
		r = desk_waiting_look(&x->d, x->waiting, &did);
	if (*did.case_id)
		log_info("case-joined", "case=%s incident=%s", did.case_id, did.incident);
	return r;
}

int cases_look(struct cases *x, struct desk_db *db, struct store *watch, const struct conf *conf,
	       const struct calendar *calendar, int64_t now_us)
{
	int64_t begun_us = clock_mono_us();
	int r;

	x->heard = 0;
	x->d.now_us = now_us;
	if (!db || begun_us < x->next_us)
		return 0;
	x->d.db = db;
	x->d.watch = watch;
	x->d.conf = conf;
	x->d.calendar = calendar;
	r = look(x);
	if (r && r != x->answer)
		log_error("cases-unread", "reason=\"%s\"", desk_answer(r, "en"));
	x->answer = r;
	x->next_us = clock_mono_us();
	x->next_us += r ? FAILED_US : (x->next_us - begun_us) * REST;
	return r == -ENOMEM ? r : 0;
}
