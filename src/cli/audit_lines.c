/* SPDX-License-Identifier: ISC */
#include "cli/audit_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "judge/json_fields.h"

#define LINES_MAX (1u << 24)

struct ends {
	unsigned first, last; /* index + 1 */
};

static const struct {
	const char *list, *subject, *words; /* keys; words NULL: of the line itself */
} abouts[AUDIT_ABOUTS] = {
	[AUDIT_PLAN] = {"plans", "id", NULL},
	[AUDIT_MEASURE] = {"measures", "id", NULL},
	[AUDIT_REFUSAL] = {"refusals", "subject", "why"},
	[AUDIT_FREEZE] = {"freezes", "id", NULL},
};

void audit_lines_deinit(struct audit_lines *l)
{
	for (unsigned i = 0; i < l->n; i++)
		free(l->line[i].texts);
	free(l->line);
	map_free(l->subjects);
	*l = (struct audit_lines){0};
}

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static void key_of(const char *subject, char *key)
{
	size_t n = strlen(subject);

	memset(key, 0, AUDIT_SUBJECT_MAX);
	memcpy(key, subject, n < AUDIT_SUBJECT_MAX ? n : AUDIT_SUBJECT_MAX - 1);
}

/* Copies of the texts in one piece of memory, and where each begins. */
static char *keep_texts(const char *const *from, const char **to, unsigned n)
{
	size_t size = 0, at = 0;
	char *all;

	for (unsigned i = 0; i < n; i++)
		size += strlen(from[i]) + 1;
	all = malloc(size);
	for (unsigned i = 0; all && i < n; i++) {
		size_t len = strlen(from[i]) + 1;

		to[i] = memcpy(all + at, from[i], len);
		at += len;
	}
	return all;
}

static struct audit_line *grow(struct audit_lines *l)
{
	unsigned room = l->room ? l->room * 2 : 256;
	void *grown;

	if (l->n == LINES_MAX)
		return NULL;
	if (l->n == l->room) {
		grown = realloc(l->line, room * sizeof(*l->line));
		if (!grown)
			return NULL;
		l->line = grown;
		l->room = room;
	}
	return &l->line[l->n];
}

static int link_line(struct audit_lines *l, const char *subject)
{
	char key[AUDIT_SUBJECT_MAX];
	struct ends *e;

	key_of(subject, key);
	e = map_put(l->subjects, key, NULL);
	if (!e)
		return -ENOMEM;
	if (e->last)
		l->line[e->last - 1].next = l->n + 1;
	else
		e->first = l->n + 1;
	e->last = l->n + 1;
	return 0;
}

static int add(struct audit_lines *l, const struct desk_audit_row *row, const json_t *body,
	       const json_t *o, enum audit_about about)
{
	const char *words =
		abouts[about].words ? word(o, abouts[about].words) : word(body, "words");
	const char *from[] = {row->actor, row->act, word(o, "from"), word(o, "to"), words};
	const char *to[ARRAY_LEN(from)];
	struct audit_line *a = grow(l);

	if (!a)
		return -ENOMEM;
	*a = (struct audit_line){.about = about};
	snprintf(a->id, sizeof(a->id), "%s", row->id);
	snprintf(a->subject, sizeof(a->subject), "%s", word(o, abouts[about].subject));
	a->texts = keep_texts(from, to, ARRAY_LEN(from));
	if (!a->texts)
		return -ENOMEM;
	a->line = (struct measure_line){row->seq, row->at_us, to[0], to[1], to[2], to[3], to[4]};
	if (link_line(l, a->subject)) {
		free(a->texts);
		return -ENOMEM;
	}
	l->n++;
	return 0;
}

static int on_line(void *userdata, const struct desk_audit_row *row)
{
	struct audit_lines *l = userdata;
	json_t *body;
	int r = json_parse(row->body, &body);

	for (unsigned about = 0; about < AUDIT_ABOUTS; about++) {
		size_t i;
		json_t *o;

		json_array_foreach(json_object_get(body, abouts[about].list), i, o) r =
			r ? r : add(l, row, body, o, (enum audit_about)about);
	}
	json_decref(body);
	return r;
}

int audit_lines_load(struct desk_db *db, struct audit_lines *out)
{
	out->subjects = map_new(AUDIT_SUBJECT_MAX, sizeof(struct ends), LINES_MAX);
	return out->subjects ? desk_db_audit(db, on_line, out) : -ENOMEM;
}

struct audit_line *audit_lines_first(const struct audit_lines *l, const char *subject)
{
	char key[AUDIT_SUBJECT_MAX];
	const struct ends *e;

	key_of(subject, key);
	e = map_get(l->subjects, key);
	return e ? &l->line[e->first - 1] : NULL;
}

json_t *audit_line_json(const struct audit_line *l)
{
	return json_pack("{sIsssosososossssso}", "line", (json_int_t)l->line.seq, "id", l->id, "at",
			 json_time(l->line.at_us), "by", json_text(l->line.actor), "act",
			 json_text(l->line.act), "subject", json_text(l->subject), "from",
			 l->line.from, "to", l->line.to, "words", json_text(l->line.words));
}
