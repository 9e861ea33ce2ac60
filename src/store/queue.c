/* SPDX-License-Identifier: ISC */
/*
 * One slot per incident holds its newest state. What was taken for a transaction that failed goes
 * back, unless something newer has come; evidence, which is given only once, is handed from the
 * state that had it to the one that replaces it.
 */
#include "store/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_MAX   65536
#define ROLLUPS_MAX 65536
#define BYTES_MAX   (UINT64_C(256) << 20) /* of states that wait */

struct slot {
	struct incident *waiting;   /* owned, NULL when all is written */
	unsigned had[SAMPLE_COUNT]; /* records of evidence already given on */
	uint64_t seen[SAMPLE_COUNT]; /* what those were drawn from */
	int64_t written_us;	    /* monotonic */
	bool urgent;		    /* opened, closed: not held back */
	bool known;		    /* was given before */
};

struct rollup_key {
	int64_t minute_us;
	char exporter[EXPORTER_NAME_MAX];
};

static void key_of(const char *id, char key[INCIDENT_ID_MAX])
{
	memset(key, 0, INCIDENT_ID_MAX);
	memcpy(key, id, strnlen(id, INCIDENT_ID_MAX - 1));
}

static struct rollup_key rollup_key(const struct store_rollup *row)
{
	struct rollup_key key;

	memset(&key, 0, sizeof(key));
	key.minute_us = row->minute_us;
	memcpy(key.exporter, row->exporter, strnlen(row->exporter, sizeof(key.exporter) - 1));
	return key;
}

static uint64_t weight(const struct incident *inc)
{
	uint64_t n = sizeof(*inc) + inc->f.n_series * sizeof(*inc->series) +
		     inc->n_places * sizeof(*inc->places);

	for (unsigned k = 0; k < SAMPLE_COUNT; k++)
		n += inc->evidence[k].record ? inc->evidence[k].n * sizeof(struct evidence_record)
					     : 0;
	return n;
}

static void slot_set(struct queue *q, struct slot *s, struct incident *take)
{
	if (s->waiting)
		q->waiting_bytes -= weight(s->waiting);
	if (take)
		q->waiting_bytes += weight(take);
	s->waiting = take;
}

/* The newer state goes on disk; evidence that only the older one carries goes with it. */
static void inherit_evidence(struct incident *newer, struct incident *older)
{
	for (unsigned k = 0; k < SAMPLE_COUNT; k++) {
		struct header_sample *to = &newer->evidence[k], *from = &older->evidence[k];

		if (!to->record && from->n == to->n)
			to->record = take_ptr(from->record);
	}
}

static void slot_replace(struct queue *q, struct slot *s, struct incident *newer)
{
	struct incident *older = s->waiting;

	if (older) {
		slot_set(q, s, NULL);
		inherit_evidence(newer, older);
		incident_free(older);
		q->coalesced++;
	}
	slot_set(q, s, newer);
}

static bool has_more(const struct incident *inc, const struct slot *s)
{
	for (unsigned k = 0; k < SAMPLE_COUNT; k++)
		if (inc->evidence[k].record && (inc->evidence[k].n > s->had[k] ||
						inc->evidence[k].seen > s->seen[k]))
			return true;
	return false;
}

int queue_put_incident(struct queue *q, const struct incident *inc)
{
	char key[INCIDENT_ID_MAX];
	struct slot *s;
	struct incident *copy;

	key_of(inc->id, key);
	s = map_get(q->slots, key);
	if (q->waiting_bytes > BYTES_MAX && !(s && s->waiting)) {
		q->dropped++;
		return STORE_FULL;
	}
	if (!s)
		s = map_put(q->slots, key, NULL);
	if (!s) {
		q->dropped++;
		return STORE_FULL;
	}
	copy = incident_copy(inc, has_more(inc, s));
	if (!copy)
		return -ENOMEM;
	for (unsigned k = 0; k < SAMPLE_COUNT; k++) {
		s->had[k] = copy->evidence[k].record ? copy->evidence[k].n : s->had[k];
		s->seen[k] = copy->evidence[k].record ? copy->evidence[k].seen : s->seen[k];
	}
	s->urgent |= !s->known || inc->f.state == FINDING_CLOSED;
	s->known = true;
	q->urgent |= s->urgent;
	slot_replace(q, s, copy);
	return 0;
}

int queue_put_rollup(struct queue *q, const struct store_rollup *row)
{
	struct rollup_key key = rollup_key(row);
	struct store_rollup *to = map_put(q->rollups, &key, NULL);

	if (!to) {
		q->dropped++;
		return STORE_FULL;
	}
	*to = *row;
	return 0;
}

void queue_put_status(struct queue *q, char *json_take, int64_t now_us)
{
	free(q->status);
	q->status = json_take;
	q->status_us = now_us;
}

void queue_put_heard(struct queue *q, void *packed_take, size_t n, int64_t now_us)
{
	free(q->heard);
	q->heard = packed_take;
	q->n_heard = n;
	q->heard_us = now_us;
}

void queue_put_sampling(struct queue *q, struct sampling_row *rows_take, size_t n)
{
	free(q->sampling);
	q->sampling = rows_take;
	q->n_sampling = n;
	q->sampling_given = true;
}

uint64_t queue_waiting(const struct queue *q)
{
	uint64_t n = 0;
	void *value;

	for (size_t at = 0; map_next(q->slots, &at, NULL, &value);)
		n += ((struct slot *)value)->waiting != NULL;
	return n;
}

static bool slot_due(const struct slot *s, int64_t now_us, bool all)
{
	return s->waiting && (all || s->urgent || now_us - s->written_us >= QUEUE_UPDATE_US);
}

