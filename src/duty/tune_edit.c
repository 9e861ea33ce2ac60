/* SPDX-License-Identifier: ISC */
/*
 * Theory of operation. The text is read as events, which know their lines and columns; noted is
 * where the object's name, its thresholds and the wanted key stand. Then bytes are put in or
 * replaced at that one place. libyaml counts characters and five kinds of line ends, so this does
 * too.
 */
#include "duty/tune_edit.h"

#include <errno.h>
#include <string.h>
#include <yaml.h>

#define DEPTH_MAX 64
#define KEY_MAX	  64

enum role { ROLE_OTHER, ROLE_TOP, ROLE_LIST, ROLE_OBJECT, ROLE_THRESHOLDS };

struct frame {
	enum role role;
	bool map, want_key;
	char key[KEY_MAX];
	yaml_mark_t key_at;
};

/* What was seen of one object. */
struct spot {
	bool named, has_thresholds, has_value;
	const char *why; /* it cannot be changed, NULL it can */
	yaml_mark_t why_at;
	yaml_mark_t name_end, name_key;	      /* where its name ends; where the key `name` stands */
	yaml_mark_t thresholds_at, first_key; /* the key `thresholds`; the first key in it */
	bool has_first;
	yaml_mark_t value_at, value_end;
};

struct reading {
	const char *object, *key;
	struct frame frame[DEPTH_MAX];
	unsigned depth;
	struct spot now, found;
	bool is_found;
};

static void refuse(struct reading *r, const char *why, yaml_mark_t at)
{
	if (r->now.why)
		return;
	r->now.why = why;
	r->now.why_at = at;
}

static const char *scalar_of(const yaml_event_t *e)
{
	return e->type == YAML_SCALAR_EVENT ? (const char *)e->data.scalar.value : "";
}

/* What makes a node's text more than its own: NULL nothing. */
static const char *trouble_of(const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_ALIAS_EVENT:
		return "alias";
	case YAML_SCALAR_EVENT:
		return e->data.scalar.anchor ? "anchor" : e->data.scalar.tag ? "tag" : NULL;
	case YAML_SEQUENCE_START_EVENT:
		return e->data.sequence_start.anchor				  ? "anchor"
		       : e->data.sequence_start.tag				  ? "tag"
		       : e->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE ? "flow"
										  : NULL;
	case YAML_MAPPING_START_EVENT:
		return e->data.mapping_start.anchor				? "anchor"
		       : e->data.mapping_start.tag				? "tag"
		       : e->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE ? "flow"
										: NULL;
	default:
		return NULL;
	}
}

static void take_key(struct reading *r, struct frame *f, const yaml_event_t *e)
{
	snprintf(f->key, sizeof(f->key), "%s", scalar_of(e));
	f->key_at = e->start_mark;
	f->want_key = false;
	if (f->role != ROLE_OBJECT && f->role != ROLE_THRESHOLDS)
		return;
	if (strcmp(f->key, "<<") == 0)
		refuse(r, "merge", e->start_mark);
	else if (trouble_of(e))
		refuse(r, trouble_of(e), e->start_mark);
	if (f->role == ROLE_THRESHOLDS && !r->now.has_first) {
		r->now.has_first = true;
		r->now.first_key = e->start_mark;
	}
}

static enum role role_of(const struct frame *parent, const yaml_event_t *e)
{
	bool map = e->type == YAML_MAPPING_START_EVENT;

	if (!parent)
		return map ? ROLE_TOP : ROLE_OTHER;
	if (parent->role == ROLE_TOP && strcmp(parent->key, "protected") == 0)
		return map ? ROLE_OTHER : ROLE_LIST;
	if (parent->role == ROLE_LIST && map)
		return ROLE_OBJECT;
	if (parent->role == ROLE_OBJECT && map && strcmp(parent->key, "thresholds") == 0)
		return ROLE_THRESHOLDS;
	return ROLE_OTHER;
}

