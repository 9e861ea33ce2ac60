/* SPDX-License-Identifier: ISC */
/*
 * Feeds a hostile stream to the decoders and holds the account: each datagram that was sent must
 * have come to exactly one end, and memory must not grow with what is sent.
 *
 *   hostile [--detect] [--count N] [--seed N] STREAM     one line of JSON; 1 when something is
 * wrong hostile --list                                       the names
 *
 * Without --detect records end at a sink that counts them; with it, the pipeline of `read` and
 * `watch` stands behind the decoders: detection, judging, incidents.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/account.h"
#include "cli/pipeline.h"
#include "cli/verb.h"
#include "hostile.h"

#define BEGIN_US   (INT64_C(1500000000) * US_PER_S)
#define STEP_US	   US_PER_MS /* from datagram to datagram */
#define CLOCK_STEP 250	     /* datagrams from one tick of the pipeline's clock to the next */
#define TICK_STEP  1000
/*
 * How much the resident memory may grow behind the first quarter. All state has a cap, and streams
 * come to it within 5,000 datagrams where it is one exporter's. What may still come then is one
 * growth of a table (by half; the largest of one exporter are 2 MB) and pages the allocator takes
 * and keeps. A leak of 16 bytes a datagram is more than this at 400,000.
 */
#define FLAT_KB 4096
/*
 * With detection the bound is absolute: its tables fill over minutes up to limits.memory (64 MB
 * here), and beside them stands the evidence of what is open.
 */
#define DETECT_MOST_KB (320 << 10)

struct ends {
	uint64_t sent, used, partly, waiting, refused[REFUSAL_COUNT];
	uint64_t noted; /* packets inside of records that no record came of; no fault of the sender
			 */
	uint64_t wrong;
	char why[160];
};

struct run {
	const struct hostile_stream *stream;
	struct hostile_maker maker;
	struct hostile_datagram datagram;
	bool detect;
	uint64_t count, seed;
	struct conf *conf;
	struct pipeline pipeline; /* with --detect */
	struct flow_writer own_writer;
	struct exporters *exporters; /* either the pipeline's or our own, as are the next two */
	struct exports *exports;
	struct flow_writer *writer;
	struct accounts *accounts; /* as `watch` keeps them */
	uint64_t flows, incidents, largest;
	long quarter_kb, end_kb;
	struct ends ends;
};

static long resident_kb(void)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/statm", "r");
	long all, resident;

	if (!f || fscanf(f, "%ld %ld", &all, &resident) != 2)
		return 0;
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void wrong(struct run *r, const char *why, int64_t figure)
{
	struct ends *a = &r->ends;

	if (!a->wrong++)
		snprintf(a->why, sizeof(a->why), "datagram %" PRIu64 ": %s (%" PRId64 ")",
			 r->maker.i, why, figure);
}

static int on_batch(void *userdata, const struct flow_batch *b)
{
	struct run *r = userdata;
	unsigned links = exporters_link_count(r->exporters);

	for (uint32_t i = 0; i < b->n; i++) {
		const struct flow *f = &b->flow[i];

		if (f->first_ms > f->last_ms || f->in_link >= links || f->out_link >= links ||
		    f->exporter == EXPORTER_UNKNOWN || !b->side[i].sampling)
			wrong(r, "a record that cannot be", i);
	}
	r->flows += b->n;
	return 0;
}

static int on_incident(void *userdata, const struct incident *inc)
{
	struct run *r = userdata;

	r->incidents++;
	return 0;
}

static int load_conf(struct run *r)
{
	_cleanup_text_ struct text yaml = TEXT_NULL, errors = TEXT_NULL;

	text_add(&yaml, "own: [10.0.0.0/8, \"2001:db8:0:1::/64\"]\n"
			"limits: {memory: 64MB, hot_keys: 256, incidents_open: 100}\nexporters:\n");
	for (unsigned i = 1; i <= HOSTILE_ROUTERS; i++)
		text_printf(&yaml, "  - {name: r%u, address: 192.0.2.%u}\n", i, i);
	r->conf = conf_load_text("hostile", text_str(&yaml), yaml.len, &errors);
	if (!r->conf)
		fprintf(stderr, "%s\n", text_str(&errors));
	return r->conf ? 0 : -EINVAL;
}

