/* SPDX-License-Identifier: ISC */
/*
 * A router that writes down what it would do, one line each, into dry-run.log of the store, and
 * does nothing. What cannot be said to a router is refused here as well.
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

struct dry_run {
	struct router r;
	router_told told;
	void *userdata;
	int file;
};

static struct router *dry_close(struct router *r)
{
	struct dry_run *x = (struct dry_run *)r;

	if (x && x->file >= 0)
		close(x->file);
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
	for (int i = 0; r == 0 && i < n; i++)
		r = write_line(x, m, away ? lines[i].undo : lines[i].say);
	exabgp_lines_free(lines, n > 0 ? (unsigned)n : 0);
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
