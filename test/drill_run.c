/* SPDX-License-Identifier: ISC */
/*
 * Drill scenarios through the whole house without a file; one JSON line per run on standard output.
 *
 * drill_run names      one scenario per line; those with places are spoof_drill's
 * drill_run SCENARIO[,SCENARIO...]|all [OPTION VALUE]...
 *   format LIST      packets v5 v9 ipfix sflow, separated by commas; packets
 *   sampling LIST    one packet in N; 1
 *   seed LIST        N, or N-M; 1
 *   exporters N      1 to 3; each-sampling LIST and offset LIST (seconds) are one value for each
 *   view WORD        same or split
 *   world WORD       plain (own prefixes, exporters) or whole (also objects, sides of interfaces)
 *   threads N        1
 *   records N        at most so many in a run; 300000
 *   active N         active timeout in seconds; 60
 *   random 0|1       sampling by chance or every Nth packet; 1
 *   clock 0|1        the receive clock ticks between datagrams; 0
 *   incidents 0|1    the line carries the incidents; 0
 *
 * Exit status 0 when every run ran, whatever was found; 1 when one could not; 2 for wrong usage.
 */
#include <string.h>

#include "base/clock.h"
#include "drill_path.h"

#define LIST_MAX 256
#define RECORDS	 300000

struct list {
	const char *word[LIST_MAX];
	size_t n;
};

struct asked {
	struct list scenarios, formats, samplings, seeds;
	struct path_options run;
};

static int split(struct list *l, char *text)
{
	char *rest = NULL;

	l->n = 0;
	for (char *w = strtok_r(text, ",", &rest); w; w = strtok_r(NULL, ",", &rest)) {
		if (l->n == LIST_MAX)
			return -1;
		l->word[l->n++] = w;
	}
	return l->n ? 0 : -1;
}

static int number(const char *text, uint64_t *n)
{
	char *end;

	*n = strtoull(text, &end, 10);
	return *end || end == text ? -1 : 0;
}

/* "7", or "1-20" through @last. */
static int seeds(const char *text, uint64_t *first, uint64_t *last)
{
	char *end;

	*first = *last = strtoull(text, &end, 10);
	if (*end == '-')
		return number(end + 1, last);
	return *end || end == text ? -1 : 0;
}

static int read_each(struct drill_options *o, const char *option, char *value)
{
	struct list l;

	if (split(&l, value) || l.n > DRILL_EXPORTERS_MAX)
		return -1;
	for (size_t i = 0; i < l.n; i++) {
		if (strcmp(option, "offset") == 0)
			o->exporter[i].clock_offset_us =
				(int64_t)(strtod(l.word[i], NULL) * (double)US_PER_S);
		else
			o->exporter[i].sampling = (uint32_t)strtoul(l.word[i], NULL, 10);
	}
	return 0;
}

static int read_word(struct asked *a, const char *option, const char *value)
{
	static const struct {
		const char *option, *value;
		int is;
	} words[] = {{"view", "same", DRILL_SAME},
		     {"view", "split", DRILL_SPLIT},
		     {"world", "plain", WORLD_PLAIN},
		     {"world", "whole", WORLD_WHOLE}};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strcmp(words[i].option, option) != 0 || strcmp(words[i].value, value) != 0)
			continue;
		if (*option == 'v')
			a->run.drill.view = (enum drill_view)words[i].is;
		else
			a->run.world = (enum path_world)words[i].is;
		return 0;
	}
	return -1;
}

static int read_number(struct asked *a, const char *option, const char *value)
{
	uint64_t n;

	if (number(value, &n))
		return -1;
	if (strcmp(option, "exporters") == 0)
		a->run.drill.exporters = (unsigned)n;
	else if (strcmp(option, "threads") == 0)
		a->run.threads = (unsigned)n;
	else if (strcmp(option, "records") == 0)
		a->run.drill.max_records = n;
	else if (strcmp(option, "active") == 0)
		a->run.drill.active_s = (uint32_t)n;
	else if (strcmp(option, "random") == 0)
		a->run.drill.sampling_random = n;
	else if (strcmp(option, "clock") == 0)
		a->run.clock = n;
	else if (strcmp(option, "incidents") == 0)
		a->run.incidents = n;
	else
		return -1;
	return 0;
}