static int open_pipeline(struct run *r)
{
	struct pipeline_options o = {.conf = r->conf,
				     .threads = 1,
				     .any_exporter = r->stream->open,
				     .kind = STORE_DRILL,
				     .incident = {.incident = on_incident, .userdata = r}};
	_cleanup_text_ struct text why = TEXT_NULL;

	if (pipeline_open(&r->pipeline, &o, "en", &why) != EXIT_GOOD) {
		fprintf(stderr, "%s\n", text_str(&why));
		return -EINVAL;
	}
	r->exporters = r->pipeline.exporters;
	r->exports = r->pipeline.exports;
	r->writer = &r->pipeline.writer;
	return 0;
}

static int open_run(struct run *r)
{
	struct flow_sink sink = {.batch = on_batch, .userdata = r};

	r->maker.random = r->seed;
	r->accounts = accounts_new();
	if (!r->accounts || load_conf(r) < 0)
		return -EINVAL;
	if (r->detect)
		return open_pipeline(r);
	r->writer = &r->own_writer;
	if (flow_writer_init(r->writer, &sink) < 0)
		return -ENOMEM;
	r->exporters = exporters_new(r->conf);
	r->exports = r->exporters ? exports_new(r->exporters, r->writer, r->stream->open) : NULL;
	return r->exports ? 0 : -ENOMEM;
}

static void close_run(struct run *r)
{
	if (r->detect) {
		pipeline_close(&r->pipeline);
	} else {
		exports_free(r->exports);
		exporters_free(r->exporters);
		flow_writer_deinit(&r->own_writer);
	}
	free(r->accounts);
	if (r->conf)
		conf_unref(r->conf);
}

/* What the account of the datagram's exporter said before it came. */
struct before {
	uint64_t datagrams, records;
	struct refusals refused;
};

static struct before before_of(const struct exporter *e)
{
	return (struct before){e->datagrams, e->records, e->refused};
}

/*
 * Reasons that speak of a packet within a record, not of the datagram: a sampled ARP is counted and
 * is no fault of who sampled it. UNSUPPORTED can speak of either.
 */
static bool is_of_packet(enum refusal why, int answer)
{
	return why == REFUSED_NOT_IP || why == REFUSED_BAD_IP || why == REFUSED_CAPTURE_CUT ||
	       why == REFUSED_TOO_DEEP || why == REFUSED_BAD_LINKTYPE ||
	       (why == REFUSED_UNSUPPORTED && answer == 0);
}

/* Put the datagram into its one class. @answer: what exports_datagram() said. */
static void classify(struct run *r, const struct exporter *e, const struct before *b, int answer)
{
	struct ends *a = &r->ends;
	int first = -1;
	uint64_t grown[REFUSAL_COUNT], reasons = 0;

	for (int i = 0; i < REFUSAL_COUNT; i++) {
		grown[i] = e->refused.count[i] - b->refused.count[i];
		if (grown[i] && is_of_packet((enum refusal)i, answer)) {
			a->noted += grown[i];
		} else if (grown[i]) {
			reasons++;
			first = first < 0 ? i : first;
		}
	}
	if (e->datagrams != b->datagrams + 1)
		wrong(r, "not counted once as a datagram", (int64_t)(e->datagrams - b->datagrams));
	if (grown[REFUSED_EXPORTER_LIMIT] > 1 || grown[REFUSED_UNKNOWN_EXPORTER] > 1 ||
	    grown[REFUSED_BAD_VERSION] > 1)
		wrong(r, "refused more than once as a whole", first);
	if (answer == 0 && reasons)
		wrong(r, "said to be used, and something was refused", first);
	if (answer == 1 && !reasons)
		wrong(r, "said to be refused, and no reason was counted", answer);
	if (answer == 0)
		a->used++;
	else if (e->records != b->records)
		a->partly++;
	else if (reasons == 1 && first == REFUSED_NO_TEMPLATE)
		a->waiting++;
	else if (first >= 0)
		a->refused[first]++;
}

