/* SPDX-License-Identifier: ISC */
/*
 * The incident as an object: birth, copy, end, its name, and the words of its interface.
 */
#include "judge/incident.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"

static const char *const class_names[] = {NULL, "capacity", "server", "compound"};
static const char *const state_names[] = {"open", "quiet", "closed", "lost_sight"};
static const char *const kind_names[] = {"attack", "scan"};
static const char *const dedup_names[] = {"none", "entry", "max"};

static int find_name(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (names[i] && strcmp(names[i], name) == 0)
			return (int)i;
	return -EINVAL;
}

const char *incident_class_name(enum incident_class c)
{
	return class_names[c];
}

const char *finding_state_name(enum finding_state s)
{
	return state_names[s];
}

const char *finding_kind_name(enum finding_kind k)
{
	return kind_names[k];
}

const char *dedup_name(enum dedup_rule d)
{
	return dedup_names[d];
}

int incident_class_parse(const char *name, enum incident_class *out)
{
	int i = find_name(class_names, ARRAY_LEN(class_names), name);

	if (i < 0)
		return i;
	*out = (enum incident_class)i;
	return 0;
}

int finding_state_parse(const char *name, enum finding_state *out)
{
	int i = find_name(state_names, ARRAY_LEN(state_names), name);

	if (i < 0)
		return i;
	*out = (enum finding_state)i;
	return 0;
}

int finding_kind_parse(const char *name, enum finding_kind *out)
{
	int i = find_name(kind_names, ARRAY_LEN(kind_names), name);

	if (i < 0)
		return i;
	*out = (enum finding_kind)i;
	return 0;
}

struct incident *incident_new(void)
{
	struct incident *inc = calloc(1, sizeof(*inc));

	if (!inc)
		return NULL;
	inc->erase_by_us = inc->erased_us = TIME_NONE;
	inc->spoofing =
		(struct spoofing){.confidence = 0.5, .forged_share = -1, .rule = SPOOF_NO_FACTS};
	inc->f.peak_us = inc->f.detected_us = inc->f.shown_us = inc->f.updated_us = TIME_NONE;
	return inc;
}

struct incident *incident_free(struct incident *inc)
{
	if (!inc)
		return NULL;
	for (unsigned i = 0; inc->exporters && i < inc->f.n_exporters; i++)
		free(inc->exporters[i]);
	free(inc->exporters);
	for (unsigned k = 0; k < SAMPLE_COUNT; k++)
		free(inc->evidence[k].record);
	free(inc->series);
	free(inc->places);
	free(inc->path);
	free(inc);
	return NULL;
}

/* @n things of @size; NULL for none is no failure. */
static bool copy_array(void *to, const void *from, size_t n, size_t size)
{
	void *p = NULL;

	if (from && n) {
		p = malloc(n * size);
		if (!p)
			return false;
		memcpy(p, from, n * size);
	}
	memcpy(to, &p, sizeof(p));
	return true;
}

static bool copy_names(struct incident *to, const struct incident *from)
{
	unsigned n = from->f.n_exporters;

	if (!n || !from->exporters)
		return true;
	to->exporters = calloc(n, sizeof(*to->exporters));
	for (unsigned i = 0; to->exporters && i < n; i++) {
		to->exporters[i] = strdup(from->exporters[i]);
		if (!to->exporters[i])
			return false;
	}
	return to->exporters != NULL;
}

struct incident *incident_copy(const struct incident *inc, bool with_evidence)
{
	_cleanup_incident_ struct incident *to = malloc(sizeof(*to));
	bool ok;

	if (!to)
		return NULL;
	*to = *inc;
	to->exporters = NULL;
	for (unsigned k = 0; k < SAMPLE_COUNT; k++)
		to->evidence[k].record = NULL;
	to->series = NULL;
	to->places = NULL;
	to->path = NULL;
	ok = copy_names(to, inc) &&
	     copy_array(&to->series, inc->series, inc->f.n_series, sizeof(*inc->series)) &&
	     copy_array(&to->places, inc->places, inc->n_places, sizeof(*inc->places)) &&
	     copy_array(&to->path, inc->path, 1, sizeof(*inc->path));
	for (unsigned k = 0; ok && with_evidence && k < SAMPLE_COUNT; k++)
		ok = copy_array(&to->evidence[k].record, inc->evidence[k].record,
				inc->evidence[k].n, sizeof(struct evidence_record));
	if (!ok)
		return NULL;
	to->f.series = to->series;
	return take_ptr(to);
}

char *incident_target(const struct incident *inc, char *buf)
{
	switch (inc->f.level) {
	case LEVEL_LINK:
		snprintf(buf, INCIDENT_TARGET_MAX, "%s#%" PRIu32, inc->target_link.exporter,
			 inc->target_link.input);
		return buf;
	case LEVEL_NETWORK:
		snprintf(buf, INCIDENT_TARGET_MAX, "network");
		return buf;
	default:
		return prefix_format(&inc->f.target, buf);
	}
}

int incident_by_first(const void *a, const void *b)
{
	const struct incident *x = *(struct incident *const *)a, *y = *(struct incident *const *)b;

	if (x->f.first_us != y->f.first_us)
		return x->f.first_us < y->f.first_us ? -1 : 1;
	return strcmp(x->id, y->id);
}

char *incident_id(const struct incident *inc, unsigned count, char *buf)
{
	char target[INCIDENT_TARGET_MAX], again[16] = "", text[INCIDENT_TARGET_MAX + 64];

	if (count)
		snprintf(again, sizeof(again), " %u", count);
	snprintf(text, sizeof(text), "%s %s %" PRId64 "%s%s", level_name(inc->f.level),
		 incident_target(inc, target), time_floor_s(inc->f.first_us),
		 inc->f.kind == FINDING_SCAN ? " scan" : "", again);
	snprintf(buf, INCIDENT_ID_MAX, "n%012" PRIx64, hash_name48(text));
	return buf;
}

uint16_t incident_place(struct incident *inc, const char *exporter, uint32_t input)
{
	struct incident_place *p;

	for (unsigned i = 0; i < inc->n_places; i++)
		if (inc->places[i].input == input && strcmp(inc->places[i].exporter, exporter) == 0)
			return (uint16_t)(i + 1);
	if (inc->n_places >= INCIDENT_PLACES_MAX)
		return 0;
	p = realloc(inc->places, (inc->n_places + 1) * sizeof(*p));
	if (!p) {
		text_note_lost();
		return 0;
	}
	inc->places = p;
	p += inc->n_places++;
	memset(p, 0, sizeof(*p));
	snprintf(p->exporter, sizeof(p->exporter), "%s", exporter);
	p->input = input;
	return (uint16_t)inc->n_places;
}
