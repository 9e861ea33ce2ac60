/* SPDX-License-Identifier: ISC */
/*
 * Two passes over the marks, both in the order of the file: the first notes everything that may
 * stand only once, the second asks how things relate. One table says per kind of value what is
 * done.
 */
#include "conf/check.h"

#include <errno.h>
#include <string.h>

#include "base/map.h"

#define KEY_BYTES (CONF_NAME_MAX + 8)

/* What may stand only once: of each tag, one with the same bytes. */
struct once {
	uint32_t tag;
	uint8_t bytes[KEY_BYTES];
};

struct first {
	uint32_t line, item; /* where it stood first, and in which item of the outer list */
};

struct checker {
	const struct conf *c;
	struct mistakes *mistakes;
	struct map *seen; /* struct once -> struct first */
	bool whole, prefix_lengths[TAG_COUNT][129];
};

/* Keys */

static void key_prefix(struct once *key, const struct prefix *p)
{
	memcpy(key->bytes, p->addr.b, 16);
	key->bytes[16] = p->len;
}

static const struct prefix *marked_prefix(const struct conf *c, const struct mark *m)
{
	uint32_t i = m->at_item[0];

	switch (m->tag) {
	case TAG_OWN:
		return &c->own[i].prefix;
	case TAG_OBJECT_PREFIX:
		return &c->objects[i].prefixes[m->at_item[1]];
	case TAG_DARKNET:
		return &c->darknets[i];
	case TAG_SHARED:
		return &c->shared[i].prefix;
	default:
		return &c->never_touch[i];
	}
}

static void once_prefix(struct checker *k, const struct mark *m, struct once *key,
			struct text *what)
{
	static const char *const whose[TAG_COUNT] = {[TAG_OWN] = "own",
						     [TAG_OBJECT_PREFIX] = "protected",
						     [TAG_DARKNET] = "darknets",
						     [TAG_SHARED] = "shared",
						     [TAG_NEVER] = "never_touch"};
	const struct prefix *p = marked_prefix(k->c, m);
	char buf[PREFIX_TEXT_MAX];

	key_prefix(key, p);
	k->prefix_lengths[m->tag][p->len] = true;
	text_printf(what, "the %s prefix %s", whose[m->tag], prefix_format(p, buf));
}

static void once_name(struct once *key, struct text *what, const char *of, const char *name)
{
	char q[QUOTE_MAX];

	memcpy(key->bytes, name, strlen(name));
	text_printf(what, "the %s %s", of, quote(name, q));
}

static void once_object(struct checker *k, const struct mark *m, struct once *key,
			struct text *what)
{
	once_name(key, what, "object name", k->c->objects[m->at_item[0]].name);
}

static void once_exporter(struct checker *k, const struct mark *m, struct once *key,
			  struct text *what)
{
	once_name(key, what, "exporter name", k->c->exporters[m->at_item[0]].name);
}

static void once_capture(struct checker *k, const struct mark *m, struct once *key,
			 struct text *what)
{
	once_name(key, what, "capture interface", k->c->captures[m->at_item[0]].interface);
}

static void once_address(struct checker *k, const struct mark *m, struct once *key,
			 struct text *what)
{
	const struct ip *ip = &k->c->exporters[m->at_item[0]].addr;
	char buf[IP_TEXT_MAX];

	memcpy(key->bytes, ip->b, 16);
	text_printf(what, "the exporter address %s", ip_format(ip, buf));
}

static void once_interface(struct checker *k, const struct mark *m, struct once *key,
			   struct text *what)
{
	const struct conf_interface *i = &k->c->interfaces[m->at_item[0]];
	char q[QUOTE_MAX];

	memcpy(key->bytes, i->exporter, strlen(i->exporter));
	memcpy(key->bytes + CONF_NAME_MAX, &i->ifindex, sizeof(i->ifindex));
	text_printf(what, "ifindex %u of exporter %s", i->ifindex, quote(i->exporter, q));
}

static void once_link(struct checker *k, const struct mark *m, struct once *key, struct text *what)
{
	once_name(key, what, "link name", k->c->links[m->at_item[0]].name);
}

static void once_service(struct checker *k, const struct mark *m, struct once *key,
			 struct text *what)
{
	once_name(key, what, "service name", k->c->services[m->at_item[0]].name);
}

static void once_listen(struct checker *k, const struct mark *m, struct once *key,
			struct text *what)
{
	const struct conf_listen *l = &k->c->listen[m->at_item[0]];

