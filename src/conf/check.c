/* SPDX-License-Identifier: ISC */
/*
 * Two passes over the marks, both in the order of the file: the first notes everything that may
 * stand only once, the second asks how things relate. One table says per kind of value what is
 * done.
 */
#include "conf/check.h"

#include <errno.h>
#include <string.h>

#include "conf/check_inside.h"

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
	case TAG_ACT_NEVER:
		return &c->act.never[i].prefixes[m->at_item[1]];
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
						     [TAG_NEVER] = "never_touch",
						     [TAG_ACT_NEVER] = "never"};
	const struct prefix *p = marked_prefix(k->c, m);
	char buf[PREFIX_TEXT_MAX];

	key_prefix(key, p);
	k->prefix_lengths[m->tag][p->len] = true;
	text_printf(what, "the %s prefix %s", whose[m->tag], prefix_format(p, buf));
}

/* What a value with a name is called; these are kept by the name alone. */
static const char *const name_of[TAG_COUNT] = {
	[TAG_OBJECT_NAME] = "object name",   [TAG_EXPORTER_NAME] = "exporter name",
	[TAG_INTERFACE_LINK] = "link name",  [TAG_LINK_NAME] = "link name",
	[TAG_SERVICE_NAME] = "service name", [TAG_CAPTURE] = "capture interface",
	[TAG_PERSON] = "name of a person",   [TAG_HEIGHTENED] = "name of a heightened watch",
	[TAG_NEIGHBOR] = "name of a neighbour", [TAG_APPROVER] = "name of an approver",
	[TAG_APPROVER_USER] = "user of an approver", [TAG_STANDING] = "name of a standing order",
};

