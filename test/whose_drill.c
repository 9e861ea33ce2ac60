/* SPDX-License-Identifier: ISC */
/*
 * Whose attack is it, held against the drill: one scenario through the whole house, then its
 * incident as the store would give it back, judged with the notices of the truth. One JSON line.
 *
 * whose_drill names                                     the scenarios that have a map
 * whose_drill SCENARIO FORMAT SAMPLING SEED [EXPORTERS]
 *
 * Exit status 0 when it ran, whatever was said; 1 when it could not; 2 for wrong usage.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "drill_path.h"
#include "judge/kind.h"
#include "judge/proxies.h"
#include "judge/scope.h"
#include "place/place.h"

#define RECORDS	    400000
#define NOTICES_MAX 8

static void decref_json(json_t **o)
{
	json_decref(*o);
}
#define _cleanup_json_ _cleanup_(decref_json)

struct tables {
	struct places *places;
	struct proxies *proxies;
};

static struct tables tables;

static int make_places(struct places **out)
{
	_cleanup_place_builder_ struct place_builder *b = place_builder_new();
	const char *prefix, *country;
	int r = b ? place_builder_source(b, "the drill's map", TIME_NONE) : -ENOMEM;

	for (size_t i = 0; r == 0 && drill_country(i, &prefix, &country); i++) {
		struct prefix p;

		r = prefix_parse(prefix, false, &p);
		if (r == 0)
			r = place_builder_registry(b, &p, "drill", country, PLACE_ALLOCATED);
	}
	return r ? r : place_builder_done(b, out);
}

static int make_proxies(const struct drill *d, struct proxies **out)
{
	_cleanup_free_ char *list = drill_proxies_list(d);
	_cleanup_proxies_ struct proxies *p = proxies_new();
	int r = p ? 0 : -ENOMEM;

	if (r == 0 && list) /* a scenario without a map has none */
		r = proxies_read(p, list, strlen(list), TIME_NONE);

	if (r == 0)
		*out = take_ptr(p);
	return r;
}

static int opened(struct path *p)
{
	if (make_places(&tables.places) || make_proxies(p->drill, &tables.proxies))
		return -ENOMEM;
	judge_set_places(p->pipeline.judge, tables.places);
	judge_set_proxies(p->pipeline.judge, tables.proxies);
	return 0;
}

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static unsigned read_notices(const json_t *truth, struct scope_notice out[NOTICES_MAX])
{
	const json_t *list = json_object_get(truth, "notices");
	unsigned n = 0;

	for (; n < json_array_size(list) && n < NOTICES_MAX; n++) {
		const json_t *o = json_array_get(list, n);

		out[n] = (struct scope_notice){
			.no_domestic_party = json_is_true(json_object_get(o, "no_domestic_party")),
			.hosted_abroad = json_is_true(json_object_get(o, "hosted_abroad"))};
		snprintf(out[n].says, sizeof(out[n].says), "%s", word(o, "says"));
		snprintf(out[n].actor_country, sizeof(out[n].actor_country), "%s",
			 word(o, "actor_country"));
		if (*word(o, "actor"))
			scope_side_parse(word(o, "actor"), &out[n].actor);
	}
	return n;
}

/* The incident against the attack of the truth; the scenarios have one at most. */
static const struct incident *incident_of(const struct path *p, const char *target)
{
	char text[INCIDENT_TARGET_MAX];

	for (size_t i = 0; i < p->results.n; i++)
		if (strcmp(incident_target(p->results.list[i], text), target) == 0)
			return p->results.list[i];
	return NULL;
}

/* As it comes out of a store: through its JSON, without its evidence. */
static int read_back(const struct incident *inc, struct incident **out)
{
	_cleanup_free_ char *line = incident_dump(inc), *again = NULL;
	int r = line ? incident_load(line, strlen(line), out) : -ENOMEM;

	if (r)
		return r;
	again = incident_dump(*out);
	return again && strcmp(line, again) == 0 ? 0 : -EINVAL;
}

static json_t *tell(const struct path *p, json_t *truth, struct text *why)
{
	json_t *attack = json_array_get(json_object_get(truth, "attacks"), 0);
	const char *target =
		json_string_value(json_array_get(json_object_get(attack, "targets"), 0));
	const struct incident *inc = target ? incident_of(p, target) : NULL;
	_cleanup_incident_ struct incident *stored = NULL;
	struct scope_notice notices[NOTICES_MAX];
	struct scope_input in = {.conf = p->conf, .places = tables.places, .notices = notices};
	struct scope told;

	if (inc && read_back(inc, &stored)) {
		text_add(why, "the incident does not come back from its JSON as it was");
		return NULL;
	}
	in.inc = stored;
	in.n_notices = read_notices(truth, notices);
	scope_judge(&in, &told);
	return json_pack("{s:s, s:I, s:s, s:i, s:b, s:b, s:i, s:I, s:o, s:o, s:O}", "scenario",
			 p->options->scenario, "seed", (json_int_t)p->options->seed, "format",
			 drill_format_name(p->options->drill.format), "sampling",
			 (int)p->options->drill.sampling, "attack", attack != NULL, "found",
			 inc != NULL, "others", (int)(p->results.n - (inc != NULL)), "refused",
			 (json_int_t)p->refused, "incident",
			 inc ? incident_to_json(inc) : json_null(), "told", scope_to_json(&told),
			 "truth", truth);
}

static int run(const struct path_options *o)
{
	static struct path path; /* too large for a stack */
	_cleanup_text_ struct text why = TEXT_NULL;
	_cleanup_json_ json_t *truth = NULL, *told = NULL;
	_cleanup_free_ char *text = NULL;

	if (path_run(&path, o, &why) == 0) {
		text = drill_truth_json(path.drill);
		truth = text ? json_loads(text, 0, NULL) : NULL;
		told = truth ? tell(&path, truth, &why) : NULL;
	}
	path_close(&path);
	places_unref(tables.places);
	proxies_unref(tables.proxies);
	if (!told) {
		fprintf(stderr, "whose_drill: %s\n", text_str(&why));
		return 1;
	}
	json_dumpf(told, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
	putchar('\n');
	return 0;
}

static int print_names(void)
{
	const char *name, *help;
	uint32_t seconds;

	for (size_t i = 0; drill_scenario(i, &name, &help, &seconds); i++)
		if (strncmp(name, "whose-", 6) == 0)
			puts(name);
	return 0;
}

int main(int argc, char **argv)
{
	struct path_options o = {.threads = 1,
				 .world = WORLD_WHOLE,
				 .opened = opened,
				 .drill = {.max_records = RECORDS, .sampling_random = true}};

	if (argc == 2 && strcmp(argv[1], "names") == 0)
		return print_names();
	if (argc < 5 || argc > 6 || drill_format_parse(argv[2], &o.drill.format) < 0) {
		fputs("usage: whose_drill names, or whose_drill SCENARIO FORMAT SAMPLING SEED "
		      "[EXPORTERS]\n",
		      stderr);
		return 2;
	}
	o.scenario = argv[1];
	o.drill.sampling = (uint32_t)strtoul(argv[3], NULL, 10);
	o.seed = strtoull(argv[4], NULL, 10);
	o.drill.exporters = argc > 5 ? (unsigned)strtoul(argv[5], NULL, 10) : 0;
	return run(&o);
}
