/* SPDX-License-Identifier: ISC */
/*
 * Proves the blind spot: an attack of exactly the size that noroshi prints is found in 93 to 97 of
 * 100 trials; where it prints that nothing is left to chance, in all.
 *
 * blind_spot cut|all|list [trials N] [seed N] [only TEXT] [part I/N]
 *
 * One line for each case; ends with the plain line.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "blind_feed.h"

#define CASES_MAX 512
#define LEAST	  0.93
#define MOST	  0.97

struct a_case {
	struct feed feed;
	uint64_t threshold; /* packets (any_bits: bits) a second */
	bool cut;	    /* stands in the short list too */
	char name[96];
};

static struct a_case cases[CASES_MAX];
static unsigned n_cases;

static const char *const widths[] = {"host", "prefix24", "prefix20", "link"};

static struct a_case *add(const char *attack, enum feed_format format, uint32_t sampling,
			  uint64_t threshold, double seconds)
{
	struct a_case *c = &cases[n_cases++];

	if (n_cases == CASES_MAX)
		abort();
	*c = (struct a_case){.threshold = threshold};
	c->feed = (struct feed){
		.attack = attack, .format = format, .sampling = sampling, .seconds = seconds};
	return c;
}

static const double lasts[] = {1, 10, 60};

/* The next digit of @i, whose last one counts to @n: so one loop goes through several lists. */
static size_t digit(size_t *i, size_t n)
{
	size_t d = *i % n;

	*i /= n;
	return d;
}

/* Factors, thresholds and times, as sampled packets show them. */
static void add_plain(void)
{
	static const char *const attacks[] = {"syn_flood", "udp_flood"};
	static const uint32_t samplings[] = {10, 100, 1000, 10000};
	static const uint64_t thresholds[] = {500, 2500, 20000};

	for (size_t k = 0; k < 2 * 4 * 3 * 3; k++) {
		size_t i = k, s = digit(&i, 3), t = digit(&i, 3), n = digit(&i, 4), a = i;

		add(attacks[a], FEED_PACKETS, samplings[n], thresholds[t], lasts[s])->cut =
			t == 1 && (n + s + a) % 4 == 0;
	}
}

static void add_vectors(void)
{
	static const char *const attacks[] = {
		"synack_reflection", "rst_flood",	  "ack_flood",	 "icmp_flood",
		"fragment_flood",    "ntp_amplification", "proto_flood", "malformed",
		"dns_query_flood",   "quic_flood",	  "any"};
	static const uint32_t samplings[] = {100, 1000};

	for (size_t k = 0; k < ARRAY_LEN(attacks) * 2 * 3; k++) {
		size_t i = k, s = digit(&i, 3), n = digit(&i, 2), a = i;

		if (s < 2 || a > 7)
			add(attacks[a], FEED_PACKETS, samplings[n], 2500, lasts[s])->cut =
				a > 7 && n == 1 && s == 1;
	}
}

static void add_formats(void)
{
	static const char *const attacks[] = {"syn_flood", "udp_flood"};
	static const enum feed_format formats[] = {FEED_V5, FEED_V9, FEED_IPFIX, FEED_SFLOW};
	static const uint32_t samplings[] = {10, 100, 1000};

	for (size_t k = 0; k < 2 * 4 * 3 * 3; k++) {
		size_t i = k, s = digit(&i, 3), n = digit(&i, 3), f = digit(&i, 4), a = i;

		add(attacks[a], formats[f], samplings[n], 2500, lasts[s])->cut =
			a == 0 && n == 1 && s == 0;
	}
}

static void add_prefixes(void)
{
	static const enum feed_width wide[] = {FEED_24, FEED_20};
	static const uint32_t samplings[] = {100, 1000};

	for (size_t k = 0; k < 2 * 2 * 3; k++) {
		size_t i = k, s = digit(&i, 3), n = digit(&i, 2), w = i;
		struct a_case *c = add("udp_flood", FEED_PACKETS, samplings[n], 2500, lasts[s]);

		c->feed.width = wide[w];
		c->cut = w == 0 && n == 1 && s == 1;
	}
}