static void once_name(struct checker *k, const struct mark *m, struct once *key, struct text *what)
{
	const char *name = marked_text(k->c, m);
	char q[QUOTE_MAX];

	memcpy(key->bytes, name, strlen(name));
	text_printf(what, "the %s %s", name_of[m->tag], quote(name, q));
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

static void once_listen(struct checker *k, const struct mark *m, struct once *key,
			struct text *what)
{
	const struct conf_listen *l = &k->c->listen[m->at_item[0]];

	memcpy(key->bytes, l->addr.b, 16);
	memcpy(key->bytes + 16, &l->port, sizeof(l->port));
	text_printf(what, "this listen address with port %u", l->port);
}

static void once_neighbor(struct checker *k, const struct mark *m, struct once *key,
			  struct text *what)
{
	const struct conf_neighbor *n = &k->c->act.neighbors[m->at_item[0]];
	char buf[IP_TEXT_MAX];

	memcpy(key->bytes, n->address.b, 16);
	memcpy(key->bytes + 16, n->local_address.b, 16);
	memcpy(key->bytes + 32, &n->kind, sizeof(n->kind));
	text_printf(what, "a session with %s", ip_format(&n->address, buf));
}

/* Relations */

/* True when a prefix of @tag that is no longer than @longest holds all of @p. */
static bool inside_of(const struct checker *k, enum conf_tag tag, const struct prefix *p,
		      unsigned longest)
{
	for (unsigned len = 0; len <= longest; len++) {
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

/* True when a prefix of @tag holds all of @p. */
static bool inside(const struct checker *k, enum conf_tag tag, const struct prefix *p)
{
	return inside_of(k, tag, p, p->len);
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
	if (o->n_measures && inside(k, TAG_ACT_NEVER, p))
		mistake_warn(k->mistakes, m->at,
			     "%s of object %s lies in \"never\" of \"act\": its measures cannot be "
			     "taken",
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

static void relate_never(struct checker *k, const struct mark *m)
{
	const struct prefix *p = marked_prefix(k->c, m);
	char buf[PREFIX_TEXT_MAX];

	prefix_format(p, buf);
	if (prefix_family_len(p) == 0)
		mistake_add(k->mistakes, m->at, "%s holds everything: no measure could be taken",
			    buf);
	else if (inside_of(k, TAG_ACT_NEVER, p, p->len - 1))
		mistake_warn(k->mistakes, m->at, "%s lies in another prefix of \"never\"", buf);
}

static void relate_listen(struct checker *k, const struct mark *m)
{
	if (k->whole && m->at_item[0] == 0 && k->c->n_exporters == 0)
		mistake_warn(k->mistakes, m->at,
			     "no exporter is given: every datagram that comes here is refused");
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
	bool again; /* may be given again: only noted */
} checks[TAG_COUNT] = {
	[TAG_OWN] = {once_prefix},
	[TAG_OBJECT_NAME] = {once_name},
	[TAG_OBJECT_PREFIX] = {once_prefix, relate_object_prefix},
	[TAG_TEST_UNTIL] = {NULL, relate_until},
	[TAG_EXPORTER_NAME] = {once_name},
	[TAG_EXPORTER_ADDRESS] = {once_address},
	[TAG_INTERFACE_EXPORTER] = {NULL, relate_named},
	[TAG_INTERFACE_INDEX] = {once_interface},
	[TAG_INTERFACE_LINK] = {once_name, NULL, true},
	[TAG_LINK_NAME] = {once_name},
	[TAG_SERVICE_NAME] = {once_name},
	[TAG_SERVICE_LINK] = {NULL, relate_named},
	[TAG_DARKNET] = {once_prefix, relate_darknet},
	[TAG_SHARED] = {once_prefix},
	[TAG_NEVER] = {once_prefix},
	[TAG_LISTEN] = {once_listen, relate_listen},
	[TAG_CAPTURE] = {once_name},
	[TAG_TIMES] = {NULL, relate_times},
	[TAG_DUTY_ZONE] = {NULL, relate_zone},
	[TAG_DUTY_PROGRAM] = {NULL, relate_program},
	[TAG_NOTICE_PROGRAM] = {NULL, relate_program},
	[TAG_PERSON] = {once_name, relate_person},
	[TAG_PERSON_ZONE] = {NULL, relate_zone},
	[TAG_PERSON_PROGRAM] = {NULL, relate_program},
	[TAG_SHIFT_PERSON] = {NULL, relate_shift_person},
	[TAG_SHIFT_ZONE] = {NULL, relate_zone},
	[TAG_SHIFT_TO] = {NULL, relate_until},
	[TAG_ESCALATION] = {NULL, relate_named},
	[TAG_MAIL_SERVER] = {NULL, relate_mail_server},
	[TAG_HEARTBEAT_LISTEN] = {NULL, relate_heartbeat},
	[TAG_MAINTENANCE_UNTIL] = {NULL, relate_until},
	[TAG_MAINTENANCE_OBJECT] = {NULL, relate_named},
	[TAG_MAINTENANCE_EXPORTER] = {NULL, relate_named},
	[TAG_MAINTENANCE_LINK] = {NULL, relate_named},
	[TAG_HEIGHTENED] = {once_name, relate_heightened},
	[TAG_HEIGHTENED_UNTIL] = {NULL, relate_until},
	[TAG_HEIGHTENED_OBJECT] = {NULL, relate_named},
	[TAG_HEIGHTENED_SERVICE] = {NULL, relate_named},
	[TAG_HEIGHTENED_PERSON] = {NULL, relate_named},
	[TAG_LEGAL] = {NULL, relate_legal},
	[TAG_OVERRIDE] = {NULL, relate_override},
	[TAG_NEIGHBOR] = {once_name, relate_neighbor},
	[TAG_NEIGHBOR_TAKES] = {NULL, relate_takes},
	[TAG_NEIGHBOR_ADDRESS] = {once_neighbor},
	[TAG_NEIGHBOR_ID] = {NULL, relate_router_id},
	[TAG_NEIGHBOR_HOP] = {NULL, relate_next_hop},
	[TAG_NEIGHBOR_HOP6] = {NULL, relate_next_hop},
	[TAG_NEIGHBOR_LINK] = {NULL, relate_named},
	[TAG_NEIGHBOR_COMMUNITY] = {NULL, relate_community},
	[TAG_NEIGHBOR_REDIRECT] = {NULL, relate_community},
	[TAG_NEIGHBOR_TABLE] = {NULL, relate_table},
	[TAG_NEIGHBOR_INSIDE] = {NULL, relate_inside},
	[TAG_APPROVER] = {once_name, relate_approver},
	[TAG_APPROVER_USER] = {once_name, relate_user},
	[TAG_APPROVER_KEY] = {NULL, relate_key_file},
	[TAG_TWO_PERSONS] = {NULL, relate_two},
	[TAG_BREAK_GLASS] = {NULL, relate_two},
	[TAG_STANDING] = {once_name, relate_standing},
	[TAG_STANDING_OBJECT] = {NULL, relate_named},
	[TAG_STANDING_KIND] = {NULL, relate_standing_kind},
	[TAG_STANDING_APPROVER] = {NULL, relate_standing_approver},
	[TAG_STANDING_REVIEW] = {NULL, relate_review},
	[TAG_STANDING_PROBE] = {NULL, relate_probe},
	[TAG_ACT_NEVER] = {once_prefix, relate_never},
	[TAG_HOOK] = {NULL, relate_program},
	[TAG_ACT_SOCKET] = {NULL, relate_socket},
	[TAG_ACT_EXABGP] = {NULL, relate_socket},
	[TAG_HEAD_FILE] = {NULL, relate_head_file},
	[TAG_HEAD_MAIL] = {NULL, relate_head_mail},
	[TAG_ACT_PROMETHEUS] = {NULL, relate_act_prometheus},
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
	else if (!checks[m->tag].again)
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
	struct checker k = {
		.c = c, .marks = marks, .mistakes = mistakes, .seen = seen, .whole = whole};

	if (!seen)
		return -ENOMEM;
	k.clean = mistakes->n_errors == 0;
	for (size_t i = 0; i < marks->n; i++)
		if (note_once(&k, &marks->list[i]))
			return -ENOMEM;
	for (size_t i = 0; i < marks->n; i++)
		if (checks[marks->list[i].tag].relate)
			checks[marks->list[i].tag].relate(&k, &marks->list[i]);
	return 0;
}
