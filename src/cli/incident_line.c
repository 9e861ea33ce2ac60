/* SPDX-License-Identifier: ISC */
#include "cli/incident_line.h"

#include "base/clock.h"

#define VECTORS_SHOWN 3

static const struct phrase states[] = {
	[FINDING_OPEN] = PHRASE("open", "進行中"),
	[FINDING_QUIET] = PHRASE("quiet", "静穏"),
	[FINDING_CLOSED] = PHRASE("closed", "終了"),
	[FINDING_LOST_SIGHT] = PHRASE("lost sight", "見失い"),
};

static const struct phrase classes[CLASS_COUNT] = {
	[CLASS_NONE] = PHRASE("-", "-"),
	[CLASS_CAPACITY] = PHRASE("capacity", "回線容量"),
	[CLASS_SERVER] = PHRASE("server", "サーバー"),
	[CLASS_COMPOUND] = PHRASE("compound", "複合"),
};

static const struct phrase scan = PHRASE("scan", "スキャン");

const char *state_text(const struct cli *cli, enum finding_state s)
{
	return say(cli, &states[s]);
}

const char *class_text(const struct cli *cli, const struct incident *inc)
{
	return say(cli, inc->f.kind == FINDING_SCAN ? &scan : &classes[inc->class]);
}

void incident_vector_text(const struct incident *inc, struct text *out)
{
	unsigned which[FINDING_VECTORS_MAX], n = incident_vectors(inc, which);

	for (unsigned i = 0; i < n && i < VECTORS_SHOWN; i++) {
		const struct finding_vector *v = &inc->f.vectors[which[i]];
		char name[VECTOR_NAME_MAX];

		text_printf(out, "%s%s", i ? ", " : "", vector_name(v->vector, v->port, name));
	}
	if (n > VECTORS_SHOWN)
		text_printf(out, " +%u", n - VECTORS_SHOWN);
}

static void line_text(const struct cli *cli, const struct incident *inc)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	char time[TIME_TEXT_MAX], target[INCIDENT_TARGET_MAX];
	int64_t at_us = inc->f.state == FINDING_OPEN ? inc->f.first_us : inc->f.last_us;

	text_printf(&t, "%s%s  %s  %s  %s  %s  ", inc->drill ? tr(cli, "DRILL  ", "訓練  ") : "",
		    time_format_local(at_us, time), state_text(cli, inc->f.state), inc->id,
		    class_text(cli, inc), incident_target(inc, target));
	incident_vector_text(inc, &t);
	text_add(&t, inc->f.sampling_known ? "  " : "  >= ");
	text_rate(&t, (double)inc->f.peak_pps, "pps");
	text_add(&t, "  ");
	text_rate(&t, (double)inc->f.peak_bps, "bit/s");
	fprintf(cli->out, "%s\n", text_str(&t));
}

void incident_line(const struct cli *cli, const struct incident *inc, bool json)
{
	_cleanup_free_ char *line = NULL;

	if (!json) {
		line_text(cli, inc);
		return;
	}
	line = incident_dump(inc);
	if (line)
		fprintf(cli->out, "%s\n", line);
}
