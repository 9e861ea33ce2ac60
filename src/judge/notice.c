/* SPDX-License-Identifier: ISC */
#include "judge/notice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "judge/json_fields.h"

static const char *const forms[NOTICE_FORMS] = {"partner", "customer", "news",
						"feed",	   "cert",     "police"};
static const char *const forms_ja[NOTICE_FORMS] = {"提携事業者", "顧客", "報道",
						   "フィード",	 "CERT", "警察"};

struct notice *notice_new(void)
{
	struct notice *n = calloc(1, sizeof(*n));

	if (n)
		n->received_us = n->from_us = n->until_us = TIME_NONE;
	return n;
}

struct notice *notice_free(struct notice *n)
{
	if (n)
		private_text_free(n->contact);
	free(n);
	return NULL;
}

const char *notice_form_name(enum notice_form f)
{
	return forms[f];
}

const char *notice_form_word(enum notice_form f, const char *language)
{
	return strcmp(language, "ja") == 0 ? forms_ja[f] : forms[f];
}

int notice_form_parse(const char *name, enum notice_form *out)
{
	for (int i = 0; i < NOTICE_FORMS; i++) {
		if (strcmp(name, forms[i]) == 0) {
			*out = (enum notice_form)i;
			return 0;
		}
	}
	return -EINVAL;
}

void notice_target_set(struct notice_target *t, const char *told)
{
	struct ip ip;

	if (told != t->told)
		snprintf(t->told, sizeof(t->told), "%s", told);
	t->prefix = (struct prefix){.len = 0};
	if (ip_parse(t->told, &ip) == 0) {
		t->kind = NOTICE_ADDRESS;
		t->prefix = prefix_of(&ip, 128);
	} else if (strchr(t->told, '/') && prefix_parse(t->told, true, &t->prefix) == 0) {
		t->kind = t->prefix.len == 128 ? NOTICE_ADDRESS : NOTICE_PREFIX;
	} else {
		t->kind = NOTICE_NAME;
	}
}

static int put(json_t *to, const char *key, json_t *value_take)
{
	return json_object_set_new(to, key, value_take) ? -ENOMEM : 0;
}

static int put_text(json_t *to, const char *key, const char *s)
{
	return *s ? put(to, key, json_text(s)) : 0;
}

static int put_time(json_t *to, const char *key, int64_t us)
{
	return us == TIME_NONE ? 0 : put(to, key, json_time(us));
}

/* The @count texts that stand @step bytes apart. */
static int put_list(json_t *to, const char *key, const char *first, size_t count, size_t step)
{
	json_t *list = count ? json_array() : NULL;

	for (size_t i = 0; list && i < count; i++)
		if (json_array_append_new(list, json_text(first + i * step))) {
			json_decref(list);
			return -ENOMEM;
		}
	return !count ? 0 : list ? put(to, key, list) : -ENOMEM;
}

static int put_span(json_t *to, const struct notice *n)
{
	json_t *span;

	if (n->from_us == TIME_NONE && n->until_us == TIME_NONE)
		return 0;
	span = json_object();
	if (!span || put_time(span, "from", n->from_us) || put_time(span, "until", n->until_us)) {
		json_decref(span);
		return -ENOMEM;
	}
	return put(to, "span", span);
}

static int put_statements(json_t *o, const struct notice *n)
{
	return (n->no_domestic_party ? put(o, "no_domestic_party", json_true()) : 0) ||
	       (n->hosted_abroad ? put(o, "hosted_abroad", json_true()) : 0) ||
	       put_text(o, "country", n->country) || put_text(o, "actor", n->actor) ||
	       put_text(o, "motive", n->motive);
}

json_t *notice_to_json(const struct notice *n, const struct viewer *viewer)
{
	const char *contact = private_text_reveal(n->contact, viewer);
	char circle[CIRCLE_TEXT_MAX];
	json_t *o = json_object();

	if (!o)
		return NULL;
	if (put(o, "form", json_string(forms[n->form])) || put_text(o, "from", n->from) ||
	    put_text(o, "reference", n->reference) || put_time(o, "received", n->received_us) ||
	    put_span(o, n) ||
	    put_list(o, "target", n->target[0].told, n->n_targets, sizeof(n->target[0])) ||
	    put_list(o, "vector", n->vector[0].told, n->n_vectors, sizeof(n->vector[0])) ||
	    put_list(o, "link", n->link[0].name, n->n_links, sizeof(n->link[0])) ||
	    put_statements(o, n) || put_text(o, "text", n->text) ||
	    put_text(o, "language", n->language) ||
	    (n->has_circle && put(o, "circle", json_text(circle_format(&n->circle, circle)))) ||
	    (contact && put(o, "contact", json_text(contact)))) {
		json_decref(o);
		return NULL;
	}
	return o;
}
