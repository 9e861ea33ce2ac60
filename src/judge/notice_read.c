/* SPDX-License-Identifier: ISC */
/*
 * Reading a notice by rows, as the configuration is read: every mistake has its line and column,
 * and a wrong key its nearest right one. JSON is read by the same reader, being YAML.
 */
#include <errno.h>
#include <string.h>

#include "conf/sheet.h"
#include "judge/notice.h"

#define TAG_CIRCLE ((enum conf_tag)(TAG_COUNT + 1))
#define TAG_UNTIL  ((enum conf_tag)(TAG_COUNT + 2))

/* What the rows fill; times are 0 where nothing was said. */
struct notice_file {
	struct notice n;
	char circle[CIRCLE_TEXT_MAX];
	char contact[NOTICE_LINE_MAX];
};

/* clang-format off: a row stays a row. */

#define FIELD(st, f) .offset = offsetof(struct st, f), .size = sizeof(((struct st *)NULL)->f)
#define MAP(w, rows) .what = (w), .keys = (rows), .n_keys = ARRAY_LEN(rows)
#define ITEMS(m, st, most, n_field)                                                                \
	{                                                                                          \
		.item = {.name = "", .type = TYPE_MAP, .size = sizeof(st), .map = &(m)},           \
		.max = (most), .count = offsetof(struct notice_file, n_field), .in_place = true    \
	}

static const char *const form_words[] = {"partner", "customer", "news", "feed",
					 "cert",    "police",	NULL};
/* An odd place is "yes". */
static const char *const yes_words[] = {"no", "yes", "false", "true", NULL};
static const char *const language_words[] = {"en", "ja", NULL};

static const struct conf_key target_keys[] = {
	{.name = "name", .type = TYPE_NAME, FIELD(notice_target, told)}};
static const struct conf_key vector_keys[] = {
	{.name = "name", .type = TYPE_NAME, FIELD(notice_vector, told)}};
static const struct conf_key link_keys[] = {
	{.name = "name", .type = TYPE_NAME, .size = NOTICE_WORD_MAX}};
static const struct conf_map target_map = {MAP("a target", target_keys), .short_form = true};
static const struct conf_map vector_map = {MAP("a vector", vector_keys), .short_form = true};
static const struct conf_map link_map = {MAP("a link", link_keys), .short_form = true};

static const struct conf_list targets =
	ITEMS(target_map, struct notice_target, NOTICE_TARGETS_MAX, n.n_targets);
static const struct conf_list vectors =
	ITEMS(vector_map, struct notice_vector, NOTICE_VECTORS_MAX, n.n_vectors);
static const struct conf_list links =
	ITEMS(link_map, ((struct notice *)NULL)->link[0], NOTICE_LINKS_MAX, n.n_links);

static const struct conf_key span_keys[] = {
	{.name = "from", .type = TYPE_TIME, FIELD(notice_file, n.from_us)},
	{.name = "until", .type = TYPE_TIME, FIELD(notice_file, n.until_us), .tag = TAG_UNTIL},
};
static const struct conf_map span_map = {MAP("span", span_keys)};

static const struct conf_key notice_keys[] = {
	{.name = "form",
	 .type = TYPE_WORD,
	 .flags = KEY_REQUIRED,
	 FIELD(notice_file, n.form),
	 .words = form_words},
	{.name = "from", .type = TYPE_TEXT, FIELD(notice_file, n.from)},
	{.name = "reference", .type = TYPE_TEXT, FIELD(notice_file, n.reference)},
	{.name = "received", .type = TYPE_TIME, FIELD(notice_file, n.received_us)},
	{.name = "span", .type = TYPE_MAP, .map = &span_map},
	{.name = "target", .type = TYPE_LIST, FIELD(notice_file, n.target), .list = &targets},
	{.name = "vector", .type = TYPE_LIST, FIELD(notice_file, n.vector), .list = &vectors},
	{.name = "link", .type = TYPE_LIST, FIELD(notice_file, n.link), .list = &links},
	{.name = "country", .type = TYPE_COUNTRY, FIELD(notice_file, n.country)},
	{.name = "actor", .type = TYPE_TEXT, FIELD(notice_file, n.actor)},
	{.name = "no_domestic_party",
	 .type = TYPE_WORD,
	 FIELD(notice_file, n.no_domestic_party),
	 .words = yes_words},
	{.name = "hosted_abroad",
	 .type = TYPE_WORD,
	 FIELD(notice_file, n.hosted_abroad),
	 .words = yes_words},
	{.name = "motive", .type = TYPE_TEXT, FIELD(notice_file, n.motive)},
	{.name = "text", .type = TYPE_LINES, FIELD(notice_file, n.text)},
	{.name = "language",
	 .type = TYPE_CHOICE,
	 FIELD(notice_file, n.language),
	 .words = language_words},
	{.name = "circle", .type = TYPE_TEXT, FIELD(notice_file, circle), .tag = TAG_CIRCLE},
	{.name = "contact", .type = TYPE_TEXT, FIELD(notice_file, contact)},
};
static const struct conf_map notice_map = {MAP("a notice", notice_keys)};
/* clang-format on */

static void time_or_none(int64_t *us)
{
	*us = *us ? *us : TIME_NONE;
}

static int check(void *base, const struct marks *marks, struct mistakes *mistakes, void *userdata)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	struct notice_file *f = base;
	struct notice *n = &f->n;

	time_or_none(&n->received_us);
	time_or_none(&n->from_us);
	time_or_none(&n->until_us);
	n->no_domestic_party &= 1;
	n->hosted_abroad &= 1;
	for (size_t i = 0; i < n->n_targets; i++)
		notice_target_set(&n->target[i], n->target[i].told);
	for (size_t i = 0; i < n->n_vectors; i++)
		notice_vector_set(&n->vector[i], n->vector[i].told);
	if (n->from_us != TIME_NONE && n->until_us != TIME_NONE && n->until_us < n->from_us)
		mistake_add(mistakes, marks_place(marks, TAG_UNTIL, 0),
			    "span: until lies before from");
	if (*f->circle) {
		n->has_circle = circle_parse(f->circle, &n->circle, &why) == 0;
		if (!n->has_circle)
			mistake_add(mistakes, marks_place(marks, TAG_CIRCLE, 0), "circle: %s",
				    text_str(&why));
	}
	if (!n->n_targets && !n->n_links && !*n->text)
		mistake_add(mistakes, (struct place){1, 1},
			    "a notice needs a target, a link or a text");
	if (*f->contact) {
		n->contact = private_text_new(f->contact, &n->circle);
		explicit_bzero(f->contact, sizeof(f->contact));
		return n->contact ? 0 : -ENOMEM;
	}
	return 0;
}

/* What is private goes with the notice that is made. */
static int take(const void *base, void *userdata)
{
	const struct notice_file *f = base;
	struct notice **out = userdata;

	*out = notice_new();
	if (!*out)
		return -ENOMEM;
	**out = f->n;
	return 0;
}

static void file_freep(struct notice_file **f)
{
	if (*f)
		private_text_free((*f)->n.contact);
	free(*f);
}

int notice_read(const char *name, const char *text, size_t n, struct notice **out,
		struct text *errors)
{
	static const struct sheet s = {&notice_map, NOTICE_BYTES_MAX, check, take};
	_cleanup_(file_freep) struct notice_file *f = calloc(1, sizeof(*f));
	int r = f ? sheet_read(&s, f, out, name, text, n, errors) : -ENOMEM;

	if (r == 0)
		f->n.contact = NULL;
	return r;
}