/* The value of a key of the object, or of its thresholds. */
static void take_value(struct reading *r, const struct frame *f, const yaml_event_t *e)
{
	bool thresholds = f->role == ROLE_OBJECT && strcmp(f->key, "thresholds") == 0;

	if (f->role == ROLE_OBJECT && strcmp(f->key, "name") == 0) {
		r->now.named = strcmp(scalar_of(e), r->object) == 0;
		r->now.name_key = f->key_at;
		r->now.name_end = e->end_mark;
		if (trouble_of(e))
			refuse(r, trouble_of(e), e->start_mark);
	}
	if (thresholds) {
		r->now.has_thresholds = true;
		r->now.thresholds_at = f->key_at;
		if (trouble_of(e) || e->type != YAML_MAPPING_START_EVENT)
			refuse(r, trouble_of(e) ? trouble_of(e) : "value", f->key_at);
	}
	if (f->role != ROLE_THRESHOLDS || strcmp(f->key, r->key) != 0)
		return;
	r->now.has_value = true;
	r->now.value_at = e->start_mark;
	r->now.value_end = e->end_mark;
	if (trouble_of(e))
		refuse(r, trouble_of(e), f->key_at);
	else if (e->type != YAML_SCALAR_EVENT || e->start_mark.line != e->end_mark.line ||
		 e->start_mark.index == e->end_mark.index)
		refuse(r, "value", f->key_at);
}

static void begin_object(struct reading *r, const yaml_event_t *e)
{
	r->now = (struct spot){.named = false};
	if (trouble_of(e))
		refuse(r, trouble_of(e), e->start_mark);
}

static void end_node(struct reading *r)
{
	const struct frame *f = &r->frame[--r->depth];

	if (f->role != ROLE_OBJECT)
		return;
	if (r->now.named && !r->is_found) {
		r->found = r->now;
		r->is_found = true;
	}
}

/* Return: 0, or TUNE_EDIT_NO_YAML where it is too deep. */
static int take_event(struct reading *r, const yaml_event_t *e)
{
	struct frame *parent = r->depth ? &r->frame[r->depth - 1] : NULL;
	bool opens = e->type == YAML_MAPPING_START_EVENT || e->type == YAML_SEQUENCE_START_EVENT;
	enum role role;

	if (e->type == YAML_MAPPING_END_EVENT || e->type == YAML_SEQUENCE_END_EVENT) {
		end_node(r);
		return 0;
	}
	if (!opens && e->type != YAML_SCALAR_EVENT && e->type != YAML_ALIAS_EVENT)
		return 0;
	if (parent && parent->map && parent->want_key && !opens) {
		take_key(r, parent, e);
		return 0;
	}
	if (parent && parent->map)
		parent->want_key = !parent->want_key; /* a key that is no scalar: none of ours */
	if (parent)
		take_value(r, parent, e);
	if (!opens)
		return 0;
	if (r->depth == DEPTH_MAX)
		return TUNE_EDIT_NO_YAML;
	role = role_of(parent, e);
	if (role == ROLE_OBJECT)
		begin_object(r, e);
	r->frame[r->depth++] = (struct frame){
		.role = role, .map = e->type == YAML_MAPPING_START_EVENT, .want_key = true};
	return 0;
}

static int read_events(struct reading *r, const char *yaml, size_t n)
{
	yaml_parser_t parser;
	bool ended = false;
	int answer = 0;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)yaml, n);
	while (answer == 0 && !ended) {
		yaml_event_t e;

		if (!yaml_parser_parse(&parser, &e)) {
			answer = parser.error == YAML_MEMORY_ERROR ? -ENOMEM : TUNE_EDIT_NO_YAML;
			break;
		}
		ended = e.type == YAML_STREAM_END_EVENT;
		answer = take_event(r, &e);
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&parser);
	return answer;
}

/* ---- bytes ---- */

static size_t break_at(const char *s, size_t n)
{
	if (n >= 2 && s[0] == '\r' && s[1] == '\n')
		return 2;
	if (n >= 1 && (s[0] == '\r' || s[0] == '\n'))
		return 1;
	if (n >= 2 && memcmp(s, "\xc2\x85", 2) == 0)
		return 2;
	return n >= 3 && (memcmp(s, "\xe2\x80\xa8", 3) == 0 || memcmp(s, "\xe2\x80\xa9", 3) == 0)
		       ? 3
		       : 0;
}

