/* SPDX-License-Identifier: ISC */
#include "duty/said.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_whole.h"
#include "duty/work.h"

int said_init(struct said *s)
{
	*s = (struct said){.marks = map_new(INCIDENT_ID_MAX, sizeof(struct mark), SAID_MARKS_MAX)};
	return s->marks ? 0 : -ENOMEM;
}

void said_deinit(struct said *s)
{
	map_free(s->marks);
	free(s->list);
	*s = (struct said){.marks = NULL};
}

static void key_of(char key[INCIDENT_ID_MAX], const char *id)
{
	memset(key, 0, INCIDENT_ID_MAX);
	memcpy(key, id, strnlen(id, INCIDENT_ID_MAX - 1));
}

const struct mark *said_mark(const struct said *s, const char *incident)
{
	char key[INCIDENT_ID_MAX];

	key_of(key, incident);
	return s->marks ? map_get(s->marks, key) : NULL;
}

/* ---- acts ---- */

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static int64_t time_in(const json_t *o, const char *key, int64_t otherwise)
{
	int64_t us;

	return time_parse(word(o, key), &us) == 0 ? us : otherwise;
}

static void take_mark(struct said *s, const struct desk_act_row *row, const json_t *o)
{
	char key[INCIDENT_ID_MAX];
	struct mark *m;

	key_of(key, row->subject);
	m = map_put(s->marks, key, NULL);
	if (!m) {
		s->turned_away++;
		return;
	}
	m->is_false = json_is_true(json_object_get(o, "false"));
	m->at_us = row->at_us;
	snprintf(m->actor, sizeof(m->actor), "%s", row->actor);
	snprintf(m->reason, sizeof(m->reason), "%s", word(o, "reason"));
}

/* Full: what ended longest ago gives way. */
static bool make_room(struct said *s, int64_t now_us)
{
	unsigned oldest = 0;

	for (unsigned i = 1; i < s->n; i++)
		if (suppression_end_us(&s->list[i]) < suppression_end_us(&s->list[oldest]))
			oldest = i;
	if (suppression_end_us(&s->list[oldest]) > now_us)
		return false;
	s->n--;
	memmove(&s->list[oldest], &s->list[oldest + 1], (s->n - oldest) * sizeof(*s->list));
	return true;
}

static int take_suppression(struct said *s, const struct desk_act_row *row, const json_t *o)
{
	struct suppression *x;

	if (time_in(o, "until", TIME_NONE) == TIME_NONE ||
	    (s->n == SAID_SUPPRESSIONS_MAX && !make_room(s, row->at_us))) {
		s->turned_away++; /* one without an end is none */
		return 0;
	}
	if (s->n == s->room) {
		x = realloc(s->list, (s->room ? 2 * s->room : 1) * sizeof(*x));
		if (!x)
			return -ENOMEM;
		s->list = x;
		s->room = s->room ? 2 * s->room : 1;
	}
	x = &s->list[s->n++];
	*x = (struct suppression){.from_us = time_in(o, "from", row->at_us),
				  .until_us = time_in(o, "until", TIME_NONE),
				  .lifted_us = TIME_NONE};
	snprintf(x->id, sizeof(x->id), "%s", row->subject);
	snprintf(x->object, sizeof(x->object), "%s", word(o, "object"));
	snprintf(x->vector, sizeof(x->vector), "%s", word(o, "vector"));
	snprintf(x->reason, sizeof(x->reason), "%s", word(o, "reason"));
	snprintf(x->actor, sizeof(x->actor), "%s", row->actor);
	return 0;
}

static void take_lift(struct said *s, const struct desk_act_row *row)
{
	for (unsigned i = 0; i < s->n; i++)
		if (strcmp(s->list[i].id, row->subject) == 0 && s->list[i].lifted_us == TIME_NONE)
			s->list[i].lifted_us = row->at_us;
}

int said_act(void *said, const struct desk_act_row *row)
{
	json_t *o = json_loads(row->body, 0, NULL);
	int r = 0;

	if (strcmp(row->act, "mark") == 0)
		take_mark(said, row, o);
	else if (strcmp(row->act, "suppress") == 0)
		r = take_suppression(said, row, o);
	else if (strcmp(row->act, "lift") == 0)
		take_lift(said, row);
	json_decref(o);
	return r;
}

