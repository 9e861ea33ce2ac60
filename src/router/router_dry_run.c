/* SPDX-License-Identifier: ISC */
/*
 * A router that writes down what it would do, one line each, into dry-run.log of the store, and
 * does nothing. What cannot be said to a router is refused here as well, and a route that several
 * measures share goes with the last of them, as at a router.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "router/exabgp.h"
#include "router/router.h"

#define FILE_NAME "dry-run.log"

/* A measure that it was told of, and the lines by which each would be taken back. */
struct held {
	char measure[MEASURE_ID_MAX];
	struct exabgp_line line[PLAN_RULES_MAX]; /* owned */
	unsigned n;
};

struct dry_run {
	struct router r;
	router_told told;
	void *userdata;
	int file;
	struct held *held; /* owned */
	size_t n, room;
};

static struct router *dry_close(struct router *r)
{
	struct dry_run *x = (struct dry_run *)r;

	if (x && x->file >= 0)
		close(x->file);
	for (size_t i = 0; x && i < x->n; i++)
		exabgp_lines_free(x->held[i].line, x->held[i].n);
	if (x)
		free(x->held);
	free(x);
	return NULL;
}

static int dry_open(const struct conf *conf, const struct conf_neighbor *n, struct loop *loop,
		    router_told told, void *userdata, struct router **out, struct text *why)
{
	struct dry_run *x = calloc(1, sizeof(*x));
	char path[CONF_TEXT_MAX + sizeof(FILE_NAME) + 1];
	int r;

	if (!x)
		return -ENOMEM;
	x->r = (struct router){.ops = &router_dry_run, .neighbor = n, .is_up = true};
	x->told = told;
	x->userdata = userdata;
	snprintf(path, sizeof(path), "%s/" FILE_NAME, conf->db);
	x->file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (x->file < 0) {
		r = -errno;
		text_printf(why, "%s: %s\n", path, strerror(-r));
		dry_close(&x->r);
		return r;
	}
	*out = &x->r;
	return 0;
}

static int write_line(struct dry_run *x, const struct measure *m, const char *what)
{
	_cleanup_text_ struct text line = TEXT_NULL;
	char at[TIME_TEXT_MAX];

	time_format_utc(clock_real_us(), at);
	text_printf(&line, "%s %s %s %s\n", at, x->r.neighbor->name, m->id, what);
	if (!text_ok(&line))
		return -ENOMEM;
	return write(x->file, text_str(&line), line.len) == (ssize_t)line.len ? 0 : -EIO;
}

/* ---- what it was told of ---- */

static struct held *find(struct dry_run *x, const char *measure)
{
	for (size_t i = 0; i < x->n; i++)
		if (strcmp(x->held[i].measure, measure) == 0)
			return &x->held[i];
	return NULL;
}

static void drop(struct dry_run *x, const char *measure)
{
	struct held *h = find(x, measure);

	if (!h)
		return;
	exabgp_lines_free(h->line, h->n);
	*h = x->held[--x->n];
}

/* Takes @line; those of before, of the same measure, go. */
static int keep(struct dry_run *x, const char *measure, struct exabgp_line *line, unsigned n)
{
	size_t room = x->room ? 2 * x->room : 16;
	struct held *h;

	drop(x, measure);
	if (x->n == x->room) {
		h = realloc(x->held, room * sizeof(*h));
		if (!h) {
			exabgp_lines_free(line, n);
			return -ENOMEM;
		}
		x->held = h;
		x->room = room;
	}
	h = &x->held[x->n++];
	*h = (struct held){.n = n};
	snprintf(h->measure, sizeof(h->measure), "%s", measure);
	memcpy(h->line, line, n * sizeof(*line));
	return 0;
}

/* What another measure says that is taken back by the same line; NULL none does. */
static const char *shared(const struct dry_run *x, const char *measure, const char *undo)
{
	for (size_t i = 0; i < x->n; i++) {
		const struct held *h = &x->held[i];

		for (unsigned k = 0; strcmp(h->measure, measure) != 0 && k < h->n; k++)
			if (strcmp(h->line[k].undo, undo) == 0)
				return h->line[k].say;
	}
	return NULL;
}

static int write_lines(struct dry_run *x, const struct measure *m, bool away)
{
	struct exabgp_line lines[PLAN_RULES_MAX];
	_cleanup_text_ struct text why = TEXT_NULL;
	int n = exabgp_lines(x->r.neighbor, m, lines, &why), r = 0;

	/* What could never be said is not there, and need not be taken back. */
	if (n == -EINVAL) {
		x->told(x->userdata, &x->r, away ? ROUTER_HAS_NOT : ROUTER_UNSAYABLE, m->id,
			away ? "" : text_str(&why));
		return 0;
	}
	for (int i = 0; r == 0 && i < n; i++) {
		const char *other = away ? shared(x, m->id, lines[i].undo) : NULL;

		r = write_line(x, m, !away ? lines[i].say : other ? other : lines[i].undo);
	}
	if (n >= 0 && r == 0 && !away) {
		r = keep(x, m->id, lines, (unsigned)n);
	} else {
		exabgp_lines_free(lines, n > 0 ? (unsigned)n : 0);
		if (r == 0 && away)
			drop(x, m->id);
	}
	if (n < 0 || r)
		return n < 0 ? n : r;
	x->told(x->userdata, &x->r, away ? ROUTER_HAS_NOT : ROUTER_HAS, m->id, "");
	return 0;
}

static int dry_apply(struct router *r, const struct measure *m)
{
	return write_lines((struct dry_run *)r, m, false);
}

static int dry_take_away(struct router *r, const struct measure *m)
{
	return write_lines((struct dry_run *)r, m, true);
}

static int dry_counter(struct router *r, const struct measure *m, uint64_t *packets,
		       uint64_t *bytes)
{
	return 1;
}

const struct router_ops router_dry_run = {
	.name = "dry_run",
	.open = dry_open,
	.close = dry_close,
	.apply = dry_apply,
	.take_away = dry_take_away,
	.counter = dry_counter,
};