/* Where line @line (from 0) begins; @n where there is none. */
static size_t line_start(const char *s, size_t n, size_t line)
{
	size_t at = n >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	while (line && at < n) {
		size_t skip = break_at(s + at, n - at);

		line -= skip > 0;
		at += skip ? skip : 1;
	}
	return at;
}

static size_t line_end(const char *s, size_t n, size_t at)
{
	while (at < n && !break_at(s + at, n - at))
		at++;
	return at;
}

static size_t byte_of(const char *s, size_t n, yaml_mark_t m)
{
	size_t at = line_start(s, n, m.line);

	for (size_t column = m.column; column && at < n; column--)
		for (at++; at < n && ((unsigned char)s[at] & 0xc0) == 0x80;)
			at++;
	return at;
}

/* A comment behind the value stays in its column where there is room. */
static void replace_value(const char *s, size_t n, const struct spot *at, const char *value,
			  struct text *out)
{
	size_t from = byte_of(s, n, at->value_at), until = byte_of(s, n, at->value_end);
	size_t rest = until, new = strlen(value), spaces;

	while (rest < n && s[rest] == ' ')
		rest++;
	text_add_n(out, s, from);
	text_add(out, value);
	if (rest == until || rest >= n || s[rest] != '#') {
		text_add_n(out, s + until, n - until);
		return;
	}
	spaces = rest - from > new ? rest - from - new : 1;
	for (size_t i = 0; i < spaces; i++)
		text_add(out, " ");
	text_add_n(out, s + rest, n - rest);
}

/* The line end of the file: of the line itself, else of its first line. */
static void add_break(const char *s, size_t n, size_t end, struct text *out)
{
	size_t len = break_at(s + end, n - end);

	if (!len) {
		end = line_end(s, n, 0);
		len = break_at(s + end, n - end);
	}
	if (len)
		text_add_n(out, s + end, len);
	else
		text_add(out, "\n");
}

static void add_line(struct text *out, size_t indent, const char *key, const char *value)
{
	for (size_t i = 0; i < indent; i++)
		text_add(out, " ");
	text_add(out, key);
	text_add(out, value ? ": " : ":");
	text_add(out, value ? value : "");
}

/* New lines behind line @after; the last line of a file may have no end, and keeps none. */
static void insert_lines(const char *s, size_t n, size_t after, size_t indent, bool with_parent,
			 const char *key, const char *value, struct text *out)
{
	size_t end = line_end(s, n, line_start(s, n, after)), len = break_at(s + end, n - end);

	text_add_n(out, s, end);
	add_break(s, n, end, out);
	if (with_parent) {
		add_line(out, indent, "thresholds", NULL);
		add_break(s, n, end, out);
		indent += 2;
	}
	add_line(out, indent, key, value);
	if (len)
		text_add_n(out, s + end, len);
	text_add_n(out, s + end + len, n - end - len);
}

int tune_edit(const char *yaml, size_t n, const char *object, const char *key, const char *value,
	      struct text *out, struct tune_place *place)
{
	struct reading r = {.object = object, .key = key};
	const struct spot *at = &r.found;
	int answer = read_events(&r, yaml, n);

	*place = (struct tune_place){.line = 0};
	if (answer)
		return answer;
	if (!r.is_found)
		return TUNE_EDIT_NO_OBJECT;
	if (at->why) {
		place->line = (unsigned)at->why_at.line + 1;
		place->why = at->why;
		return TUNE_EDIT_UNSAFE;
	}
	if (at->has_value) {
		place->line = (unsigned)at->value_at.line + 1;
		replace_value(yaml, n, at, value, out);
	} else if (at->has_thresholds && at->has_first) {
		place->line = (unsigned)at->thresholds_at.line + 2;
		insert_lines(yaml, n, at->thresholds_at.line, at->first_key.column, false, key,
			     value, out);
	} else {
		place->line = (unsigned)at->name_end.line + 3;
		insert_lines(yaml, n, at->name_end.line, at->name_key.column, true, key, value,
			     out);
	}
	return text_ok(out) ? 0 : -ENOMEM;
}
