/* SPDX-License-Identifier: ISC */
/*
 * `path`, `path_basis`, `moves`, `bystanders`, `bystanders_untold` and `services` of an incident's
 * JSON, in both directions. Sentences are written and not read: they are made of the figures.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "judge/json_fields.h"
#include "judge/json_path.h"
#include "judge/path.h"

#define AT(of, member) offsetof(struct of, member)
#define GROUP(name, rows)                                                                          \
	static const struct field_group name = {NULL, (rows), sizeof(rows) / sizeof((rows)[0])}

static const struct field share_rows[] = {
	{"share", AT(path_row, share), FORM_REAL},
	{"share_low", AT(path_row, share_low), FORM_REAL},
	{"share_high", AT(path_row, share_high), FORM_REAL},
	{"input", AT(path_row, at.input), FORM_U32},
	{"counted", AT(path_row, counted), FORM_BOOL},
	{"byte_share", AT(path_row, byte_share), FORM_REAL},
	{"byte_share_low", AT(path_row, byte_low), FORM_REAL},
	{"byte_share_high", AT(path_row, byte_high), FORM_REAL},
	{"packets", AT(path_row, packets), FORM_U64},
	{"bytes", AT(path_row, bytes), FORM_U64},
	{"sampled", AT(path_row, sampled), FORM_U64},
	{"factor", AT(path_row, factor), FORM_U32},
};
GROUP(group_share, share_rows);

static const struct field load_rows[] = {
	{"capacity_bps", AT(path_row, capacity_bps), FORM_U64},
	{"load_bps", AT(path_row, load_bps), FORM_U64},
	{"load_most_bps", AT(path_row, load_most_bps), FORM_U64},
	{"load_most_at", AT(path_row, load_most_us), FORM_TIME},
	{"load_window_s", AT(path_row, window_s), FORM_U32},
	{"usual_bps", AT(path_row, usual_bps), FORM_U64},
	{"near_first", AT(path_row, near_first_us), FORM_TIME},
	{"near_last", AT(path_row, near_last_us), FORM_TIME},
};
GROUP(group_load, load_rows);

static const struct field move_rows[] = {
	{"at", AT(path_move, at_us), FORM_TIME},
	{"within_s", AT(path_move, within_s), FORM_U32},
	{"from_before", AT(path_move, from_before), FORM_REAL},
	{"from_after", AT(path_move, from_after), FORM_REAL},
	{"to_before", AT(path_move, to_before), FORM_REAL},
	{"to_after", AT(path_move, to_after), FORM_REAL},
};
GROUP(group_move, move_rows);

static const struct field lost_rows[] = {
	{"input", AT(path_lost, at.input), FORM_U32},
	{"lost", AT(path_lost, lost), FORM_REAL},
	{"lost_low", AT(path_lost, lost_low), FORM_REAL},
	{"lost_high", AT(path_lost, lost_high), FORM_REAL},
	{"usual_pps", AT(path_lost, usual_pps), FORM_U64},
	{"usual_bps", AT(path_lost, usual_bps), FORM_U64},
	{"during_pps", AT(path_lost, during_pps), FORM_U64},
	{"during_bps", AT(path_lost, during_bps), FORM_U64},
};
GROUP(group_lost, lost_rows);

static const struct field service_rows[] = {
	{"share", AT(path_service, share), FORM_REAL},
};
GROUP(group_service, service_rows);

static const struct field basis_rows[] = {
	{"share_confidence", AT(incident_path, share_confidence), FORM_REAL},
	{"other_share", AT(incident_path, other_share), FORM_REAL},
	{"loss_confidence", AT(incident_path, loss_confidence), FORM_REAL},
	{"moves_cut", AT(incident_path, moves_cut), FORM_BOOL},
	{"more_bystanders", AT(incident_path, more_lost), FORM_U32},
};
GROUP(group_basis, basis_rows);

static int put(json_t *to, const char *key, json_t *value_take)
{
	return json_object_set_new(to, key, value_take) ? -ENOMEM : 0;
}

static int put_text(json_t *to, const char *key, const char *text)
{
	return put(to, key, text && text[0] ? json_text(text) : json_null());
}

static json_t *put_list(json_t *to, const char *key)
{
	json_t *list = json_array();

	return json_object_set_new(to, key, list) ? NULL : list;
}

static json_t *add_object(json_t *list)
{
	json_t *o = json_object();

	return json_array_append_new(list, o) ? NULL : o;
}

static int put_words(json_t *to, void (*say)(const void *, bool, struct text *), const void *what)
{
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;

	say(what, false, &en);
	say(what, true, &ja);
	if (!text_ok(&en) || !text_ok(&ja))
		return -ENOMEM;
	return put(to, "en", json_text(text_str(&en))) || put(to, "ja", json_text(text_str(&ja)));
}

static void say_move(const void *what, bool ja, struct text *out)
{
	path_say_move(what, ja, out);
}

static void say_lost(const void *what, bool ja, struct text *out)
{
	path_say_lost(what, ja, out);
}

static void say_service(const void *what, bool ja, struct text *out)
{
	path_say_service(what, ja, out);
}

static int put_at(json_t *to, const char *key, const struct path_at *at)
{
	json_t *o = json_object();

	if (put(to, key, o))
		return -ENOMEM;
	return put_text(o, "link", at->link) || put_text(o, "exporter", at->exporter) ||
	       put(o, "input", json_integer(at->input));
}

static int put_row(json_t *list, const struct path_row *r)
{
	json_t *o = add_object(list);

	if (!o || put_text(o, "link", r->at.link) || put_text(o, "exporter", r->at.exporter) ||
	    fields_out(o, r, &group_share) || put_text(o, "peer", r->peer) ||
	    put_text(o, "capacity_from", path_capacity_name(r->capacity_from)) ||
	    fields_out(o, r, &group_load))
		return -ENOMEM;
	return put(o, "near_capacity",
		   r->capacity_bps && r->window_s ? json_boolean(path_near(r)) : json_null());
}

static int put_rows(json_t *o, const struct incident_path *p)
{
	json_t *list = put_list(o, "path");

	for (unsigned i = 0; list && p && i < p->n_rows; i++)
		if (put_row(list, &p->row[i]))
			return -ENOMEM;
	return list ? 0 : -ENOMEM;
}

static int put_basis(json_t *o, const struct incident_path *p)
{
	json_t *to = p ? json_object() : json_null();

	if (put(o, "path_basis", to))
		return -ENOMEM;
	return p ? fields_out(to, p, &group_basis) : 0;
}

static int put_moves(json_t *o, const struct incident_path *p)
{
	json_t *list = put_list(o, "moves");

	for (unsigned i = 0; list && p && i < p->n_moves; i++) {
		const struct path_move *m = &p->move[i];
		json_t *to = add_object(list);

		if (!to || fields_out(to, m, &group_move) || put_at(to, "from", &m->from) ||
		    put_at(to, "to", &m->to) || put_words(to, say_move, m))
			return -ENOMEM;
	}
	return list ? 0 : -ENOMEM;
}

static int put_lost(json_t *o, const struct incident_path *p)
{
	json_t *list = put_list(o, "bystanders");

	for (unsigned i = 0; list && p && i < p->n_lost; i++) {
		const struct path_lost *l = &p->lost[i];
		json_t *to = add_object(list);

		if (!to || put_text(to, "object", l->object) || put_text(to, "link", l->at.link) ||
		    put_text(to, "exporter", l->at.exporter) || fields_out(to, l, &group_lost) ||
		    put_words(to, say_lost, l))
			return -ENOMEM;
	}
	return list ? 0 : -ENOMEM;
}

static int put_untold(json_t *o, const struct incident_path *p)
{
	json_t *list = put_list(o, "bystanders_untold");

	for (unsigned i = 0; list && p && i < UNTOLD_REASONS; i++) {
		json_t *to;

		if (!p->untold[i])
			continue;
		to = add_object(list);
		if (!to || put(to, "reason", json_text(path_untold_name(i))) ||
		    put(to, "objects", json_integer(p->untold[i])) ||
		    put(to, "en", json_text(path_untold_words(i, false))) ||
		    put(to, "ja", json_text(path_untold_words(i, true))))
			return -ENOMEM;
	}
	return list ? 0 : -ENOMEM;
}

static int put_services(json_t *o, const struct incident_path *p)
{
	json_t *list = put_list(o, "services");

	for (unsigned i = 0; list && p && i < p->n_services; i++) {
		const struct path_service *s = &p->service[i];
		json_t *to = add_object(list);

		if (!to || put_text(to, "name", s->name) || put_text(to, "country", s->country) ||
		    put_text(to, "link", s->link) || fields_out(to, s, &group_service) ||
		    put(to, "risk", json_text(path_risk_name(s->risk))) ||
		    put_words(to, say_service, s))
			return -ENOMEM;
	}
	return list ? 0 : -ENOMEM;
}

int json_path_out(json_t *o, const struct incident *inc)
{
	const struct incident_path *p = inc->path;

	return put_rows(o, p) || put_basis(o, p) || put_moves(o, p) || put_lost(o, p) ||
	       put_untold(o, p) || put_services(o, p);
}

static int get_names(const json_t *from, struct path_at *at)
{
	return json_get_text(from, "link", at->link, sizeof(at->link)) ||
			       json_get_text(from, "exporter", at->exporter, sizeof(at->exporter))
		       ? -EINVAL
		       : 0;
}

static int get_at(const json_t *from, struct path_at *at)
{
	json_int_t input = json_integer_value(json_object_get(from, "input"));

	if (!json_is_object(from) || input < 0 || input > UINT32_MAX)
		return -EINVAL;
	at->input = (uint32_t)input;
	return get_names(from, at);
}

static const char *word(const json_t *from, const char *key)
{
	const char *s = json_string_value(json_object_get(from, key));

	return s ? s : "";
}

static int get_row(const json_t *from, void *to)
{
	struct path_row *r = to;
	r->load_most_us = r->near_first_us = r->near_last_us = TIME_NONE;
	if (fields_in(from, r, &group_share) || fields_in(from, r, &group_load) ||
	    get_names(from, &r->at) || json_get_text(from, "peer", r->peer, sizeof(r->peer)))
		return -EINVAL;
	for (int c = CAPACITY_CONFIGURED; c <= CAPACITY_EXPORTED; c++)
		if (strcmp(word(from, "capacity_from"), path_capacity_name(c)) == 0)
			r->capacity_from = (enum path_capacity)c;
	return 0;
}

static int get_move(const json_t *from, void *to)
{
	struct path_move *m = to;
	return fields_in(from, m, &group_move) || m->at_us == TIME_NONE ||
			       get_at(json_object_get(from, "from"), &m->from) ||
			       get_at(json_object_get(from, "to"), &m->to)
		       ? -EINVAL
		       : 0;
}

static int get_lost(const json_t *from, void *to)
{
	struct path_lost *l = to;
	return fields_in(from, l, &group_lost) || get_names(from, &l->at) ||
			       json_get_text(from, "object", l->object, sizeof(l->object))
		       ? -EINVAL
		       : 0;
}

static int get_service(const json_t *from, void *to)
{
	struct path_service *s = to;
	int risk = RISK_SHARES;

	while (risk <= RISK_LOST && strcmp(word(from, "risk"), path_risk_name(risk)) != 0)
		risk++;
	if (risk > RISK_LOST)
		return -EINVAL;
	s->risk = (enum path_risk)risk;
	return fields_in(from, s, &group_service) ||
			       json_get_text(from, "name", s->name, sizeof(s->name)) ||
			       json_get_text(from, "country", s->country, sizeof(s->country)) ||
			       json_get_text(from, "link", s->link, sizeof(s->link))
		       ? -EINVAL
		       : 0;
}

/* The first @most items of list @key, each of @size, by @get; *@n tells how many. */
static int get_list(const json_t *o, const char *key, unsigned *n, void *items, size_t size,
		    size_t most, int (*get)(const json_t *from, void *to))
{
	const json_t *list = json_object_get(o, key);

	for (size_t i = 0; i < json_array_size(list) && i < most; i++) {
		if (get(json_array_get(list, i), (char *)items + i * size))
			return -EINVAL;
		(*n)++;
	}
	return 0;
}

