/* SPDX-License-Identifier: ISC */
/*
 * A finding speaks in numbers of this run's tables; an incident must be readable years later, so
 * every exporter and link number is turned into a place with names here.
 */
#include "judge/fill.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "detect/detect.h"

static const char *exporter_name(struct exporters *t, uint16_t index)
{
	struct exporter *e = index < exporters_count(t) ? exporters_get(t, index) : NULL;

	return e && index != EXPORTER_UNKNOWN ? e->name : "unknown";
}

static struct link *link_of(struct exporters *t, uint16_t index)
{
	if (index == LINK_UNKNOWN || index >= exporters_link_count(t))
		return NULL;
	return exporters_get_link(t, index);
}

static uint16_t place_of_link(struct incident *inc, struct exporters *t, uint16_t index)
{
	struct link *l = link_of(t, index);

	return l ? incident_place(inc, exporter_name(t, l->exporter), l->ifindex) : 0;
}

static int fill_exporters(struct incident *inc, const struct finding *f, struct exporters *t)
{
	unsigned n =
		f->n_exporters < FINDING_EXPORTERS_MAX ? f->n_exporters : FINDING_EXPORTERS_MAX;

	for (unsigned i = 0; inc->exporters && i < inc->f.n_exporters; i++)
		free(inc->exporters[i]);
	free(inc->exporters);
	inc->f.n_exporters = 0;
	inc->exporters = calloc(FINDING_EXPORTERS_MAX, sizeof(*inc->exporters));
	if (!inc->exporters)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++) {
		inc->exporters[i] = strdup(exporter_name(t, f->exporters[i]));
		if (!inc->exporters[i])
			return -ENOMEM;
		inc->f.n_exporters = i + 1;
	}
	return 0;
}

static void fill_witnesses(struct incident_witness *list, const struct finding_witness *from,
			   unsigned n, struct exporters *t)
{
	memset(list, 0, FINDING_WITNESSES_MAX * sizeof(*list));
	for (unsigned i = 0; i < n; i++) {
		snprintf(list[i].exporter, sizeof(list[i].exporter), "%s",
			 exporter_name(t, from[i].exporter));
		list[i].packets = from[i].packets;
		list[i].share = from[i].share;
	}
}

static int by_bytes(const void *a, const void *b)
{
	const struct incident_link *x = a, *y = b;
	int c;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	c = strcmp(x->exporter, y->exporter);
	return c ? c : (x->input > y->input) - (x->input < y->input);
}

void incident_share_links(struct incident *inc)
{
	double bytes = 0, packets = 0;

	for (unsigned i = 0; i < inc->f.n_links; i++) {
		bytes += (double)inc->links[i].bytes;
		packets += (double)inc->links[i].packets;
	}
	for (unsigned i = 0; i < inc->f.n_links; i++) {
		struct incident_link *l = &inc->links[i];

		l->share = bytes > 0	 ? (double)l->bytes / bytes
			   : packets > 0 ? (double)l->packets / packets
					 : 0;
	}
	qsort(inc->links, inc->f.n_links, sizeof(inc->links[0]), by_bytes);
}

static void fill_links(struct incident *inc, const struct finding *f, struct exporters *t)
{
	unsigned n = f->n_links < FINDING_LINKS_MAX ? f->n_links : FINDING_LINKS_MAX;

	memset(inc->links, 0, sizeof(inc->links));
	for (unsigned i = 0; i < n; i++) {
		struct incident_link *to = &inc->links[i];
		struct link *l = link_of(t, f->links[i].link);

		snprintf(to->exporter, sizeof(to->exporter), "%s",
			 exporter_name(t, l ? l->exporter : f->links[i].exporter));
		to->packets = f->links[i].packets;
		to->bytes = f->links[i].bytes;
		if (!l)
			continue;
		to->input = l->ifindex;
		to->capacity_bps = l->speed_bps;
		if (l->conf)
			snprintf(to->link, sizeof(to->link), "%s", l->conf->link);
	}
	inc->f.n_links = n;
	incident_share_links(inc);
}

static void fill_target_link(struct incident *inc, const struct finding *f, struct exporters *t)
{
	struct link *l = f->level == LEVEL_LINK ? link_of(t, f->link) : NULL;

	memset(&inc->target_link, 0, sizeof(inc->target_link));
	if (!l)
		return;
	snprintf(inc->target_link.exporter, sizeof(inc->target_link.exporter), "%s",
		 exporter_name(t, l->exporter));
	inc->target_link.input = l->ifindex;
}

