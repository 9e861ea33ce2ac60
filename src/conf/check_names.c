/* SPDX-License-Identifier: ISC */
/*
 * Names that lead to something else of the file. What is called by a name was noted when everything
 * was gone through the first time; only where nothing is, all names are looked at for the nearest.
 */
#include <string.h>

#include "conf/check_inside.h"

/* Where the text of a mark stands: in the configuration itself, in an item of one of its lists, or
 * in a list of names in such an item. */
struct where {
	uint32_t list, step; /* the list's offset and the size of its items; 0: no list */
	uint32_t field;
	bool names;
};

/* clang-format off: a row stays a row. */
#define PLAIN(f)                                                                                   \
	{                                                                                          \
		.field = offsetof(struct conf, f)                                                  \
	}
#define ITEM(l, st, f)                                                                             \
	{                                                                                          \
		.list = offsetof(struct conf, l), .step = sizeof(struct st),                       \
		.field = offsetof(struct st, f)                                                    \
	}
#define NAMES(l, st, f)                                                                            \
	{                                                                                          \
		.list = offsetof(struct conf, l), .step = sizeof(struct st),                       \
		.field = offsetof(struct st, f), .names = true                                     \
	}

static const struct where texts[TAG_COUNT] = {
	[TAG_OBJECT_NAME] = ITEM(objects, conf_object, name),
	[TAG_EXPORTER_NAME] = ITEM(exporters, conf_exporter, name),
	[TAG_INTERFACE_EXPORTER] = ITEM(interfaces, conf_interface, exporter),
	[TAG_INTERFACE_LINK] = ITEM(interfaces, conf_interface, link),
	[TAG_LINK_NAME] = ITEM(links, conf_link, name),
	[TAG_SERVICE_NAME] = ITEM(services, conf_service, name),
	[TAG_SERVICE_LINK] = ITEM(services, conf_service, link),
	[TAG_CAPTURE] = ITEM(captures, conf_capture, interface),
	[TAG_DUTY_ZONE] = PLAIN(duty.zone),
	[TAG_DUTY_PROGRAM] = PLAIN(duty.program),
	[TAG_NOTICE_PROGRAM] = PLAIN(duty.notice_program),
	[TAG_PERSON] = ITEM(duty.people, conf_person, name),
	[TAG_PERSON_ZONE] = ITEM(duty.people, conf_person, zone),
	[TAG_PERSON_PROGRAM] = ITEM(duty.people, conf_person, program),
	[TAG_SHIFT_PERSON] = NAMES(duty.shifts, conf_shift, people),
	[TAG_SHIFT_ZONE] = ITEM(duty.shifts, conf_shift, zone),
	[TAG_ESCALATION] = {.list = offsetof(struct conf, duty.escalation),
			    .step = sizeof(conf_name)},
	[TAG_MAIL_SERVER] = PLAIN(duty.mail.server),
	[TAG_HEARTBEAT_LISTEN] = PLAIN(duty.heartbeat.listen),
	[TAG_MAINTENANCE_OBJECT] = NAMES(maintenance, conf_maintenance, objects),
	[TAG_MAINTENANCE_EXPORTER] = NAMES(maintenance, conf_maintenance, exporters),
	[TAG_MAINTENANCE_LINK] = NAMES(maintenance, conf_maintenance, links),
	[TAG_HEIGHTENED] = ITEM(heightened, conf_heightened, name),
	[TAG_HEIGHTENED_OBJECT] = NAMES(heightened, conf_heightened, objects),
	[TAG_HEIGHTENED_SERVICE] = NAMES(heightened, conf_heightened, services),
	[TAG_HEIGHTENED_PERSON] = NAMES(heightened, conf_heightened, people),
	[TAG_LEGAL] = PLAIN(act.legal),
	[TAG_NEIGHBOR] = ITEM(act.neighbors, conf_neighbor, name),
	[TAG_NEIGHBOR_ID] = ITEM(act.neighbors, conf_neighbor, router_id),
	[TAG_NEIGHBOR_LINK] = NAMES(act.neighbors, conf_neighbor, links),
	[TAG_NEIGHBOR_COMMUNITY] = ITEM(act.neighbors, conf_neighbor, community),
	[TAG_NEIGHBOR_REDIRECT] = ITEM(act.neighbors, conf_neighbor, redirect),
	[TAG_NEIGHBOR_TABLE] = ITEM(act.neighbors, conf_neighbor, table),
	[TAG_NEIGHBOR_INSIDE] = ITEM(act.neighbors, conf_neighbor, inside),
	[TAG_APPROVER] = ITEM(act.approvers, conf_approver, name),
	[TAG_APPROVER_USER] = ITEM(act.approvers, conf_approver, user),
	[TAG_APPROVER_KEY] = ITEM(act.approvers, conf_approver, key),
	[TAG_TWO_PERSONS] = {.list = offsetof(struct conf, act.two_persons),
			     .step = sizeof(conf_name)},
	[TAG_BREAK_GLASS] = {.list = offsetof(struct conf, act.break_glass),
			     .step = sizeof(conf_name)},
	[TAG_STANDING] = ITEM(act.standing, conf_standing, name),
	[TAG_STANDING_OBJECT] = ITEM(act.standing, conf_standing, object),
	[TAG_STANDING_APPROVER] = NAMES(act.standing, conf_standing, approvers),
	[TAG_HOOK] = ITEM(act.hooks, conf_hook, program),
	[TAG_ACT_SOCKET] = PLAIN(act.socket),
	[TAG_ACT_EXABGP] = PLAIN(act.exabgp),
	[TAG_HEAD_FILE] = PLAIN(act.head_file),
	[TAG_ACT_PROMETHEUS] = PLAIN(act.prometheus),
};