static char *dump(json_t *o)
{
	char *s = json_whole(o, JSON_COMPACT);

	json_decref(o);
	return s;
}

char *mark_body(const struct mark *m)
{
	return dump(json_pack("{s:b, s:s}", "false", m->is_false, "reason", m->reason));
}

char *suppression_body(const struct suppression *x)
{
	char from[TIME_TEXT_MAX], until[TIME_TEXT_MAX];

	return dump(json_pack("{s:s, s:s, s:s, s:s, s:s}", "object", x->object, "vector", x->vector,
			      "from", time_format_utc(x->from_us, from), "until",
			      time_format_utc(x->until_us, until), "reason", x->reason));
}

/* ---- who is covered ---- */

int64_t suppression_end_us(const struct suppression *x)
{
	return x->lifted_us != TIME_NONE && x->lifted_us < x->until_us ? x->lifted_us : x->until_us;
}

static bool is_of_vector(const struct suppression *x, const struct finding_vector *v)
{
	enum vector vector;
	uint16_t port;

	return vector_parse(x->vector, &vector, &port) == 0 && vector == v->vector &&
	       (!port || port == v->port);
}

static bool is_of_object(const struct suppression *x, const struct incident *inc)
{
	char target[INCIDENT_TARGET_MAX];

	return strcmp(x->object, inc->object[0] ? inc->object : incident_target(inc, target)) == 0;
}

bool suppression_is_of(const struct suppression *x, const struct incident *inc,
		       const struct finding_vector *v)
{
	return is_of_object(x, inc) && (!x->vector[0] || (v && is_of_vector(x, v)));
}

/* It went on while the suppression was in force. */
static bool was_in_force(const struct suppression *x, const struct incident *inc)
{
	return inc->f.first_us < suppression_end_us(x) && inc->f.last_us >= x->from_us;
}

bool suppression_covers(const struct suppression *x, const struct incident *inc)
{
	struct said one = {.list = (struct suppression *)x, .n = 1};

	return said_suppression(&one, inc) != NULL;
}

static const struct suppression *covers(const struct said *s, const struct incident *inc,
					const struct finding_vector *v)
{
	for (unsigned i = 0; i < s->n; i++)
		if (suppression_is_of(&s->list[i], inc, v) && was_in_force(&s->list[i], inc))
			return &s->list[i];
	return NULL;
}

const struct suppression *said_suppression(const struct said *s, const struct incident *inc)
{
	unsigned which[FINDING_VECTORS_MAX], n = incident_vectors(inc, which);
	const struct suppression *x = n ? NULL : covers(s, inc, NULL);

	for (unsigned i = 0; i < n; i++) {
		x = covers(s, inc, &inc->f.vectors[which[i]]);
		if (!x)
			return NULL;
	}
	return x;
}

const struct conf_maintenance *said_maintenance(const struct conf *c, const struct incident *inc)
{
	for (size_t i = 0; c && i < c->n_maintenance; i++) {
		const struct conf_maintenance *w = &c->maintenance[i];

		if (inc->f.last_us >= w->from_us && inc->f.last_us < w->until_us &&
		    work_touches(w, inc))
			return w;
	}
	return NULL;
}

enum said_word said_of(const struct said *s, const struct conf *c, const struct incident *inc)
{
	const struct mark *m = said_mark(s, inc->id);

	if (m)
		return m->is_false ? SAID_FALSE : SAID_TRUE;
	if (inc->known_test)
		return SAID_TEST;
	if (said_maintenance(c, inc))
		return SAID_MAINTENANCE;
	return said_suppression(s, inc) ? SAID_SUPPRESSED : SAID_NOTHING;
}

static const char *const words[SAID_WORDS][3] = {
	[SAID_NOTHING] = {"", "", ""},
	[SAID_FALSE] = {"false", "false", "誤検知"},
	[SAID_TRUE] = {"true", "true", "攻撃"},
	[SAID_TEST] = {"test", "test", "試験"},
	[SAID_MAINTENANCE] = {"maintenance", "maintenance", "作業"},
	[SAID_SUPPRESSED] = {"suppressed", "suppressed", "抑止"},
};

const char *said_name(enum said_word w)
{
	return words[w][0];
}

const char *said_text(enum said_word w, bool ja)
{
	return words[w][ja ? 2 : 1];
}
