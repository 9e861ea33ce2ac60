/* SPDX-License-Identifier: ISC */
/*
 * The scope of a case: judged from its incident that had the most packets, with what the notices
 * say that this viewer may see. DESK_HAS_SCOPE is set by the build once judge/scope.c stands in the
 * tree; without it the statements of the notices are shown as they are, and nothing is judged.
 */
#include <stdlib.h>
#include <string.h>

#include "desk/inside.h"
#ifdef DESK_HAS_SCOPE
#include "judge/scope.h"
#endif

#ifdef DESK_HAS_SCOPE

#define NOTICES_MAX 64

static const struct incident *largest(const struct desk_case *c)
{
	const struct incident *found = NULL;

	for (unsigned i = 0; i < c->n_items; i++) {
		const struct incident *inc = c->items[i].incident;

		if (inc && (!found || inc->f.packets > found->f.packets))
			found = inc;
	}
	return found;
}

static void says_of(const struct notice *n, struct scope_notice *out)
{
	size_t len;

	*out = (struct scope_notice){.no_domestic_party = n->no_domestic_party,
				     .hosted_abroad = n->hosted_abroad};
	snprintf(out->says, sizeof(out->says), "%s: %.80s", notice_form_name(n->form), n->from);
	/* No half character at the end. */
	for (len = strlen(out->says); len && !text_is_utf8(out->says, len); len--)
		out->says[len - 1] = '\0';
	memcpy(out->actor_country, n->country, sizeof(out->actor_country));
}

static void judge(struct desk *d, const struct desk_case *c, struct scope *out)
{
	struct scope_notice said[NOTICES_MAX];
	struct scope_input in = {.inc = largest(c), .conf = d->conf, .notices = said};

	for (unsigned i = 0; i < c->n_items && in.n_notices < NOTICES_MAX; i++)
		if (c->items[i].notice)
			says_of(c->items[i].notice, &said[in.n_notices++]);
	scope_judge(&in, out);
}

json_t *desk_scope_json(struct desk *d, const struct desk_case *c)
{
	struct scope s;

	judge(d, c, &s);
	return scope_to_json(&s);
}

void desk_scope_print(struct desk *d, const struct desk_case *c, const char *language,
		      struct text *out)
{
	struct scope s;

	judge(d, c, &s);
	scope_said(&s, language, out);
}

#else

json_t *desk_scope_json(struct desk *d, const struct desk_case *c)
{
	bool party = false, abroad = false;
	json_t *countries = json_array();

	for (unsigned i = 0; i < c->n_items; i++) {
		const struct notice *n = c->items[i].notice;

		party |= n && n->no_domestic_party;
		abroad |= n && n->hosted_abroad;
		if (n && *n->country)
			desk_push(countries, json_string(n->country));
	}
	return json_pack("{s{sbsbso}}", "told", "no_domestic_party", party, "hosted_abroad", abroad,
			 "countries", countries);
}

void desk_scope_print(struct desk *d, const struct desk_case *c, const char *language,
		      struct text *out)
{
	bool ja = strcmp(language, "ja") == 0;

	for (unsigned i = 0; i < c->n_items; i++) {
		const struct notice *n = c->items[i].notice;

		if (n && n->hosted_abroad)
			text_add(out, ja ? "  "
					   "対象は国外に置かれているとの通知があり、自網では観測で"
					   "きない\n"
					 : "  a notice says that the target is hosted abroad: own "
					   "observation is impossible\n");
		if (n && n->no_domestic_party)
			text_add(out, ja ? "  国内に当事者はいないとの通知がある\n"
					 : "  a notice says that no domestic party is concerned\n");
	}
}

#endif