static int get_untold(const json_t *o, struct incident_path *p)
{
	const json_t *list = json_object_get(o, "bystanders_untold");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *from = json_array_get(list, i);
		json_int_t n = json_integer_value(json_object_get(from, "objects"));

		if (n < 0 || n > UINT32_MAX)
			return -EINVAL;
		for (unsigned u = 0; u < UNTOLD_REASONS; u++)
			if (strcmp(word(from, "reason"), path_untold_name(u)) == 0)
				p->untold[u] = (uint32_t)n;
	}
	return 0;
}

int json_path_in(const json_t *o, struct incident *inc)
{
	const json_t *basis = json_object_get(o, "path_basis");
	struct incident_path *p;

	if (!json_is_object(basis))
		return 0;
	p = inc->path = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	if (fields_in(basis, p, &group_basis) ||
	    get_list(o, "path", &p->n_rows, p->row, sizeof(p->row[0]), PATH_LINKS_MAX, get_row) ||
	    get_list(o, "moves", &p->n_moves, p->move, sizeof(p->move[0]), PATH_MOVES_MAX,
		     get_move) ||
	    get_list(o, "bystanders", &p->n_lost, p->lost, sizeof(p->lost[0]), PATH_BYSTANDERS_MAX,
		     get_lost) ||
	    get_list(o, "services", &p->n_services, p->service, sizeof(p->service[0]),
		     PATH_SERVICES_MAX, get_service))
		return -EINVAL;
	return get_untold(o, p);
}