/* Decode from a copy of the exact size, so that a sanitizer sees each byte read behind the end. */
static int send_one(struct run *r)
{
	struct hostile_datagram *h = &r->datagram;
	_cleanup_free_ uint8_t *copy = malloc(h->n ? h->n : 1);
	struct datagram d = {.data = copy, .len = h->n, .from = h->from, .recv_us = h->recv_us};
	uint16_t index = exporters_find(r->exporters, &h->from, false);
	struct before b = before_of(exporters_get(r->exporters, index));
	int answer;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, h->b, h->n);
	answer = accounts_decode(r->accounts, r->exports,
				 exporters_find(r->exporters, &h->from, r->stream->open), &d);
	if (answer < 0)
		return answer;
	if (index == EXPORTER_UNKNOWN) { /* it may have been met just now */
		index = exporters_find(r->exporters, &h->from, false);
		if (index != EXPORTER_UNKNOWN)
			b = (struct before){0};
	}
	r->ends.sent++;
	r->largest = h->n > r->largest ? h->n : r->largest;
	classify(r, exporters_get(r->exporters, index), &b, answer);
	return 0;
}

static int clocks(struct run *r, int64_t now_us)
{
	if (r->maker.i % TICK_STEP == 0)
		exports_tick(r->exports, now_us);
	return r->detect && r->maker.i % CLOCK_STEP == 0 ? pipeline_clock(&r->pipeline, now_us) : 0;
}

static int feed(struct run *r)
{
	struct hostile_maker *m = &r->maker;
	struct hostile_datagram *d = &r->datagram;
	int ret = 0;

	for (m->i = 0; m->i < r->count && ret == 0; m->i++) {
		d->n = 0;
		d->recv_us = BEGIN_US + (int64_t)m->i * STEP_US;
		d->from = ip_from_v4(0xc0000201u);
		r->stream->make(m, d);
		ret = clocks(r, d->recv_us);
		if (ret == 0)
			ret = send_one(r);
		if (m->i == r->count / 4)
			r->quarter_kb = resident_kb();
	}
	r->end_kb = resident_kb();
	if (ret < 0)
		return ret;
	return r->detect ? pipeline_end(&r->pipeline) : flow_writer_flush(r->writer);
}

/* The books of `watch` must say the same as the ends that were seen here. */
static void check_accounts(struct run *r)
{
	struct fates sum = {0};

	for (unsigned i = 0; i <= EXPORTER_MAX; i++) {
		const struct account *of = &r->accounts->of[i];
		uint64_t refused = 0;

		for (int why = 0; why < REFUSAL_COUNT; why++)
			refused += of->refused[why];
		if (refused != of->total.refused)
			wrong(r, "refused, and not by a reason", (int64_t)i);
		if (of->total.delivered !=
		    of->total.decoded + of->total.waiting + of->total.refused)
			wrong(r, "delivered, and in no book", (int64_t)i);
		sum.delivered += of->total.delivered;
		sum.decoded += of->total.decoded;
		sum.waiting += of->total.waiting;
	}
	if (sum.delivered != r->ends.sent)
		wrong(r, "sent, and not delivered", (int64_t)(r->ends.sent - sum.delivered));
	if (sum.decoded != r->ends.used)
		wrong(r, "used, and not booked as decoded", (int64_t)sum.decoded);
	/* Where some of a datagram was used, waiting is one of the two ends of the rest. */
	if (sum.waiting < r->ends.waiting || sum.waiting > r->ends.waiting + r->ends.partly)
		wrong(r, "waited, and not booked so", (int64_t)sum.waiting);
}