	memcpy(key->bytes, l->addr.b, 16);
	memcpy(key->bytes + 16, &l->port, sizeof(l->port));
	text_printf(what, "this listen address with port %u", l->port);
}

/* Relations */

/* True when a prefix of @tag holds all of @p. */
static bool inside(const struct checker *k, enum conf_tag tag, const struct prefix *p)
{
	for (unsigned len = 0; len <= p->len; len++) {
		struct once key = {.tag = tag};
		struct prefix outer = prefix_of(&p->addr, len);

		if (!k->prefix_lengths[tag][len])
			continue;
		key_prefix(&key, &outer);
		if (map_get(k->seen, &key))
			return true;
	}
	return false;
}

static void relate_object_prefix(struct checker *k, const struct mark *m)
{
	const struct conf_object *o = &k->c->objects[m->at_item[0]];
	const struct prefix *p = &o->prefixes[m->at_item[1]];
	char buf[PREFIX_TEXT_MAX], q[QUOTE_MAX];

	prefix_format(p, buf);
	quote(o->name, q);
	if (k->whole && !inside(k, TAG_OWN, p))
		mistake_warn(k->mistakes, m->at, "%s of object %s is not inside \"own\"", buf, q);
	if (inside(k, TAG_DARKNET, p))
		mistake_warn(k->mistakes, m->at, "%s of object %s lies in a darknet", buf, q);
	if (o->n_measures && inside(k, TAG_NEVER, p))
		mistake_warn(
			k->mistakes, m->at,
			"%s of object %s lies in \"never_touch\": its measures cannot be taken",
			buf, q);
}

static void relate_darknet(struct checker *k, const struct mark *m)
{
	const struct prefix *p = &k->c->darknets[m->at_item[0]];
	char buf[PREFIX_TEXT_MAX];

	if (k->whole && !inside(k, TAG_OWN, p))
		mistake_add(k->mistakes, m->at, "the darknet %s is not inside \"own\"",
			    prefix_format(p, buf));
}

static void missing_exporter(struct checker *k, const struct mark *m, const char *name)
{
	_cleanup_free_ const char **names = calloc(k->c->n_exporters + 1, sizeof(*names));
	const char *near = NULL;
	char q[QUOTE_MAX], q2[QUOTE_MAX];

	for (size_t i = 0; names && i < k->c->n_exporters; i++)
		names[i] = k->c->exporters[i].name;
	if (names)
		near = text_nearest(name, names, k->c->n_exporters);
	if (near)
		mistake_add(k->mistakes, m->at, "no exporter is named %s; did you mean %s?",
			    quote(name, q), quote(near, q2));
	else
		mistake_add(k->mistakes, m->at, "no exporter is named %s", quote(name, q));
}

static void relate_interface(struct checker *k, const struct mark *m)
{
	const char *name = k->c->interfaces[m->at_item[0]].exporter;
	struct once key = {.tag = TAG_EXPORTER_NAME};

	memcpy(key.bytes, name, strlen(name));
	if (k->whole && !map_get(k->seen, &key))
		missing_exporter(k, m, name);
}

/* Interfaces and links name it; what is only written here leads nowhere. */
static void relate_service_link(struct checker *k, const struct mark *m)
{
	const struct conf *c = k->c;
	const char *name = c->services[m->at_item[0]].link, *near;
	_cleanup_free_ const char **names =
		calloc(c->n_interfaces + c->n_links + 1, sizeof(*names));
	char q[QUOTE_MAX], q2[QUOTE_MAX];
	size_t n = 0;

	if (!k->whole || !*name || !names)
		return;
	for (size_t i = 0; i < c->n_interfaces; i++)
		names[n++] = c->interfaces[i].link;
	for (size_t i = 0; i < c->n_links; i++)
		names[n++] = c->links[i].name;
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return;
	near = text_nearest(name, names, n);
	if (near)
		mistake_add(k->mistakes, m->at, "no link is named %s; did you mean %s?",
			    quote(name, q), quote(near, q2));
	else
		mistake_add(k->mistakes, m->at, "no link is named %s", quote(name, q));
}

static void relate_listen(struct checker *k, const struct mark *m)
{
	if (k->whole && m->at_item[0] == 0 && k->c->n_exporters == 0)
		mistake_warn(k->mistakes, m->at,
			     "no exporter is given: every datagram that comes here is refused");
}

