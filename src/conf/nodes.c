/* SPDX-License-Identifier: ISC */
/*
 * A stack of frames follows the events: a map frame waits for a key or for the value of its last
 * key, a list frame for items. What does not fit the schema is named once and then skipped, whole,
 * so that one mistake does not cause ten others. Anchors, aliases and tags are refused: an alias
 * may grow without bound, and a value should stand where it counts.
 */
#include "conf/nodes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/suggest.h"
#include "conf/value.h"

#define MARKS_MAX  1000000
#define NO_ALIASES "%s: anchors and aliases are not used here; write the value out"

static struct frame *top(struct nodes *r)
{
	return r->n_frames ? &r->frames[r->n_frames - 1] : NULL;
}

/* Positions in the lists around the value that was just read, outermost first. */
static void list_positions(const struct nodes *r, struct mark *m)
{
	for (unsigned i = 0; i < r->n_frames && m->lists < ARRAY_LEN(m->at_item); i++) {
		const struct frame *f = &r->frames[i];

		if (f->list)
			m->at_item[m->lists++] = (uint32_t)*list_count(f->list, f->base) - 1;
	}
}

static void mark_add(struct nodes *r, enum conf_tag tag, struct place at)
{
	struct marks *m = r->marks;

	if (m->n == m->room) {
		size_t room = m->room ? m->room * 2 : 64;
		struct mark *p = m->n < MARKS_MAX ? realloc(m->list, room * sizeof(*p)) : NULL;

		if (!p) {
			r->error = -ENOMEM;
			return;
		}
		m->list = p;
		m->room = room;
	}
	m->list[m->n] = (struct mark){.tag = tag, .at = at};
	list_positions(r, &m->list[m->n++]);
}

/* frames[] */

static struct frame *push(struct nodes *r, struct place at)
{
	struct frame *f = &r->frames[r->n_frames++];

	memset(f, 0, sizeof(*f));
	f->at = at;
	return f;
}

static void close_map(struct nodes *r)
{
	const struct frame *f = top(r);

	for (uint32_t i = 0; i < f->map->n_keys; i++)
		if ((f->map->keys[i].flags & KEY_REQUIRED) && !f->seen[i])
			mistake_add(r->mistakes, f->at, "%s needs the key \"%s\"", f->map->what,
				    f->map->keys[i].name);
	r->n_frames--;
}

static void close_list(struct nodes *r)
{
	const struct frame *f = top(r);

	if ((f->list->flags & KEY_REQUIRED) && *list_count(f->list, f->base) == 0)
		mistake_add(r->mistakes, f->at, "%s: at least one item is needed", f->list->name);
	r->n_frames--;
}

/* The slot for the node that comes next; false where a list is full (said once). */
static bool next_slot(struct nodes *r, struct place at, const struct conf_key **k, void **base)
{
	struct frame *f = top(r);
	int rc;

	if (f->map) {
		*k = f->key;
		*base = f->key_base;
		f->key = NULL;
		return true;
	}
	rc = list_add(f->list, f->base, &f->room, base);
	*k = &f->list->list->item;
	if (rc == -ENOSPC) {
		mistake_add(r->mistakes, at, "more than %u items in \"%s\"", f->list->list->max,
			    f->list->name);
		r->done = true;
	} else if (rc) {
		r->error = rc;
	}
	return rc == 0;
}

/* Scalars */

static bool is_null(const yaml_event_t *e)
{
	const char *s = (const char *)e->data.scalar.value;

	return e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (*s == '\0' || strcmp(s, "~") == 0 || strcmp(s, "null") == 0);
}

static void set_value(struct nodes *r, const struct conf_key *k, void *base, const char *s,
		      struct place at)
{
	const struct frame *f = top(r);
	_cleanup_text_ struct text why = TEXT_NULL;

	if (value_read(k, s, schema_field(k, base), &why)) {
		mistake_add(r->mistakes, at, "%s: %s", f->list ? f->list->name : r->word,
			    text_str(&why));
		return;
	}
	if (k->tag)
		mark_add(r, k->tag, at);
}

static const char *kind_wanted(const struct conf_key *k)
{
	if (k->type == TYPE_MAP)
		return "a group of keys (key: value)";
	return k->type == TYPE_LIST ? "a list (items that begin with \"- \")" : "a single value";
}