/* What only the end can tell: nothing was lost between the classes, or between the rooms. */
static void check_sums(struct run *r)
{
	struct ends *a = &r->ends;
	uint64_t classes = a->used + a->partly + a->waiting, datagrams = 0, records = 0;

	for (int i = 0; i < REFUSAL_COUNT; i++)
		classes += a->refused[i];
	for (unsigned i = 0; i < exporters_count(r->exporters); i++) {
		const struct exporter *e = exporters_get(r->exporters, (uint16_t)i);

		datagrams += e->datagrams;
		records += e->records;
	}
	if (classes != a->sent || a->sent != r->count)
		wrong(r, "sent, and came to no end", (int64_t)(a->sent - classes));
	if (datagrams != a->sent)
		wrong(r, "sent, and not counted by exporter", (int64_t)(a->sent - datagrams));
	if (records != r->writer->records || (!r->detect && records != r->flows))
		wrong(r, "records counted, and not handed on", (int64_t)(records - r->flows));
	if (r->stream->mostly && a->used + a->waiting != a->sent)
		wrong(r, "good datagrams that were refused", (int64_t)(a->sent - a->used));
	if (r->stream->mostly && !records)
		wrong(r, "no record came of good datagrams", 0);
}

static bool is_flat(const struct run *r)
{
	long most_kb = r->detect ? DETECT_MOST_KB : r->stream->most_kb;

	return most_kb ? r->end_kb <= most_kb : r->end_kb - r->quarter_kb <= FLAT_KB;
}

static void print_line(const struct run *r, double seconds)
{
	const struct ends *a = &r->ends;
	const char *comma = "";

	printf("{\"stream\":\"%s\",\"seed\":%" PRIu64 ",\"detect\":%s,\"sent\":%" PRIu64
	       ",\"used\":%" PRIu64 ",\"partly\":%" PRIu64 ",\"waiting\":%" PRIu64 ",\"refused\":{",
	       r->stream->name, r->seed, r->detect ? "true" : "false", a->sent, a->used, a->partly,
	       a->waiting);
	for (int i = 0; i < REFUSAL_COUNT; i++) {
		if (!a->refused[i])
			continue;
		printf("%s\"%s\":%" PRIu64, comma, refusal_name((enum refusal)i), a->refused[i]);
		comma = ",";
	}
	printf("},\"packets_not_read\":%" PRIu64 ",\"records\":%" PRIu64 ",\"incidents\":%" PRIu64
	       ",\"exporters\":%u,\"largest\":%" PRIu64
	       ",\"rss_quarter_kb\":%ld,\"rss_end_kb\":%ld,\"flat\":%s,\"seconds\":%.2f"
	       ",\"wrong\":%" PRIu64 ",\"why\":\"%s\"}\n",
	       a->noted, r->writer->records, r->incidents, exporters_count(r->exporters),
	       r->largest, r->quarter_kb, r->end_kb, is_flat(r) ? "true" : "false", seconds,
	       a->wrong, a->why);
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int run_stream(struct run *r)
{
	double began = now_s();
	int ret = open_run(r);

	if (ret == 0)
		ret = feed(r);
	if (ret < 0) {
		fprintf(stderr, "%s: datagram %" PRIu64 ": %s\n", r->stream->name, r->maker.i,
			strerror(-ret));
	} else {
		check_sums(r);
		check_accounts(r);
		print_line(r, now_s() - began);
	}
	close_run(r);
	return ret < 0 || r->ends.wrong ? 1 : 0;
}

static const struct hostile_stream *stream_of(const char *name)
{
	for (size_t i = 0; i < hostile_n_streams; i++)
		if (strcmp(hostile_streams[i].name, name) == 0)
			return &hostile_streams[i];
	return NULL;
}

static int list(void)
{
	for (size_t i = 0; i < hostile_n_streams; i++)
		puts(hostile_streams[i].name);
	return 0;
}

int main(int argc, char **argv)
{
	static struct run r = {.count = 20000, .seed = 1};
	int i = 1;

	if (argc == 2 && strcmp(argv[1], "--list") == 0)
		return list();
	for (; i < argc - 1; i++) {
		if (strcmp(argv[i], "--detect") == 0)
			r.detect = true;
		else if (strcmp(argv[i], "--count") == 0)
			r.count = strtoull(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--seed") == 0)
			r.seed = strtoull(argv[++i], NULL, 10);
		else
			break;
	}
	r.stream = i == argc - 1 ? stream_of(argv[i]) : NULL;
	if (!r.stream || r.count < 4) {
		fprintf(stderr, "usage: hostile [--detect] [--count N] [--seed N] STREAM\n"
				"       hostile --list\n");
		return 2;
	}
	return run_stream(&r);
}