/* Of a kind that is usual there, and answered. */
static void add_usual(void)
{
	static const uint32_t samplings[] = {100, 1000};
	static const uint64_t usual[] = {1000, 5000};

	for (size_t k = 0; k < 2 * 3 * 2; k++) {
		size_t i = k, u = digit(&i, 2), s = digit(&i, 3), n = i;
		struct a_case *c = add("udp_flood", FEED_PACKETS, samplings[n], 2500, lasts[s]);

		c->feed.usual_pps = usual[u];
		c->cut = n == 1 && s == 1 && u == 0;
	}
}

/* Bits of large packets, a link's load, and every Nth packet taken instead of one by chance. */
static void add_others(void)
{
	static const uint32_t samplings[] = {100, 1000};
	struct a_case *c;

	for (size_t k = 0; k < 2 * 2; k++) {
		size_t i = k, s = digit(&i, 2), n = i;

		c = add("any_bits", FEED_PACKETS, samplings[n], 20000000, lasts[s]);
		c->feed.packet_bytes = 1400;
		c = add("any_bits", FEED_PACKETS, samplings[n], 0, lasts[s]);
		c->feed.packet_bytes = 1000;
		c->feed.width = FEED_A_LINK;
		c->feed.link_bps = 100000000;
		c = add("udp_flood", FEED_PACKETS, samplings[n], 2500, lasts[s]);
		c->feed.every_nth = true;
		c = add("syn_flood", FEED_SFLOW, samplings[n], 2500, lasts[s]);
		c->feed.every_nth = true;
	}
}

/* Every packet is seen: only whether a second of the clock holds the whole attack is chance. */
static void add_unsampled(void)
{
	static const enum feed_format formats[] = {FEED_PACKETS, FEED_V9};

	for (size_t k = 0; k < 2 * 2; k++) {
		size_t i = k, s = digit(&i, 2), f = i;

		/* What came just before is counted again from the last 4,096 records: few targets.
		 */
		add("udp_flood", formats[f], 1, 500, lasts[s])->cut = f == 0;
	}
}

static void name_case(struct a_case *c)
{
	const struct feed *f = &c->feed;

	snprintf(c->name, sizeof(c->name), "%s/%s/1:%u%s/%s/%llu/%.0fs", f->attack,
		 feed_format_name(f->format), f->sampling, f->every_nth ? " every" : "",
		 widths[f->width], (unsigned long long)c->threshold, f->seconds);
	if (f->usual_pps)
		snprintf(c->name + strlen(c->name), sizeof(c->name) - strlen(c->name),
			 "/usual %llu", (unsigned long long)f->usual_pps);
}

/* Nothing is an attack but what the case is about. */
static void make_yaml(const struct a_case *c, struct text *yaml)
{
	static const char *const keys[] = {
		"syn_flood",	   "synack_reflection", "rst_flood",   "ack_flood",
		"conn_flood",	   "udp_flood",		"icmp_flood",  "fragment_flood",
		"amplification",   "http_flood",	"proto_flood", "malformed",
		"dns_query_flood", "quic_flood",	"any",	       "any_bits"};
	const struct feed *f = &c->feed;
	const char *own = strstr(f->attack, "_amplification") ? "amplification" : f->attack;

	text_add(yaml, "thresholds:\n");
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		/* One of these stays: an engine without any is none that people run. */
		if (i == 0 && (strcmp(own, "ack_flood") == 0 || strstr(own, "any")))
			text_add(yaml, "  syn_flood: 2500\n");
		else if (c->threshold && strcmp(keys[i], own) == 0)
			text_printf(yaml, "  %s: %llu%s\n", own, (unsigned long long)c->threshold,
				    strcmp(own, "any_bits") == 0 ? "bps" : "");
		else
			text_printf(yaml, "  %s: never\n", keys[i]);
	}
	text_printf(yaml, "  prefix: {times_24: %s, times_20: %s}\n",
		    f->width == FEED_24 ? "2" : "never", f->width == FEED_20 ? "4" : "never");
}

/*
 * What came just before a destination is followed is counted again from the last 4,096 records, so
 * that trials must not crowd each other out; hosts of a prefix take memory.
 */
