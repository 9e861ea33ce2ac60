/* SPDX-License-Identifier: ISC */
/*
 * What a status says of sight, condition by condition. A figure that is missing (another version
 * may have written the status) shows no fault.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "duty/sight_inside.h"

#define SPAN_LEAST_US (10 * US_PER_S)
#define LOST_LEAST    5	   /* datagrams; fewer are no share of anything */
#define DROPS_LEAST   10   /* of the kernel, in a minute ... */
#define DROPS_PERCENT 0.1  /* ... and this share of what came */
#define STARVED_SHARE 0.5  /* of the time, waiting for a core */
#define FAILING_S     3	   /* the store tries again each second, and may get over it */
#define SAME_OFF_S    2.0  /* clocks so near to each other say the same */
#define STEPPED_S     20.0 /* a step is told of for so long */

/* What all conditions look at. */
struct reading {
	const json_t *status;
	struct map *windows;
	const struct conf_sight *conf;
	struct founds *out;
	int64_t now_us, mono_us;
	bool starved, lossy; /* we are to blame for what is missing */
};

static double number(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static bool is(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

static uint64_t count(const json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	return n > 0 ? (uint64_t)n : 0;
}

static void found(const struct reading *r, enum fault_kind kind, const char *subject, double figure,
		  double ago_s)
{
	found_add(r->out, kind, subject, figure, r->now_us - (int64_t)(ago_s * (double)US_PER_S));
}

/* The window of what is called @kind and @name; NULL without room. */
static struct window *window_of(const struct reading *r, char kind, const char *name)
{
	char key[FAULT_KEY_MAX] = {kind};

	snprintf(key + 1, sizeof(key) - 1, "%s", name);
	return map_put(r->windows, key, NULL);
}

/* ---- listeners and captures ---- */

static double percent(uint64_t part, uint64_t rest)
{
	return part + rest ? 100.0 * (double)part / (double)(part + rest) : 0;
}

/* Datagrams or frames that the kernel dropped, in the last minute. */
static bool drops(const struct reading *r, char kind, const char *name, const json_t *o,
		  const char *came, uint64_t ring_drops[1])
{
	const uint64_t now[WINDOW_COUNTS] = {count(o, came), count(o, "kernel_drops"),
					     count(o, "ring_drops")};
	struct window *w = window_of(r, kind, name);
	uint64_t grew[WINDOW_COUNTS];

	if (!w)
		return false;
	if (r->starved)
		*w = (struct window){0};
	window_step(w, r->mono_us, now, grew);
	*ring_drops += grew[2];
	if (grew[1] < DROPS_LEAST || percent(grew[1], grew[0]) < DROPS_PERCENT)
		return false;
	found(r, FAULT_KERNEL_DROPS, name, (double)grew[1], 0);
	return true;
}

static void listener_name(const json_t *l, char name[FAULT_SUBJECT_MAX])
{
	const char *address = word(l, "address");

	snprintf(name, FAULT_SUBJECT_MAX, strchr(address, ':') ? "[%s]:%llu" : "%s:%llu", address,
		 (unsigned long long)count(l, "port"));
}

static void read_inputs(struct reading *r)
{
	uint64_t ring_drops = 0, none = 0;
	char name[FAULT_SUBJECT_MAX];
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(r->status, "listeners"), i, one)
	{
		listener_name(one, name);
		r->lossy |= drops(r, 'l', name, one, "datagrams", &ring_drops);
	}
	json_array_foreach(json_object_get(r->status, "captures"), i, one)
	{
		drops(r, 'c', word(one, "interface"), one, "frames", &none);
		if (is(one, "down"))
			found(r, FAULT_EXPORTER_SILENT, word(one, "interface"), NAN, 0);
	}
	if (ring_drops >= DROPS_LEAST)
		found(r, FAULT_QUEUE_LATE, "receive",
		      number(json_object_get(r->status, "late"), "datagrams_s"), 0);
	r->lossy |= ring_drops > 0;
}

/* ---- ourselves ---- */

static void read_late(struct reading *r)
{
	const json_t *late = json_object_get(r->status, "late");
	double ticks_s = number(late, "ticks_s"), datagrams_s = number(late, "datagrams_s");
	double most_s = ticks_s > datagrams_s ? ticks_s : datagrams_s;
	double late_s = (double)r->conf->late_s;
	bool waits = number(late, "cpu_wait") > STARVED_SHARE;

	r->starved = ticks_s > late_s || (datagrams_s > late_s && waits);
	if (r->starved)
		found(r, FAULT_STARVED, "", most_s, most_s);
	else if (datagrams_s > late_s)
		found(r, FAULT_QUEUE_LATE, "receive", datagrams_s, datagrams_s);
}

/* What the kernel drops while we wait for a core it drops for want of the core. */
static void blame_starving(struct reading *r)
{
	const json_t *late = json_object_get(r->status, "late");

	if (r->starved || !r->lossy || number(late, "cpu_wait") <= STARVED_SHARE)
		return;
	r->starved = true;
	found(r, FAULT_STARVED, "", number(late, "datagrams_s"), 0);
}

static void read_store(const struct reading *r)
{
	const json_t *store = json_object_get(r->status, "store");
	double behind_s = number(store, "behind_s");
	bool full = strcmp(word(store, "state"), "disk_full") == 0;

	if (is(store, "failing") && behind_s >= FAILING_S)
		found(r, full ? FAULT_DISK_FULL : FAULT_STORE_FAILING, "", full ? NAN : behind_s,
		      behind_s);
	else if (!is(store, "failing") && behind_s > (double)r->conf->late_s)
		found(r, FAULT_QUEUE_LATE, "store", behind_s, behind_s);
}

/* ---- clocks ---- */

/* Speaks, and its times are believed. */
static bool has_clock(const struct reading *r, const json_t *e)
{
	return is(e, "configured") && is(e, "spoke") &&
	       is(json_object_get(e, "clock"), "trusted") &&
	       number(e, "silent_s") <= (double)r->conf->silent_s;
}

/* By how much all exporters are off alike, at least two of them; 0 where they are not. */
static double all_off_s(const struct reading *r)
{
	double least = INFINITY, most = -INFINITY;
	const json_t *e;
	unsigned n = 0;
	size_t i;

	json_array_foreach(json_object_get(r->status, "exporters"), i, e)
	{
		double off_s = number(json_object_get(e, "clock"), "offset_s");

		if (!has_clock(r, e))
			continue;
		least = off_s < least ? off_s : least;
		most = off_s > most ? off_s : most;
		n++;
	}
	if (n < 2 || most - least > SAME_OFF_S || count(r->status, "exporters_left_out"))
		return 0;
	return (least + most) / 2;
}

static void read_own_clock(const struct reading *r)
{
	const json_t *clock = json_object_get(r->status, "clock"), *ago;
	double most_s = (double)r->conf->clock_s, ahead_s = number(clock, "ahead_s"), off_s;

	ago = json_object_get(clock, "step_ago_s");
	off_s = all_off_s(r);
	if (fabs(ahead_s) > most_s)
		found(r, FAULT_OWN_CLOCK, "", ahead_s, json_number_value(ago));
	else if (json_is_number(ago) && json_number_value(ago) < STEPPED_S &&
		 fabs(number(clock, "step_s")) > most_s)
		found(r, FAULT_OWN_CLOCK, "", number(clock, "step_s"), json_number_value(ago));
	else if (fabs(off_s) > most_s)
		found(r, FAULT_OWN_CLOCK, "", off_s, 0);
}

/* ---- exporters ---- */

static void read_loss(const struct reading *r, const json_t *e, bool silent)
{
	const json_t *lost = json_object_get(e, "lost");
	const uint64_t now[WINDOW_COUNTS] = {count(e, "datagrams"), count(e, "records"),
					     count(lost, "datagrams"), count(lost, "records")};
	struct window *w = window_of(r, 'e', word(e, "name"));
	uint64_t grew[WINDOW_COUNTS];
	double in_datagrams, in_records, each, most = r->conf->loss_percent;

	if (!w)
		return;
	/* The gap in the numbers is what a silence leaves, or our own doing. */
	if (silent || r->starved || r->lossy)
		*w = (struct window){0};
	if (window_step(w, r->mono_us, now, grew) < SPAN_LEAST_US || !grew[0])
		return;
	each = grew[1] > grew[0] ? (double)grew[1] / (double)grew[0] : 1;
	in_datagrams = grew[2] >= LOST_LEAST ? percent(grew[2], grew[0]) : 0;
	in_records = (double)grew[3] >= LOST_LEAST * each ? percent(grew[3], grew[1]) : 0;
	if (in_records > in_datagrams)
		in_datagrams = in_records;
	if (in_datagrams > most)
		found(r, FAULT_EXPORTER_LOSS, word(e, "name"), in_datagrams, 0);
}

static void read_exporter(const struct reading *r, const json_t *e)
{
	const char *name = word(e, "name");
	double silent_s = number(e, "silent_s"), template_s = number(e, "template_s");
	double off_s = number(json_object_get(e, "clock"), "offset_s");
	bool silent = silent_s > (double)r->conf->silent_s;

	if (silent)
		found(r, FAULT_EXPORTER_SILENT, name, silent_s, silent_s);
	read_loss(r, e, silent);
	if (template_s > (double)r->conf->template_s)
		found(r, FAULT_TEMPLATE_MISSING, name, template_s, template_s);
	if (has_clock(r, e) && fabs(off_s) > (double)r->conf->clock_s)
		found(r, FAULT_EXPORTER_CLOCK, name, -off_s, 0);
}

int sight_read(struct map *windows, const struct sight_look *look, const struct conf_sight *conf,
	       struct founds *out)
{
	struct reading r = {.status = look->status,
			    .windows = windows,
			    .conf = conf,
			    .out = out,
			    .now_us = look->now_us,
			    .mono_us = look->mono_us};
	const json_t *e;
	size_t i;

	read_late(&r);
	read_inputs(&r);
	blame_starving(&r);
	read_store(&r);
	read_own_clock(&r);
	json_array_foreach(json_object_get(r.status, "exporters"), i, e) if (is(e, "configured"))
		read_exporter(&r, e);
	return out->failed ? -ENOMEM : 0;
}
