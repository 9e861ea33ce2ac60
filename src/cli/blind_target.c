/* SPDX-License-Identifier: ISC */
#include "cli/blind_target.h"

#include <string.h>

#include "base/json_whole.h"
#include "cli/blind_print.h"
#include "cli/control.h"
#include "duty/blind.h"

#define PATIENCE_MS 5000

static bool any_samples(struct exporters *t)
{
	for (unsigned i = 1; i < exporters_count(t); i++)
		if (exporters_get(t, (uint16_t)i)->sampling_max > 1)
			return true;
	return false;
}

static json_t *usual_json(const struct pipeline *p, const struct ip *addr)
{
	struct blind_usual usual[VECTOR_COUNT];
	json_t *vectors = json_object();
	char name[VECTOR_NAME_MAX];

	detect_usual(p->detect, addr, any_samples(p->exporters), usual);
	for (unsigned v = 0; v < VECTOR_COUNT; v++)
		if (usual[v].pps > 0)
			json_object_set_new(vectors, vector_name((enum vector)v, 0, name),
					    json_pack("{s:f, s:f, s:f, s:f}", "pps", usual[v].pps,
						      "explained_pps", usual[v].explained_pps,
						      "answering_pps", usual[v].answering_pps,
						      "answers", usual[v].answers));
	return json_pack("{s:b, s:o}", "known", usual[0].known, "vectors", vectors);
}

int blind_target_reply(const struct pipeline *p, const char *target, int64_t now_us,
		       struct text *reply)
{
	const struct conf_object *object;
	json_t *o, *inputs;
	struct ip addr;
	char *text;

	if (ip_parse(target, &addr) < 0) {
		text_printf(reply, "%s: an address is wanted\n", target);
		return EXIT_USAGE;
	}
	object = conf_object(p->conf, &addr);
	inputs = blind_inputs_json(p->conf, p->exporters, p->detect, now_us);
	json_object_set_new(inputs, "thresholds", thresholds_json(conf_thresholds(p->conf, &addr)));
	o = json_pack("{s:o, s:o, s:s?}", "inputs", inputs, "usual", usual_json(p, &addr), "object",
		      object ? object->name : NULL);
	text = json_whole(o, JSON_COMPACT | JSON_REAL_PRECISION(9));
	text_add(reply, text ? text : "");
	free(text);
	json_decref(o);
	return text ? EXIT_GOOD : EXIT_BROKEN;
}

/* The watch's answer, or as much as the last status tells. Owned. */
static json_t *ask(const char *dir, const json_t *status, const char *target, bool *alive)
{
	_cleanup_text_ struct text request = TEXT_NULL, reply = TEXT_NULL;
	int code = EXIT_BROKEN;
	json_t *o = NULL;

	text_printf(&request, BLIND_REQUEST "%s", target);
	if (control_ask(dir, text_str(&request), PATIENCE_MS, &code, &reply) == 0 &&
	    code == EXIT_GOOD)
		o = json_loadb(text_str(&reply), reply.len, 0, NULL);
	*alive = o != NULL;
	if (!o)
		o = json_pack("{s:O?}", "inputs", json_object_get(status, "blind_inputs"));
	return o;
}

static void print_text(const struct cli *cli, const char *target, const json_t *told, bool alive,
		       const json_t *figures)
{
	const char *object = json_string_value(json_object_get(told, "object"));

	if (object)
		fprintf(cli->out, tr(cli, "%s (%s)\n", "%s (%s)\n"), target, object);
	else
		fprintf(cli->out, "%s\n", target);
	if (!alive)
		fputs(tr(cli, "no watch runs: by its last status and the general thresholds\n",
			 "watch は動作していません。最後の状態と共通のしきい値によります\n"),
		      cli->out);
	else if (!json_is_true(json_object_get(json_object_get(told, "usual"), "known")))
		fputs(tr(cli, "what is usual there is not known\n", "平常時の量は不明です\n"),
		      cli->out);
	else
		fputs(tr(cli, "beside what is usual there\n", "平常時の量に加えて\n"), cli->out);
	blind_print(cli, figures);
}

int blind_target_print(const struct cli *cli, const char *dir, const json_t *status,
		       const char *target, bool json)
{
	json_t *told, *figures, *o;
	struct ip addr;
	bool alive;

	if (ip_parse(target, &addr) < 0)
		return cli_usage(cli, "--blind %s: an address is wanted", target);
	told = ask(dir, status, target, &alive);
	figures = blind_figures_json(json_object_get(told, "inputs"),
				     json_object_get(told, "usual"), BLIND_HOSTS);
	if (json) {
		o = json_pack("{s:s, s:O?, s:b, s:O?, s:O?}", "target", target, "object",
			      json_object_get(told, "object"), "running", alive, "usual",
			      json_object_get(told, "usual"), "blind_spot", figures);
		json_dumpf(o, cli->out, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
		fputc('\n', cli->out);
		json_decref(o);
	} else {
		print_text(cli, target, told, alive, figures);
	}
	json_decref(figures);
	json_decref(told);
	return EXIT_GOOD;
}
