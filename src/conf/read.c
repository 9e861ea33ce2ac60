/* SPDX-License-Identifier: ISC */
/*
 * The YAML side of reading: libyaml's events are passed on one by one, and where the text is not
 * YAML, its complaint is put into a sentence with a place.
 */
#include "conf/read.h"

#include <errno.h>
#include <string.h>

#include "conf/nodes.h"

struct reader {
	yaml_parser_t parser;
	struct nodes nodes;
};

void marks_deinit(struct marks *m)
{
	free(m->list);
	*m = (struct marks){0};
}

struct place marks_place(const struct marks *m, enum conf_tag tag, size_t item)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->list[i].tag == tag && (!m->list[i].lists || m->list[i].at_item[0] == item))
			return m->list[i].at;
	return (struct place){1, 1};
}

/* libyaml counts bytes where it could not read characters. */
static struct place place_of_byte(const char *yaml, size_t n, size_t offset)
{
	struct place at = {1, 1};
	size_t mark = n >= 3 && memcmp(yaml, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	for (size_t i = mark; i < n && i < offset; i++) {
		if (yaml[i] == '\n') {
			at.line++;
			at.column = 1;
		} else if (((unsigned char)yaml[i] & 0xc0) != 0x80) {
			at.column++;
		}
	}
	return at;
}

static void not_yaml(struct reader *r, const char *yaml, size_t n)
{
	const yaml_parser_t *p = &r->parser;
	const char *problem = p->problem ? p->problem : "cannot be read";
	struct place at = place_of(p->problem_mark);

	r->nodes.lost = true;
	if (p->error == YAML_MEMORY_ERROR) {
		r->nodes.error = -ENOMEM;
		return;
	}
	if (p->error == YAML_READER_ERROR) {
		mistake_add(r->nodes.mistakes, place_of_byte(yaml, n, p->problem_offset),
			    "not readable as UTF-8 text: %s", problem);
		return;
	}
	if (strstr(problem, "cannot start any token") && p->buffer.pointer < p->buffer.last &&
	    *p->buffer.pointer == '\t') {
		mistake_add(r->nodes.mistakes, at,
			    "a tab stands in the indent; YAML takes only spaces");
		return;
	}
	if (p->context)
		mistake_add(r->nodes.mistakes, at, "not valid YAML: %s (%s that begins in line %u)",
			    problem, p->context, (unsigned)p->context_mark.line + 1);
	else
		mistake_add(r->nodes.mistakes, at, "not valid YAML: %s", problem);
}

static void read_events(struct reader *r, void *base, const char *yaml, size_t n)
{
	while (!r->nodes.done && !r->nodes.error && !mistakes_full(r->nodes.mistakes)) {
		yaml_event_t event;

		if (!yaml_parser_parse(&r->parser, &event)) {
			not_yaml(r, yaml, n);
			return;
		}
		nodes_event(&r->nodes, base, &event);
		yaml_event_delete(&event);
	}
}

int read_yaml(struct conf *c, const char *yaml, size_t n, struct mistakes *mistakes,
	      struct marks *marks, bool *whole)
{
	return read_yaml_map(&conf_schema, c, yaml, n, mistakes, marks, whole);
}

int read_yaml_map(const struct conf_map *map, void *base, const char *yaml, size_t n,
		  struct mistakes *mistakes, struct marks *marks, bool *whole)
{
	struct reader r = {.nodes = {.root = {.name = "", .type = TYPE_MAP, .map = map},
				     .mistakes = mistakes,
				     .marks = marks}};

	if (n >= 2 && (memcmp(yaml, "\xff\xfe", 2) == 0 || memcmp(yaml, "\xfe\xff", 2) == 0)) {
		mistake_add(mistakes, (struct place){1, 1}, "the file is UTF-16; save it as UTF-8");
		return 0;
	}
	if (!yaml_parser_initialize(&r.parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)yaml, n);
	read_events(&r, base, yaml, n);
	yaml_parser_delete(&r.parser);
	*whole = !r.nodes.lost;
	return r.nodes.error;
}