static int read_option(struct asked *a, const char *option, char *value)
{
	if (strcmp(option, "format") == 0)
		return split(&a->formats, value);
	if (strcmp(option, "sampling") == 0)
		return split(&a->samplings, value);
	if (strcmp(option, "seed") == 0)
		return split(&a->seeds, value);
	if (strcmp(option, "each-sampling") == 0 || strcmp(option, "offset") == 0)
		return read_each(&a->run.drill, option, value);
	if (strcmp(option, "view") == 0 || strcmp(option, "world") == 0)
		return read_word(a, option, value);
	return read_number(a, option, value);
}

static int all_scenarios(struct list *l)
{
	const char *help;
	uint32_t seconds;

	l->n = 0;
	for (size_t i = 0; l->n < LIST_MAX; i++) {
		if (!drill_scenario(i, &l->word[l->n], &help, &seconds))
			return 0;
		if (drill_scenario_group(i) == DRILL_ORDINARY)
			l->n++;
	}
	return -1;
}

static int read_arguments(struct asked *a, int argc, char **argv)
{
	if (argc < 2 || argc % 2 != 0)
		return -1;
	if (strcmp(argv[1], "all") == 0 ? all_scenarios(&a->scenarios)
					: split(&a->scenarios, argv[1]))
		return -1;
	for (int i = 2; i < argc; i += 2) {
		if (read_option(a, argv[i], argv[i + 1])) {
			fprintf(stderr, "drill_run: %s %s: not understood\n", argv[i], argv[i + 1]);
			return -1;
		}
	}
	return 0;
}

static int run_one(const struct path_options *o)
{
	static struct path path; /* too large for a stack */
	_cleanup_text_ struct text why = TEXT_NULL;
	json_t *told = NULL;

	if (path_run(&path, o, &why) == 0)
		told = told_json(&path, &why);
	path_close(&path);
	if (!told) {
		fprintf(stderr, "drill_run: %s\n", text_str(&why));
		return 1;
	}
	json_dumpf(told, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
	putchar('\n');
	fflush(stdout);
	json_decref(told);
	return 0;
}

static int run_seeds(struct asked *a)
{
	int failed = 0;

	for (size_t i = 0; i < a->seeds.n; i++) {
		uint64_t seed, last;

		if (seeds(a->seeds.word[i], &seed, &last))
			return 1;
		for (; seed <= last; seed++) {
			a->run.seed = seed;
			failed |= run_one(&a->run);
		}
	}
	return failed;
}

static int run_all(struct asked *a)
{
	int failed = 0;

	for (size_t s = 0; s < a->scenarios.n; s++) {
		a->run.scenario = a->scenarios.word[s];
		for (size_t f = 0; f < a->formats.n; f++) {
			if (drill_format_parse(a->formats.word[f], &a->run.drill.format) < 0)
				return 1;
			for (size_t n = 0; n < a->samplings.n; n++) {
				uint64_t sampling;

				if (number(a->samplings.word[n], &sampling))
					return 1;
				a->run.drill.sampling = (uint32_t)sampling;
				failed |= run_seeds(a);
			}
		}
	}
	return failed;
}

static int print_names(void)
{
	struct list names;

	if (all_scenarios(&names))
		return 1;
	for (size_t i = 0; i < names.n; i++)
		puts(names.word[i]);
	return 0;
}

int main(int argc, char **argv)
{
	static struct asked a = {
		.formats = {{"packets"}, 1},
		.samplings = {{"1"}, 1},
		.seeds = {{"1"}, 1},
		.run = {.threads = 1, .drill = {.max_records = RECORDS, .sampling_random = true}}};

	if (argc == 2 && strcmp(argv[1], "names") == 0)
		return print_names();
	if (read_arguments(&a, argc, argv)) {
		fputs("usage: drill_run names, or drill_run SCENARIO[,SCENARIO...]|all [OPTION "
		      "VALUE]...\n",
		      stderr);
		return 2;
	}
	return run_all(&a);
}