/* What is called by a name, and the values that give it one. */
static const struct kind {
	const char *what;
	enum conf_tag by, or_by;
} an_object = {"protected object", TAG_OBJECT_NAME},
  an_exporter = {"exporter", TAG_EXPORTER_NAME},
  a_link = {"link", TAG_INTERFACE_LINK, TAG_LINK_NAME},
  a_service = {"service", TAG_SERVICE_NAME},
  a_person = {"person", TAG_PERSON},
  an_approver = {"approver", TAG_APPROVER};

static const struct kind *const named[TAG_COUNT] = {
	[TAG_INTERFACE_EXPORTER] = &an_exporter, [TAG_SERVICE_LINK] = &a_link,
	[TAG_SHIFT_PERSON] = &a_person,	      [TAG_ESCALATION] = &a_person,
	[TAG_MAINTENANCE_OBJECT] = &an_object,   [TAG_MAINTENANCE_EXPORTER] = &an_exporter,
	[TAG_MAINTENANCE_LINK] = &a_link,      [TAG_HEIGHTENED_OBJECT] = &an_object,
	[TAG_HEIGHTENED_SERVICE] = &a_service,  [TAG_HEIGHTENED_PERSON] = &a_person,
	[TAG_NEIGHBOR_LINK] = &a_link,	      [TAG_STANDING_OBJECT] = &an_object,
	[TAG_STANDING_APPROVER] = &an_approver,
};
/* clang-format on */

const char *marked_text(const struct conf *c, const struct mark *m)
{
	const struct where *w = &texts[m->tag];
	const char *p = (const char *)c;

	if (w->step)
		p = *(char *const *)(const void *)(p + w->list) + (size_t)m->at_item[0] * w->step;
	p += w->field;
	if (w->names)
		p = (*(conf_name *const *)(const void *)p)[m->at_item[1]];
	return p;
}

static bool is_named(const struct checker *k, enum conf_tag by, const char *name)
{
	struct once key = {.tag = by};

	memcpy(key.bytes, name, strlen(name));
	return by && map_get(k->seen, &key);
}

static const char *nearest_name(const struct checker *k, const struct kind *kind, const char *name)
{
	_cleanup_free_ const char **names = calloc(k->marks->n, sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; names && i < k->marks->n; i++) {
		const struct mark *m = &k->marks->list[i];

		if (m->tag == kind->by || (kind->or_by && m->tag == kind->or_by))
			names[n++] = marked_text(k->c, m);
	}
	return n ? text_nearest(name, names, n) : NULL;
}

void relate_named(struct checker *k, const struct mark *m)
{
	const struct kind *kind = named[m->tag];
	const char *name = marked_text(k->c, m), *near;
	char q[QUOTE_MAX], q2[QUOTE_MAX];

	if (!k->whole || !*name || is_named(k, kind->by, name) || is_named(k, kind->or_by, name))
		return;
	near = mistakes_full(k->mistakes) ? NULL : nearest_name(k, kind, name);
	if (near)
		mistake_add(k->mistakes, m->at, "no %s is named %s; did you mean %s?", kind->what,
			    quote(name, q), quote(near, q2));
	else
		mistake_add(k->mistakes, m->at, "no %s is named %s", kind->what, quote(name, q));
}
