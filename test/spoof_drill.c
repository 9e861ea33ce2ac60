/* SPDX-License-Identifier: ISC */
/*
 * Drill scenarios of the world with places through the whole house: what the spoofing verdict says
 * of the attack, and what it would say without each of its tests. One JSON line per run.
 *
 * spoof_drill names            name, group and help of each such scenario, tabs between
 * spoof_drill SCENARIO[,...] [OPTION VALUE]...
 *   format LIST      packets v5 v9 ipfix sflow, separated by commas; packets
 *   sampling LIST    one packet in N; 1
 *   seed N           1
 *   threads N        1
 *   places 0|1       whose the addresses are is known; 1
 *
 * Exit status 0 when every run ran, whatever was said; 1 when one could not; 2 for wrong usage.
 */
#include <stdlib.h>
#include <string.h>

#include "drill_path.h"
#include "judge/spoof.h"

struct asked {
	const char *scenarios, *formats, *samplings;
	struct path_options run;
};

static int print_names(void)
{
	const char *name, *help;
	uint32_t seconds;

	for (size_t i = 0; drill_scenario(i, &name, &help, &seconds); i++)
		if (drill_scenario_group(i) != DRILL_ORDINARY)
			printf("%s\t%s\t%s\n", name, drill_group_name(drill_scenario_group(i)),
			       help);
	return 0;
}

static int read_option(struct asked *a, const char *option, const char *value)
{
	char *end;
	unsigned long long n = strtoull(value, &end, 10);

	if (strcmp(option, "format") == 0)
		a->formats = value;
	else if (strcmp(option, "sampling") == 0)
		a->samplings = value;
	else if (*end)
		return -1;
	else if (strcmp(option, "seed") == 0)
		a->run.seed = n;
	else if (strcmp(option, "threads") == 0)
		a->run.threads = (unsigned)n;
	else if (strcmp(option, "places") == 0)
		a->run.places = n != 0;
	else
		return -1;
	return 0;
}

/* The incident about the attack: of that target, the one with the most packets. */
static struct incident *find_incident(struct path *p, const char *target)
{
	struct incident *best = NULL;
	char text[INCIDENT_TARGET_MAX];

	for (size_t i = 0; i < p->results.n; i++) {
		struct incident *inc = p->results.list[i];

		if (strcmp(incident_target(inc, text), target) == 0 &&
		    (!best || inc->f.packets > best->f.packets))
			best = inc;
	}
	return best;
}

static json_t *verdict_json(const struct incident *inc)
{
	json_t *whole = incident_to_json(inc), *spoofing = json_object_get(whole, "spoofing");

	json_incref(spoofing);
	json_decref(whole);
	return spoofing ? spoofing : json_null();
}

/* The verdict as it stood, then from the same facts with each test left out in turn. */
static void tell_verdicts(json_t *told, struct incident *inc)
{
	json_t *without = json_object();

	json_object_set_new(told, "verdict", verdict_json(inc));
	for (unsigned t = 0; t < spoof_test_count(); t++) {
		spoof_judge(inc, 1u << t);
		json_object_set_new(without, spoof_test_name(t), verdict_json(inc));
	}
	spoof_judge(inc, 0);
	json_object_set_new(told, "again", verdict_json(inc));
	json_object_set_new(told, "without", without);
}

static json_t *tell(struct path *p)
{
	_cleanup_free_ char *text = drill_truth_json(p->drill);
	json_t *truth = text ? json_loads(text, 0, NULL) : NULL;
	json_t *attack = json_array_get(json_object_get(truth, "attacks"), 0);
	const char *target =
		json_string_value(json_array_get(json_object_get(attack, "targets"), 0));
	json_t *told = json_object();
	struct incident *inc = target ? find_incident(p, target) : NULL;

	json_object_set(told, "scenario", json_object_get(truth, "scenario"));
	json_object_set(told, "group", json_object_get(truth, "group"));
	json_object_set(told, "format", json_object_get(truth, "format"));
	json_object_set(told, "sampling", json_object_get(truth, "sampling"));
	json_object_set(told, "seed", json_object_get(truth, "seed"));
	json_object_set(told, "attack", attack);
	json_object_set_new(told, "packets",
			    json_integer((json_int_t)drill_figures(p->drill)->packets));
	json_object_set_new(told, "incidents", json_integer((json_int_t)p->results.n));
	json_object_set_new(told, "found", json_boolean(inc));
	if (inc)
		tell_verdicts(told, inc);
	json_decref(truth);
	return told;
}

static int run_one(const struct path_options *o)
{
	static struct path path; /* too large for a stack */
	_cleanup_text_ struct text why = TEXT_NULL;
	json_t *told = NULL;

	if (path_run(&path, o, &why) == 0)
		told = tell(&path);
	path_close(&path);
	if (!told) {
		fprintf(stderr, "spoof_drill: %s\n", text_str(&why));
		return 1;
	}
	json_dumpf(told, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
	putchar('\n');
	fflush(stdout);
	json_decref(told);
	return 0;
}

static int run_samplings(struct asked *a)
{
	_cleanup_free_ char *list = strdup(a->samplings);
	char *rest = NULL;
	int failed = 0;

	for (char *w = strtok_r(list, ",", &rest); w; w = strtok_r(NULL, ",", &rest)) {
		a->run.drill.sampling = (uint32_t)strtoul(w, NULL, 10);
		failed |= run_one(&a->run);
	}
	return failed;
}

static int run_all(struct asked *a)
{
	_cleanup_free_ char *scenarios = strdup(a->scenarios);
	char *rest = NULL;
	int failed = 0;

	for (char *s = strtok_r(scenarios, ",", &rest); s; s = strtok_r(NULL, ",", &rest)) {
		_cleanup_free_ char *formats = strdup(a->formats);
		char *more = NULL;

		a->run.scenario = s;
		for (char *f = strtok_r(formats, ",", &more); f; f = strtok_r(NULL, ",", &more)) {
			if (drill_format_parse(f, &a->run.drill.format) < 0)
				return 1;
			failed |= run_samplings(a);
		}
	}
	return failed;
}

int main(int argc, char **argv)
{
	struct asked a = {.formats = "packets",
			  .samplings = "1",
			  .run = {.seed = 1,
				  .threads = 1,
				  .world = WORLD_WHOLE,
				  .places = true,
				  .drill = {.sampling_random = true}}};
	bool good = argc >= 2 && argc % 2 == 0;

	if (argc == 2 && strcmp(argv[1], "names") == 0)
		return print_names();
	for (int i = 2; good && i < argc; i += 2)
		good = read_option(&a, argv[i], argv[i + 1]) == 0;
	if (!good) {
		fputs("usage: spoof_drill names, or spoof_drill SCENARIO[,SCENARIO...] [OPTION "
		      "VALUE]...\n",
		      stderr);
		return 2;
	}
	a.scenarios = argv[1];
	return run_all(&a);
}