static void take_incidents(struct queue *q, struct taken *t, int64_t now_us, bool all)
{
	void *value;

	t->all = true;
	q->urgent = false;
	for (size_t at = 0; map_next(q->slots, &at, NULL, &value);) {
		struct slot *s = value;

		if (!slot_due(s, now_us, all))
			continue;
		if (t->batch.n_incidents == QUEUE_BATCH_MAX) {
			t->all = false;
			q->urgent = true;
			break;
		}
		t->incidents[t->batch.n_incidents++] = s->waiting;
		slot_set(q, s, NULL);
		s->urgent = false;
	}
}

static void take_rollups(struct queue *q, struct taken *t)
{
	size_t n = map_count(q->rollups);
	void *value;

	t->rollups = n ? malloc(n * sizeof(*t->rollups)) : NULL;
	if (!t->rollups)
		return; /* without memory they wait for the next turn */
	for (size_t at = 0; map_next(q->rollups, &at, NULL, &value);)
		t->rollups[t->batch.n_rollups++] = *(struct store_rollup *)value;
	map_clear(q->rollups);
}

bool queue_take(struct queue *q, struct taken *t, int64_t now_us, bool all)
{
	memset(t, 0, sizeof(*t));
	take_incidents(q, t, now_us, all);
	take_rollups(q, t);
	queue_take_rolls(q, t);
	t->status = take_ptr(q->status);
	t->batch.incidents = t->incidents;
	t->batch.rollups = t->rollups;
	t->batch.status = t->status;
	t->batch.status_us = q->status_us;
	t->heard = take_ptr(q->heard);
	t->batch.heard = t->heard;
	t->batch.n_heard = q->n_heard;
	t->batch.heard_us = q->heard_us;
	if (q->sampling_given) {
		t->sampling = take_ptr(q->sampling);
		t->batch.sampling = t->sampling;
		t->batch.n_sampling = q->n_sampling;
		q->sampling_given = false;
	}
	t->batch.erase = q->erase;
	q->erase.wanted = false;
	return t->batch.n_incidents || t->batch.n_rollups || t->batch.n_rolls || t->status ||
	       t->heard || t->sampling || t->batch.erase.wanted;
}

void queue_written(struct queue *q, struct taken *t, int64_t now_us)
{
	for (size_t i = 0; i < t->batch.n_incidents; i++) {
		struct incident *inc = t->incidents[i];
		char key[INCIDENT_ID_MAX];
		struct slot *s;

		key_of(inc->id, key);
		s = map_get(q->slots, key);
		if (s) {
			s->written_us = now_us;
			if (inc->f.state == FINDING_CLOSED && !s->waiting)
				map_remove(q->slots, key);
		}
		incident_free(inc);
	}
	q->written += t->batch.n_incidents;
	q->evidence_erased += t->batch.erase.evidence_erased;
	q->incidents_erased += t->batch.erase.incidents_erased;
	free(t->status);
	free(t->heard);
	free(t->sampling);
	free(t->rollups);
	free(t->rolls);
}

static void return_incident(struct queue *q, struct incident *inc)
{
	char key[INCIDENT_ID_MAX];
	struct slot *s;

	key_of(inc->id, key);
	s = map_get(q->slots, key);
	if (s && !s->waiting) {
		slot_set(q, s, inc);
		return;
	}
	if (s) {
		struct incident *newer = s->waiting;

		slot_set(q, s, NULL);
		inherit_evidence(newer, inc);
		slot_set(q, s, newer);
	}
	incident_free(inc);
}

void queue_put_back(struct queue *q, struct taken *t)
{
	for (size_t i = 0; i < t->batch.n_incidents; i++)
		return_incident(q, t->incidents[i]);
	for (size_t i = 0; i < t->batch.n_rollups; i++) {
		struct rollup_key key = rollup_key(&t->rollups[i]);
		struct store_rollup *to;
		bool created;

		to = map_put(q->rollups, &key, &created);
		if (to && created)
			*to = t->rollups[i];
		q->dropped += !to;
	}
	queue_put_back_rolls(q, t);
	if (!q->status)
		q->status = take_ptr(t->status);
	if (!q->heard) {
		q->heard = take_ptr(t->heard);
		q->n_heard = t->batch.n_heard;
		q->heard_us = t->batch.heard_us;
	}
	if (!q->sampling_given && t->sampling) {
		q->sampling = take_ptr(t->sampling);
		q->sampling_given = true;
	}
	if (!q->erase.wanted)
		q->erase = t->batch.erase;
	free(t->status);
	free(t->heard);
	free(t->sampling);
	free(t->rollups);
	free(t->rolls);
}

bool queue_is_waiting(struct queue *q)
{
	return q->waiting_bytes || q->status || q->heard || q->sampling_given || q->erase.wanted ||
	       map_count(q->rollups) || map_count(q->rolls);
}

int queue_init(struct queue *q)
{
	memset(q, 0, sizeof(*q));
	q->slots = map_new(INCIDENT_ID_MAX, sizeof(struct slot), SLOTS_MAX);
	q->rollups = map_new(sizeof(struct rollup_key), sizeof(struct store_rollup), ROLLUPS_MAX);
	return q->slots && q->rollups ? queue_init_rolls(q) : -ENOMEM;
}

void queue_deinit(struct queue *q)
{
	void *value;

	for (size_t at = 0; q->slots && map_next(q->slots, &at, NULL, &value);)
		incident_free(((struct slot *)value)->waiting);
	map_free(q->slots);
	map_free(q->rollups);
	map_free(q->rolls);
	free(q->status);
	free(q->heard);
	free(q->sampling);
}
