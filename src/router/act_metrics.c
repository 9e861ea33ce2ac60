/* SPDX-License-Identifier: ISC */
/*
 * Figures of the role in Prometheus's text format, version 0.0.4, as a file that a node exporter
 * reads. https://prometheus.io/docs/instrumenting/exposition_formats/
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "router/act_inside.h"

#define BEAT_US (5 * US_PER_S)

static void help(struct text *out, const char *name, const char *kind, const char *what)
{
	text_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, what, name, kind);
}

/* Names of the configuration hold no quote, no backslash and no line end. */
static void label(struct text *out, const char *s)
{
	for (; *s; s++)
		if (*s == '"' || *s == '\\')
			text_printf(out, "\\%c", *s);
		else
			text_add_n(out, s, 1);
}

static void stages(const struct act *a, struct text *out)
{
	uint64_t n[MEASURE_STAGES] = {0};

	for (size_t i = 0; i < a->n; i++)
		n[a->list[i]->m.stage]++;
	help(out, "noroshi_act_measures", "gauge", "measures that are not over, by stage");
	for (int s = 0; s < MEASURE_STAGES; s++) {
		if (s == MEASURE_GONE)
			continue;
		text_printf(out, "noroshi_act_measures{stage=\"%s\"} %llu\n",
			    measure_stage_name((enum measure_stage)s), (unsigned long long)n[s]);
	}
}

static void neighbors(struct act *a, struct text *out)
{
	static const char *const names[] = {"noroshi_act_neighbor_up",
					    "noroshi_act_neighbor_measures"};

	for (int k = 0; k < 2; k++) {
		help(out, names[k], "gauge",
		     k ? "measures that the neighbour acknowledged"
		       : "1 while it can be told things");
		for (size_t i = 0; i < a->n_routers; i++) {
			const char *name = a->conf->act.neighbors[i].name;
			unsigned has = 0;

			for (size_t m = 0; m < a->n; m++)
				has += a->list[m]->in_router &&
				       act_home(a, &a->list[m]->m) == &a->routers[i];
			text_printf(out, "%s{neighbor=\"", names[k]);
			label(out, name);
			text_printf(out, "\"} %u\n",
				    k ? has : a->routers[i].r && a->routers[i].r->is_up);
		}
	}
}

static void counters(struct act *a, struct text *out)
{
	struct desk_freeze_row row = {.frozen = true};
	bool frozen = true;

	help(out, "noroshi_act_refusals_total", "counter", "refused requests since the role began");
	text_printf(out, "noroshi_act_refusals_total %llu\n", (unsigned long long)a->refusals);
	help(out, "noroshi_act_automatic_starts_total", "counter", "by standing orders");
	text_printf(out, "noroshi_act_automatic_starts_total %llu\n",
		    (unsigned long long)a->automatic);
	help(out, "noroshi_act_hook_failures_total", "counter",
	     "programs that failed or were left out");
	text_printf(out, "noroshi_act_hook_failures_total %llu\n",
		    (unsigned long long)a->hook_failures);
	help(out, "noroshi_act_frozen", "gauge", "1 while nothing new begins");
	if (desk_act_is_frozen(a->desk, &frozen) == 0)
		text_printf(out, "noroshi_act_frozen{what=\"all\"} %d\n", frozen);
	if (desk_act_frozen_by(a->desk, FREEZE_AUTOMATIC, &row) == 0)
		text_printf(out, "noroshi_act_frozen{what=\"automatic\"} %d\n", row.frozen);
}

static void trouble(const struct act *a, struct text *out)
{
	unsigned stuck = 0;

	for (size_t i = 0; i < a->n; i++)
		stuck += *a->list[i]->m.stuck != '\0';
	help(out, "noroshi_act_stuck", "gauge", "measures to which no neighbour leads any more");
	text_printf(out, "noroshi_act_stuck %u\n", stuck);
	help(out, "noroshi_act_reload_refused", "gauge", "1 while the last reload was refused");
	text_printf(out, "noroshi_act_reload_refused %d\n", a->not_reloaded.len > 0);
}

static void lifting(struct act *a, struct text *out)
{
	uint64_t proposed = 0;

	for (size_t i = 0; i < a->n; i++)
		proposed += measure_is_in_force(&a->list[i]->m) &&
			    a->list[i]->m.lift.proposed_us != TIME_NONE;
	help(out, "noroshi_act_lift_proposed", "gauge", "measures in force that could be lifted");
	text_printf(out, "noroshi_act_lift_proposed %llu\n", (unsigned long long)proposed);
	help(out, "noroshi_act_lift_proposals_total", "counter",
	     "proposals to lift since the role began");
	text_printf(out, "noroshi_act_lift_proposals_total %llu\n",
		    (unsigned long long)a->proposals);
	help(out, "noroshi_act_probing", "gauge", "1 while a measure is lifted to see");
	text_printf(out, "noroshi_act_probing %d\n",
		    a->probe.phase == PROBE_ASKED || a->probe.phase == PROBE_LIFTED);
	help(out, "noroshi_act_probes_total", "counter",
	     "probes since the role began, by what came of them");
	for (int e = PROBE_NOTHING; e < PROBE_ENDS; e++)
		text_printf(out, "noroshi_act_probes_total{end=\"%s\"} %llu\n",
			    probe_end_name((enum probe_end)e), (unsigned long long)a->probes[e]);
}

static int write_file(const char *path, const struct text *t)
{
	_cleanup_text_ struct text beside = TEXT_NULL;
	const char *slash = strrchr(path, '/');
	int dir = slash ? (int)(slash - path) + 1 : 0, fd, r = 0;

	text_printf(&beside, "%.*s.%s.new", dir, path, path + dir);
	if (!text_ok(&beside) || !text_ok(t))
		return -ENOMEM;
	fd = open(text_str(&beside), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return -errno;
	if (write(fd, text_str(t), t->len) != (ssize_t)t->len)
		r = -EIO;
	close(fd);
	if (r == 0 && rename(text_str(&beside), path) < 0)
		r = -errno;
	if (r)
		unlink(text_str(&beside));
	return r;
}

void act_metrics_tick(struct act *a)
{
	_cleanup_text_ struct text out = TEXT_NULL;
	int r;

	if (!*a->conf->act.prometheus || clock_mono_us() < a->metrics_us)
		return;
	a->metrics_us = clock_mono_us() + BEAT_US;
	stages(a, &out);
	neighbors(a, &out);
	counters(a, &out);
	lifting(a, &out);
	trouble(a, &out);
	r = write_file(a->conf->act.prometheus, &out);
	if (r)
		log_error("metrics-unwritten", "file=\"%s\" reason=\"%s\"", a->conf->act.prometheus,
			  strerror(-r));
}
