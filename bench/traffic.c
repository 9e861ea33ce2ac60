/* SPDX-License-Identifier: ISC */
/*
 * The bench's generator.
 *
 *   traffic write FORMAT FILE [options]   FORMAT: v5 v9 ipfix sflow packets; FILE - is standard
 * output traffic send FORMAT PORT [options]    to 127.0.0.1, at the rate, by the real clock
 *
 * What was written or sent stands on standard error as one JSON object when it ends.
 */
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "traffic.h"

#define START_S 1700000000 /* of files: the same options give the same bytes */

static const char usage[] =
	"usage: traffic write v5|v9|ipfix|sflow|packets FILE [options]\n"
	"       traffic send v5|v9|ipfix|sflow PORT [options]\n"
	"  --records N     stop after so many (1000000 where no --seconds is given)\n"
	"  --seconds S     stop after so much record time\n"
	"  --rate N        records a second, of record time or of sending (1000000)\n"
	"  --hosts N       inside hosts (100000)   --sources N  outside hosts (100000)\n"
	"  --seed N        (7)                     --mix normal|flood|quiet\n"
	"  --spread N      each record a new target, in turn, out of N (up to 2^30)\n"
	"  --attack PPS    a SYN flood on 198.51.100.80 on top   --attack-at S  from then on\n"
	"  --start S       record time of a file's first record, seconds since 1970\n"
	"  --until S       stop sending at that time of the real clock, seconds since 1970\n"
	"  --raw           datagrams without a capture around them\n"
	"  --cpu N         run on this core only\n";

enum choice {
	RECORDS,
	SECONDS,
	RATE,
	HOSTS,
	SOURCES,
	SEED,
	MIX,
	SPREAD,
	ATTACK,
	AT,
	START,
	UNTIL,
	RAW,
	CPU
};

static const struct option options[] = {
	{"records", 1, NULL, RECORDS}, {"seconds", 1, NULL, SECONDS},
	{"rate", 1, NULL, RATE},       {"hosts", 1, NULL, HOSTS},
	{"sources", 1, NULL, SOURCES}, {"seed", 1, NULL, SEED},
	{"mix", 1, NULL, MIX},	       {"spread", 1, NULL, SPREAD},
	{"attack", 1, NULL, ATTACK},   {"attack-at", 1, NULL, AT},
	{"start", 1, NULL, START},     {"until", 1, NULL, UNTIL},
	{"raw", 0, NULL, RAW},	       {"cpu", 1, NULL, CPU},
	{0}};

static int pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

/* Return: 0, or -1 for a value that does not hold. */
static int take(struct plan *p, int option, const char *text)
{
	char *end = NULL;
	double v = text && option != MIX ? strtod(text, &end) : 0;

	if (text && option != MIX && (*end || v < 0))
		return -1;
	switch ((enum choice)option) {
	case RECORDS:
		p->records = (uint64_t)v;
		return 0;
	case SECONDS:
		p->seconds = v;
		return 0;
	case RATE:
		p->rate = v;
		return v >= 1 ? 0 : -1;
	case HOSTS:
	case SOURCES:
		*(option == HOSTS ? &p->mix.hosts : &p->mix.sources) = (uint32_t)v;
		return v >= 1 && v <= 1 << 24 ? 0 : -1;
	case SEED:
		p->mix.state = (uint64_t)v;
		return 0;
	case MIX:
		p->mix.flood = strcmp(text, "flood") == 0;
		p->mix.quiet = strcmp(text, "quiet") == 0;
		return p->mix.flood || p->mix.quiet || strcmp(text, "normal") == 0 ? 0 : -1;
	case SPREAD:
		p->mix.spread = (uint64_t)v;
		return v >= 1 && v <= (double)SPREAD_MAX ? 0 : -1;
	case ATTACK:
		p->attack = v;
		return 0;
	case AT:
		p->attack_at = v;
		return 0;
	case START:
		p->start_us = (int64_t)(v * (double)US_PER_S);
		return 0;
	case UNTIL:
		p->until_us = (int64_t)(v * (double)US_PER_S);
		return 0;
	case RAW:
		p->raw = true;
		return 0;
	case CPU:
		return pin((int)v);
	}
	return -1;
}

static int take_format(struct plan *p, const char *name)
{
	for (unsigned i = 0; formats[i]; i++) {
		if (strcmp(formats[i]->name, name) == 0)
			p->format = formats[i];
	}
	p->mix.single = !p->format || p->format->single;
	p->mix.v6 = !p->format || p->format->v6;
	return p->format || strcmp(name, "packets") == 0 ? 0 : -1;
}

static void report(const struct sent *s)
{
	fprintf(stderr,
		"{\"datagrams\": %llu, \"records\": %llu, \"packets\": %llu, \"bytes\": %llu, "
		"\"seconds\": %.6f, \"records_per_s\": %.0f, \"first_us\": %lld, \"last_us\": "
		"%lld, "
		"\"attack_records\": %llu, \"attack_us\": %lld}\n",
		(unsigned long long)s->datagrams, (unsigned long long)s->records,
		(unsigned long long)s->packets, (unsigned long long)s->bytes, s->seconds,
		s->seconds > 0 ? (double)s->records / s->seconds : 0, (long long)s->first_us,
		(long long)s->last_us, (unsigned long long)s->attack_records,
		(long long)s->attack_us);
}

static int run_write(struct plan *p, const char *path, struct sent *sent)
{
	FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "wbe");
	int r;

	if (!out)
		return -errno;
	r = write_file(p, out, sent);
	if (out != stdout && fclose(out) != 0 && r == 0)
		r = -errno;
	return r;
}

static int run_send(struct plan *p, const char *port, struct sent *sent)
{
	long n = strtol(port, NULL, 10);

	return p->format && n > 0 && n < 65536 ? send_all(p, (uint16_t)n, sent) : -EINVAL;
}

int main(int argc, char **argv)
{
	struct plan p = {.rate = 1e6,
			 .start_us = START_S * US_PER_S,
			 .mix = {.state = 7, .hosts = 100000, .sources = 100000}};
	struct sent sent = {0};
	int option, bad = 0, r;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		bad |= option == '?' || take(&p, option, optarg) != 0;
	if (bad || argc - optind != 3 || take_format(&p, argv[optind + 1]) != 0) {
		fputs(usage, stderr);
		return 2;
	}
	if (!p.records && !p.seconds)
		p.records = 1000000;
	r = strcmp(argv[optind], "write") == 0	? run_write(&p, argv[optind + 2], &sent)
	    : strcmp(argv[optind], "send") == 0 ? run_send(&p, argv[optind + 2], &sent)
						: -EINVAL;
	if (r < 0) {
		fprintf(stderr, "traffic: %s: %s\n", argv[optind + 2], strerror(-r));
		return r == -EINVAL ? 2 : 1;
	}
	report(&sent);
	return 0;
}