static int fill_series(struct incident *inc, const struct finding *f, struct exporters *t)
{
	struct series_point *s;

	free(inc->series);
	inc->series = NULL;
	inc->f.series = NULL;
	inc->f.n_series = 0;
	if (!f->n_series || !f->series)
		return 0;
	s = malloc(f->n_series * sizeof(*s));
	if (!s)
		return -ENOMEM;
	memcpy(s, f->series, f->n_series * sizeof(*s));
	for (unsigned i = 0; i < f->n_series; i++)
		if (s[i].link != LINK_UNKNOWN)
			s[i].link = place_of_link(inc, t, s[i].link);
	inc->series = s;
	inc->f.series = s;
	inc->f.n_series = f->n_series;
	incident_sort_series(inc);
	return 0;
}

/*
 * What has been taken stays. A longer sample replaces it, and one drawn from a quarter more of
 * the attack: so it is taken (and written) a few dozen times, however long the attack is.
 */
static bool says_more(const struct header_sample *than, const struct header_sample *s, unsigned n)
{
	return n > than->n ||
	       (n == than->n && than->record && s->seen > than->seen + than->seen / 4);
}

static int fill_sample(struct incident *inc, struct header_sample *to,
		       const struct header_sample *from, struct exporters *t)
{
	unsigned n = from->n < EVIDENCE_MAX ? from->n : EVIDENCE_MAX;
	struct evidence_record *e;

	if (!from->record || !says_more(to, from, n))
		return 0;
	e = realloc(to->record, n * sizeof(*e));
	if (!e)
		return -ENOMEM;
	memcpy(e, from->record, n * sizeof(*e));
	for (unsigned i = 0; i < n; i++) {
		struct flow *flow = &e[i].flow;

		flow->in_link = place_of_link(inc, t, flow->in_link);
		flow->out_link = place_of_link(inc, t, flow->out_link);
		flow->exporter = incident_place(inc, exporter_name(t, flow->exporter), 0);
	}
	*to = (struct header_sample){.record = e, .n = n, .seen = from->seen};
	return 0;
}

static int fill_evidence(struct incident *inc, const struct finding *f, struct exporters *t,
			 const struct conf *conf)
{
	bool any = false;

	for (unsigned k = 0; k < SAMPLE_COUNT; k++) {
		if (fill_sample(inc, &inc->evidence[k], &f->evidence[k], t))
			return -ENOMEM;
		any |= inc->evidence[k].n > 0;
	}
	if (any && inc->erase_by_us == TIME_NONE)
		inc->erase_by_us = f->updated_us + (int64_t)conf->keep.evidence_s * US_PER_S;
	return 0;
}

static void fill_object(struct incident *inc, const struct finding *f, const struct conf *conf)
{
	const struct conf_object *o = finding_object(f, conf);

	inc->known_test = false;
	inc->line_bps = o ? o->line_bps : 0;
	snprintf(inc->object, sizeof(inc->object), "%s", o ? o->name : "");
	if (o && f->evidence[SAMPLE_GOOD].n)
		snprintf(inc->sample_consent, sizeof(inc->sample_consent), "%s", o->sample_consent);
	for (size_t i = 0; o && i < o->n_tests; i++)
		if (f->last_us >= o->tests[i].from_us && f->first_us <= o->tests[i].until_us)
			inc->known_test = true;
}

int incident_fill(struct incident *inc, const struct finding *f, struct exporters *exporters,
		  const struct conf *conf)
{
	unsigned had_exporters = inc->f.n_exporters;

	inc->f = *f;
	inc->f.n_exporters = had_exporters; /* until its names are replaced below */
	inc->f.n_links = 0;
	inc->f.facts = (struct finding_facts){.n = 0}; /* the detector's own */
	inc->f.series = NULL;
	inc->f.n_series = 0;
	memset(inc->f.evidence, 0, sizeof(inc->f.evidence));
	fill_target_link(inc, f, exporters);
	fill_links(inc, f, exporters);
	fill_witnesses(inc->seen_by, f->seen_by, f->n_seen_by, exporters);
	fill_witnesses(inc->told_by, f->told_by, f->n_told_by, exporters);
	fill_object(inc, f, conf);
	if (fill_exporters(inc, f, exporters) || fill_series(inc, f, exporters))
		return -ENOMEM;
	if (fill_evidence(inc, f, exporters, conf))
		return -ENOMEM;
	return incident_path_fill(inc, f, exporters, conf);
}