static unsigned targets_of(const struct feed *f)
{
	uint64_t most = f->width == FEED_ONE_HOST ? 50 : f->width == FEED_A_LINK ? 25 : 10;
	uint64_t room = 2000 * (uint64_t)f->sampling / f->pps;

	return (unsigned)(room < 1 ? 1 : room < most ? room : most);
}

/* Seeds spread over runs of many targets. Return: found of *@trials, or -1. */
static int run_trials(const struct a_case *c, unsigned trials, uint64_t seed, struct text *why)
{
	struct feed f = c->feed;
	int found = 0, one;

	f.targets = targets_of(&f);
	for (unsigned done = 0; done < trials; done += f.targets) {
		f.targets = trials - done < f.targets ? trials - done : f.targets;
		f.seed = seed * 1000003 + done;
		one = feed_run(&f, why);
		if (one < 0)
			return -1;
		found += one;
	}
	return found;
}

static bool is_good(int found, unsigned trials, double confidence)
{
	if (confidence >= 1)
		return (unsigned)found == trials;
	return found >= floor(LEAST * trials) && found <= ceil(MOST * trials);
}

static bool run_case(struct a_case *c, unsigned trials, uint64_t seed)
{
	_cleanup_text_ struct text yaml = TEXT_NULL, why = TEXT_NULL;
	double confidence = 0;
	int found = -1;
	bool good;

	make_yaml(c, &yaml);
	c->feed.yaml = text_str(&yaml);
	c->feed.seed = seed;
	c->feed.pps = feed_printed(&c->feed, &confidence, &why);
	if (c->feed.pps)
		found = run_trials(c, trials, seed, &why);
	else if (!why.len)
		text_add(&why, "no figure is printed");
	good = found >= 0 && is_good(found, trials, confidence);
	printf("%s %s: %d of %u found at %llu/s (%.0f %%) %s\n", good ? "good" : "BAD ", c->name,
	       found, trials, (unsigned long long)c->feed.pps, 100 * confidence,
	       good ? "" : text_str(&why));
	fflush(stdout);
	return good;
}

struct asked {
	bool cut, list;
	unsigned trials, part, parts;
	uint64_t seed;
	const char *only;
};

static int read_arguments(int argc, char **argv, struct asked *a)
{
	*a = (struct asked){.trials = 1000, .parts = 1, .seed = 1, .only = ""};
	if (argc < 2 || argc % 2)
		return -1;
	a->cut = strcmp(argv[1], "cut") == 0;
	a->list = strcmp(argv[1], "list") == 0;
	for (int i = 2; i < argc; i += 2) {
		if (strcmp(argv[i], "trials") == 0)
			a->trials = (unsigned)strtoul(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "seed") == 0)
			a->seed = strtoull(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "only") == 0)
			a->only = argv[i + 1];
		else if (strcmp(argv[i], "part") != 0 ||
			 sscanf(argv[i + 1], "%u/%u", &a->part, &a->parts) != 2 || !a->parts)
			return -1;
	}
	return a->trials ? 0 : -1;
}

int main(int argc, char **argv)
{
	unsigned passed = 0, failed = 0, chosen = 0;
	struct asked a;

	if (read_arguments(argc, argv, &a) < 0) {
		fputs("usage: blind_spot cut|all|list [trials N] [seed N] [only TEXT] [part I/N]\n",
		      stderr);
		return 2;
	}
	add_plain();
	add_vectors();
	add_formats();
	add_prefixes();
	add_usual();
	add_others();
	add_unsampled();
	for (unsigned i = 0; i < n_cases; i++) {
		name_case(&cases[i]);
		if ((a.cut && !cases[i].cut) || !strstr(cases[i].name, a.only) ||
		    chosen++ % a.parts != a.part)
			continue;
		if (a.list)
			puts(cases[i].name);
		else if (run_case(&cases[i], a.trials, a.seed))
			passed++;
		else
			failed++;
	}
	if (!a.list)
		printf("%u passed, %u failed\n", passed, failed + (passed + failed == 0));
	return failed || (!a.list && !passed);
}
