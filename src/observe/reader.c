/* SPDX-License-Identifier: ISC */
/*
 * One input from its first byte to its last: recognise, stream, and say how it ended.
 */
#include "observe/reader.h"

#include <errno.h>
#include <string.h>

#include "observe/reader_inside.h"

void run_jump(struct run *run, int64_t recv_us)
{
	if (run->last_us == TIME_NONE)
		return;
	if (recv_us > run->last_us)
		run->info->time_jumps_forward++;
	else
		run->info->time_jumps_back++;
}

void run_progress(const struct run *run)
{
	uint64_t done, total;

	if (!run->r->progress)
		return;
	input_progress(run->in, &done, &total);
	run->r->progress(run->r->userdata, done, total, run->r->writer->records);
}

int run_datagram(struct run *run, const struct datagram *d)
{
	int r;

	run_time(run, d->recv_us);
	run->info->datagrams++;
	r = exports_datagram(run->r->exports, d);
	if (r > 0)
		run->some_refused = true;
	return r < 0 ? r : 0;
}

/* A stream that did not end well is refused input, unless the format has said the same already. */
static void count_end(struct run *run, struct text *why)
{
	struct refusals *refused = &run->info->refused;

	switch (input_ended(run->in)) {
	case INPUT_GOOD:
		return;
	case INPUT_CORRUPT:
		text_printf(why, "the %s stream is broken", run->info->compression);
		refuse(refused, REFUSED_BAD_CONTAINER, 0);
		return;
	case INPUT_SWOLLEN:
		text_printf(why, "the %s stream unpacks to over %d times its size",
			    run->info->compression, INPUT_SWELLS_MAX);
		refuse(refused, REFUSED_SWOLLEN, 0);
		return;
	case INPUT_TRAILING:
		text_printf(why, "bytes behind the %s stream were left out",
			    run->info->compression);
		refuse(refused, REFUSED_TRAILING, 0);
		return;
	case INPUT_IO:
		text_printf(why, "cannot read on: %s", strerror(input_errno(run->in)));
		break;
	case INPUT_TRUNCATED:
		text_printf(why, "the %s stream ends in its middle", run->info->compression);
		break;
	}
	if (!refused->count[REFUSED_TRUNCATED])
		refuse(refused, REFUSED_TRUNCATED, 0);
}

static bool refused_input(const struct run *run)
{
	const struct refusals *f = &run->info->refused;

	return run->some_refused || refusals_total(f) > f->count[REFUSED_NOT_IP];
}

static void say_counts(const struct run *run, struct text *why)
{
	const char *comma = why->len ? "; " : "";

	for (unsigned i = 0; i < REFUSAL_COUNT; i++) {
		uint64_t n = run->info->refused.count[i];

		if (!n || i == REFUSED_NOT_IP)
			continue;
		text_printf(why, "%s%s: %llu", comma, refusal_name((enum refusal)i),
			    (unsigned long long)n);
		comma = ", ";
	}
	if (!why->len)
		text_add(why, "some export datagrams were refused");
}

/* Return: 0 good, 2 when this is nothing we read, negative. */
static int recognise(struct run *run, struct text *why)
{
	const uint8_t *p;
	int r;

	if (!input_peek(run->in, 1, &p)) {
		count_end(run, why);
		if (!why->len)
			text_add(why, "is empty");
		return 2;
	}
	r = frames_open(&run->frames, run->in, &run->info->refused);
	if (r <= 0) {
		run->info->container = r < 0 ? NULL : frames_container(run->frames);
		return r;
	}
	if (!raw_recognised(run->in)) {
		text_add(why, "is neither a capture (pcap, pcapng, ERF) nor flow export datagrams");
		return 2;
	}
	if (run->r->as == READ_PACKETS) {
		text_add(why, "holds export datagrams, not packets");
		return 2;
	}
	run->info->container = "raw";
	run->info->as = READ_EXPORTS;
	return 0;
}

static int stream(struct run *run)
{
	int r = run->frames ? reader_capture(run) : reader_raw(run), flushed;

	run->info->bytes = input_passed(run->in);
	run->info->dropped = run->frames ? frames_dropped(run->frames) : 0;
	flushed = flow_writer_flush(run->r->writer);
	run_progress(run);
	return r < 0 ? r : flushed;
}

static int run_input(struct run *run, struct text *why)
{
	int r;

	run->info->compression = input_compression(run->in);
	r = recognise(run, why);
	if (r)
		return r;
	run->defrag = defrag_new();
	if (!run->defrag)
		return -ENOMEM;
	r = stream(run);
	if (r < 0) {
		text_printf(why, "stopped: %s", strerror(-r));
		return r;
	}
	count_end(run, why);
	if (!refused_input(run))
		return 0;
	say_counts(run, why);
	return 1;
}

int reader_run(struct reader *r, const char *path, struct reader_info *info, struct text *why)
{
	struct run run = {.r = r, .info = info, .last_us = TIME_NONE};
	int got;

	*info = (struct reader_info){.container = "none", .compression = "none", .as = r->as};
	got = input_open(&run.in, path, why);
	if (got == 0)
		got = run_input(&run, why);
	else if (got > 0)
		got = 2;
	frames_free(run.frames);
	defrag_free(run.defrag);
	input_free(run.in);
	return got;
}