static void wrong_kind(struct nodes *r, const struct conf_key *k, struct place at)
{
	if (k == &r->root)
		mistake_add(r->mistakes, at, "the file must hold keys (key: value)");
	else if (*k->name)
		mistake_add(r->mistakes, at, "%s must be %s", k->name, kind_wanted(k));
	else
		mistake_add(r->mistakes, at, "this item must be %s",
			    k->type == TYPE_MAP ? k->map->what : "a single value");
}

/* A lone value where a list, or an item with keys, may stand short. */
static void set_short(struct nodes *r, const struct conf_key *k, void *base, const char *s,
		      struct place at)
{
	if (k->type == TYPE_LIST) {
		struct frame *f = push(r, at);

		f->list = k;
		f->base = base;
		if (!next_slot(r, at, &k, &base)) {
			r->n_frames--;
			return;
		}
		set_short(r, k, base, s, at);
		r->n_frames--;
		return;
	}
	if (k->type != TYPE_MAP) {
		set_value(r, k, base, s, at);
	} else if (k->map->short_form) {
		set_value(r, &k->map->keys[0], schema_field(k, base), s, at);
	} else {
		wrong_kind(r, k, at);
	}
}

static void unknown_key(struct nodes *r, const struct frame *f, const char *word, struct place at)
{
	_cleanup_text_ struct text hint = TEXT_NULL;
	char q[QUOTE_MAX];

	if (strcmp(word, "<<") == 0) {
		mistake_add(r->mistakes, at, "merge keys are not used here; write the keys out");
		return;
	}
	if (f->map == r->root.map)
		r->lost = true;
	suggest_key(f->map, word, &hint);
	mistake_add(r->mistakes, at, "unknown key %s in %s%s", quote(word, q), f->map->what,
		    text_str(&hint));
}

static void key_twice(struct nodes *r, const char *word, uint32_t line, struct place at)
{
	char q[QUOTE_MAX];

	if (line)
		mistake_add(r->mistakes, at, "the key %s stands here twice; first in line %u",
			    quote(word, q), line);
	else
		mistake_add(r->mistakes, at, "the key %s stands here twice", quote(word, q));
}

/* A key that no row lists: an entry made by its name. */
static bool key_more(struct frame *f, const char *word, bool *twice)
{
	const struct conf_more *more = f->map->more;
	bool created = false;

	f->key_base = more ? more->entry(f->base, word, &created) : NULL;
	if (!f->key_base)
		return false;
	f->key = more->key;
	*twice = !created;
	return true;
}

static void on_key(struct nodes *r, const char *word, struct place at)
{
	struct frame *f = top(r);
	bool twice = false;

	snprintf(r->word, sizeof(r->word), "%s", word);
	for (uint32_t i = 0; i < f->map->n_keys; i++) {
		if (strcmp(f->map->keys[i].name, word) != 0)
			continue;
		if (f->seen[i]) {
			key_twice(r, word, f->seen[i], at);
			f->ignore = true;
		}
		f->seen[i] = at.line;
		f->key = &f->map->keys[i];
		f->key_base = f->base;
		return;
	}
	if (key_more(f, word, &twice)) {
		f->ignore = twice;
		if (twice)
			key_twice(r, word, 0, at);
		return;
	}
	unknown_key(r, f, word, at);
	f->ignore = true;
}

/* Tell what YAML has and this file may not use; true where the node is to be passed over. */
static bool refuse_extras(struct nodes *r, const yaml_char_t *anchor, const yaml_char_t *tag,
			  struct place at)
{
	char q[QUOTE_MAX];

	if (anchor)
		mistake_add(r->mistakes, at, NO_ALIASES, quote((const char *)anchor, q));
	if (tag)
		mistake_add(r->mistakes, at, "the tag %s: tags are not used here",
			    quote((const char *)tag, q));
	return anchor || tag;
}

/* True where the coming node is not to be looked at: its key was refused. */
static bool ignored(struct frame *f)
{
	bool ignore = f && f->map && f->ignore;

	if (ignore) {
		f->ignore = false;
		f->key = NULL;
	}
	return ignore;
}

static bool wants_key(const struct frame *f)
{
	return f && f->map && !f->key && !f->ignore;
}

/* The node at hand was refused: a key takes its value along, a value is as if not given. */
static void pass_over(struct frame *f)
{
	if (wants_key(f))
		f->ignore = true;
	else if (!ignored(f) && f && f->map)
		f->key = NULL;
}