static void relate_test(struct checker *k, const struct mark *m)
{
	const struct conf_known_test *t = &k->c->objects[m->at_item[0]].tests[m->at_item[1]];

	if (t->until_us <= t->from_us)
		mistake_add(k->mistakes, m->at, "\"until\" is not after \"from\"");
}

/* A larger prefix that opens sooner than a smaller one would always hide it. */
static void relate_times(struct checker *k, const struct mark *m)
{
	const struct thresholds *t =
		m->lists ? &k->c->objects[m->at_item[0]].thresholds : &k->c->thresholds;
	struct once key = {.tag = TAG_TIMES};
	bool created = false;

	memcpy(key.bytes, &m->lists, sizeof(m->lists));
	memcpy(key.bytes + 8, &m->at_item[0], sizeof(m->at_item[0]));
	if (t->prefix20_times >= t->prefix24_times || !map_put(k->seen, &key, &created) || !created)
		return;
	mistake_warn(k->mistakes, m->at, "times_20 (%u) is below times_24 (%u)", t->prefix20_times,
		     t->prefix24_times);
}

static const struct check {
	void (*once)(struct checker *k, const struct mark *m, struct once *key, struct text *what);
	void (*relate)(struct checker *k, const struct mark *m);
} checks[TAG_COUNT] = {
	[TAG_OWN] = {once_prefix, NULL},
	[TAG_OBJECT_NAME] = {once_object, NULL},
	[TAG_OBJECT_PREFIX] = {once_prefix, relate_object_prefix},
	[TAG_TEST_UNTIL] = {NULL, relate_test},
	[TAG_EXPORTER_NAME] = {once_exporter, NULL},
	[TAG_EXPORTER_ADDRESS] = {once_address, NULL},
	[TAG_INTERFACE_EXPORTER] = {NULL, relate_interface},
	[TAG_INTERFACE_INDEX] = {once_interface, NULL},
	[TAG_LINK_NAME] = {once_link, NULL},
	[TAG_SERVICE_NAME] = {once_service, NULL},
	[TAG_SERVICE_LINK] = {NULL, relate_service_link},
	[TAG_DARKNET] = {once_prefix, relate_darknet},
	[TAG_SHARED] = {once_prefix, NULL},
	[TAG_NEVER] = {once_prefix, NULL},
	[TAG_LISTEN] = {once_listen, relate_listen},
	[TAG_CAPTURE] = {once_capture, NULL},
	[TAG_TIMES] = {NULL, relate_times},
};

static void say_twice(struct checker *k, const struct mark *m, const struct first *first,
		      const struct text *what)
{
	char q[QUOTE_MAX], q2[QUOTE_MAX];

	if (m->tag == TAG_OBJECT_PREFIX && first->item != m->at_item[0])
		mistake_add(k->mistakes, m->at, "%s belongs to two objects, %s (line %u) and %s",
			    text_str(what), quote(k->c->objects[first->item].name, q), first->line,
			    quote(k->c->objects[m->at_item[0]].name, q2));
	else
		mistake_add(k->mistakes, m->at, "%s is given twice; first in line %u",
			    text_str(what), first->line);
}

static int note_once(struct checker *k, const struct mark *m)
{
	_cleanup_text_ struct text what = TEXT_NULL;
	struct once key = {.tag = m->tag};
	struct first *first;
	bool created;

	if (!checks[m->tag].once)
		return 0;
	checks[m->tag].once(k, m, &key, &what);
	first = map_put(k->seen, &key, &created);
	if (!first)
		return -ENOMEM;
	if (created)
		*first = (struct first){m->at.line, m->at_item[0]};
	else
		say_twice(k, m, first, &what);
	return 0;
}

static void free_map(struct map **m)
{
	map_free(*m);
}

int check_conf(const struct conf *c, const struct marks *marks, bool whole,
	       struct mistakes *mistakes)
{
	_cleanup_(free_map) struct map *seen =
		map_new(sizeof(struct once), sizeof(struct first), 0);
	struct checker k = {.c = c, .mistakes = mistakes, .seen = seen, .whole = whole};

	if (!seen)
		return -ENOMEM;
	for (size_t i = 0; i < marks->n; i++)
		if (note_once(&k, &marks->list[i]))
			return -ENOMEM;
	for (size_t i = 0; i < marks->n; i++)
		if (checks[marks->list[i].tag].relate)
			checks[marks->list[i].tag].relate(&k, &marks->list[i]);
	return 0;
}
