/* SPDX-License-Identifier: ISC */
/*
 * Rows of measures that somebody else wrote. Nobody acts on them; that they are there is a line of
 * the log and a page. Each is told once, by what the log has: a restart tells nothing again.
 */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "judge/json_fields.h"
#include "router/act_inside.h"

#define LOOK_US (60 * US_PER_S)
#define WORD	"forged_measure"

/* The id is a stranger's text: what is shown of it is plain. */
static void key_of(const char *id, char *key)
{
	memset(key, 0, ACT_FORGED_KEY);
	for (size_t i = 0; id[i] && i < ACT_FORGED_KEY - 1; i++)
		key[i] = (id[i] >= '0' && id[i] <= '9') || (id[i] >= 'a' && id[i] <= 'z') ? id[i]
											  : '?';
}

/* Return: is it one that was not met before? */
static bool note(struct act *a, const char *id)
{
	char key[ACT_FORGED_KEY];
	bool created = false;

	key_of(id, key);
	return map_put(a->forged, key, &created) && created;
}

/* ---- telling ---- */

static void take_line(struct act *a, const json_t *body)
{
	const json_t *o;
	size_t i;

	json_array_foreach(json_object_get(body, "refusals"), i, o)
	{
		const char *subject = json_string_value(json_object_get(o, "subject"));
		const char *why = json_string_value(json_object_get(o, "why"));
		char key[ACT_FORGED_KEY];
		bool *told;

		if (!subject || !why || strncmp(why, WORD, sizeof(WORD) - 1) != 0)
			continue;
		key_of(subject, key);
		told = map_get(a->forged, key);
		if (told)
			*told = true;
	}
}

static int on_line(void *userdata, const struct desk_audit_row *row)
{
	json_t *body = NULL;
	int r = strstr(row->body, WORD) ? json_parse(row->body, &body) : 0;

	if (body)
		take_line(userdata, body);
	json_decref(body);
	return r == -ENOMEM ? r : 0;
}

static void tell_one(struct act *a, const char *id)
{
	_cleanup_refusal_ struct refusal_text t = REFUSAL_NULL;

	check_refuse(&t, CHECK_LAW, WORD,
		     "the row of this measure is not ours, and is never acted on",
		     "この措置の行は noroshi のものではなく、実行されない");
	act_write_refusal(a, id, "noroshi", &t, NULL);
	log_error("measure-forged",
		  "measure=%s advice=\"it is not acted on; see noroshi audit verify\"", id);
}

static void tell(struct act *a)
{
	const char *first = NULL;
	const void *key;
	void *told;

	if (desk_db_audit(a->desk, on_line, a))
		return;
	for (size_t at = 0; map_next(a->forged, &at, &key, &told);) {
		if (*(bool *)told)
			continue;
		*(bool *)told = true;
		first = first ? first : key;
		tell_one(a, key);
	}
	if (first)
		act_page(a, first, "forged",
			 "a measure in the store was not written by noroshi; it is not acted on: "
			 "noroshi audit verify",
			 "記録庫の措置に noroshi が書き込んだものではない行がある。実行はされない。"
			 "noroshi audit verify");
}

/* ---- looking ---- */

struct looking {
	struct act *a;
	const char *id; /* NULL: any */
	bool fresh, met;
};

static int on_row(void *userdata, const struct desk_measure_row *row, bool forged)
{
	struct looking *l = userdata;

	if (!forged || (l->id && strncmp(row->id, l->id, strlen(l->id)) != 0))
		return 0;
	l->met = true;
	l->fresh |= note(l->a, row->id);
	return 0;
}

void act_forged_tick(struct act *a)
{
	struct looking l = {.a = a};
	int r;

	if (clock_mono_us() < a->forged_us)
		return;
	a->forged_us = clock_mono_us() + LOOK_US;
	r = desk_act_measures(a->desk, "", true, on_row, &l);
	if (r == -ENOMEM)
		a->fatal = r;
	if (l.fresh)
		tell(a);
}

bool act_is_forged(struct act *a, const char *id)
{
	struct looking l = {.a = a, .id = id};

	if (desk_act_measures(a->desk, id, false, on_row, &l) == -ENOMEM)
		a->fatal = -ENOMEM;
	if (l.fresh && !a->offline)
		tell(a);
	return l.met;
}