/* An empty value leaves the default: the key counts as not given. */
static void on_null(struct nodes *r, struct frame *f, struct place at)
{
	if (f->list) {
		mistake_add(r->mistakes, at, "an item of \"%s\" is empty", f->list->name);
		return;
	}
	for (uint32_t i = 0; i < f->map->n_keys; i++)
		if (f->key == &f->map->keys[i] && (f->key->flags & KEY_REQUIRED))
			f->seen[i] = 0;
	f->key = NULL;
}

static void on_scalar(struct nodes *r, const yaml_event_t *e, struct place at)
{
	const char *s = (const char *)e->data.scalar.value;
	const struct conf_key *k = &r->root;
	struct frame *f = top(r);
	void *base;

	if (refuse_extras(r, e->data.scalar.anchor, e->data.scalar.tag, at)) {
		pass_over(f);
	} else if (strlen(s) != e->data.scalar.length) {
		mistake_add(r->mistakes, at, "the text holds a NUL character");
		pass_over(f);
	} else if (wants_key(f)) {
		on_key(r, s, at);
	} else if (ignored(f) || (!f && is_null(e))) {
		return;
	} else if (!f) {
		wrong_kind(r, k, at);
	} else if (is_null(e)) {
		on_null(r, f, at);
	} else if (next_slot(r, at, &k, &base)) {
		set_short(r, k, base, s, at);
	}
}

/* Maps and lists */

static void on_map(struct nodes *r, const struct conf_key *k, void *base, struct place at)
{
	struct frame *f = push(r, at);

	f->map = k->map;
	f->base = schema_field(k, base);
}

static void on_list(struct nodes *r, const struct conf_key *k, void *base, struct place at)
{
	struct frame *f = push(r, at);

	f->list = k;
	f->base = base;
}

static void on_open(struct nodes *r, void *root_base, const yaml_event_t *e, struct place at)
{
	bool is_map = e->type == YAML_MAPPING_START_EVENT;
	const struct conf_key *k = &r->root;
	struct frame *f = top(r);
	void *base = root_base;

	if (++r->depth > READ_DEPTH_MAX) {
		mistake_add(r->mistakes, at, "nested more than %u deep", READ_DEPTH_MAX);
		r->done = true;
		return;
	}
	if (r->skip) {
		r->skip++;
		return;
	}
	if (is_map)
		refuse_extras(r, e->data.mapping_start.anchor, e->data.mapping_start.tag, at);
	else
		refuse_extras(r, e->data.sequence_start.anchor, e->data.sequence_start.tag, at);
	if (wants_key(f)) {
		mistake_add(r->mistakes, at, "a key must be a single word");
		f->ignore = true;
		r->skip = 1;
		return;
	}
	if (ignored(f) || (f && !next_slot(r, at, &k, &base))) {
		r->skip = 1;
	} else if (k->type == (is_map ? TYPE_MAP : TYPE_LIST)) {
		(is_map ? on_map : on_list)(r, k, base, at);
	} else {
		wrong_kind(r, k, at);
		r->skip = 1;
	}
}

static void on_close(struct nodes *r)
{
	r->depth--;
	if (r->skip)
		r->skip--;
	else if (top(r)->map)
		close_map(r);
	else
		close_list(r);
}

static void on_alias(struct nodes *r, const yaml_event_t *e, struct place at)
{
	struct frame *f = top(r);
	char q[QUOTE_MAX];

	if (ignored(f))
		return;
	mistake_add(r->mistakes, at, NO_ALIASES, quote((const char *)e->data.alias.anchor, q));
	pass_over(f);
}

void nodes_event(struct nodes *r, void *base, const yaml_event_t *e)
{
	struct place at = place_of(e->start_mark);

	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (r->second) {
			mistake_add(r->mistakes, at, "a second document begins; one file is one");
			r->done = true;
		}
		r->second = true;
		break;
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		on_open(r, base, e, at);
		break;
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		on_close(r);
		break;
	case YAML_SCALAR_EVENT:
		if (!r->skip)
			on_scalar(r, e, at);
		break;
	case YAML_ALIAS_EVENT:
		if (!r->skip)
			on_alias(r, e, at);
		break;
	case YAML_STREAM_END_EVENT:
		r->done = true;
		break;
	default:
		break;
	}
}
