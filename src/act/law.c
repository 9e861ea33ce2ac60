/* SPDX-License-Identifier: ISC */
/*
 * Reading a law file by rows, as the configuration is read: every mistake has its line and column,
 * and a wrong word its nearest right one. What a file leaves out is never taken for a permission:
 * what each basis allows, and for how long at most, must stand there.
 */
#include "act/law.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "act/plan.h"
#include "base/clock.h"
#include "conf/sheet.h"

#define TAG_BY ((enum conf_tag)(TAG_COUNT + 1))
#define TAG_ID ((enum conf_tag)(TAG_COUNT + 2))

struct pair {
	char en[LAW_TEXT_MAX], ja[LAW_TEXT_MAX];
};

struct basis_text {
	char id[LAW_ID_MAX];
	struct pair name;
	uint32_t *allows, *data;
	size_t n_allows, n_data;
	uint8_t consent, automatic; /* odd: yes */
	uint64_t longest_s;
	struct pair *conditions;
	size_t n_conditions;
	struct pair source;
};

struct law_text {
	char country[3];
	char (*members)[3];
	size_t n_members;
	struct pair name;
	char by[LAW_TEXT_MAX];
	int64_t reviewed_us;
	struct basis_text *bases;
	size_t n_bases;
};

/* clang-format off: a row stays a row. */

#define FIELD(st, f) .offset = offsetof(struct st, f), .size = sizeof(((struct st *)NULL)->f)
#define MAP(w, rows) .what = (w), .keys = (rows), .n_keys = ARRAY_LEN(rows)
#define ITEMS(of, n_field, st, m, most)                                                            \
	{                                                                                          \
		.item = {.name = "", .type = TYPE_MAP, .size = sizeof(struct st), .map = &(m)},    \
		.max = (most), .count = offsetof(struct of, n_field)                               \
	}
#define WORDS(of, n_field, w)                                                                      \
	{                                                                                          \
		.item = {.name = "", .type = TYPE_WORD, .size = sizeof(uint32_t), .words = (w)},   \
		.max = 16, .count = offsetof(struct of, n_field)                                   \
	}

/* In the order of enum plan_kind. */
static const char *const kind_words[] = {"none",      "rtbh",	   "flowspec", "nftables", "acl",
					 "community", "diversion", "ask",      NULL};
/* In the order of the bits of enum law_data. */
static const char *const data_words[] = {"content", "header", "volume", "list", NULL};
/* An odd place is "yes". */
static const char *const yes_words[] = {"no", "yes", "false", "true", NULL};

_Static_assert(ARRAY_LEN(kind_words) == PLAN_KINDS + 1, "a word for each kind");

static const struct conf_key pair_keys[] = {
	{.name = "en", .type = TYPE_NAME, .flags = KEY_REQUIRED, FIELD(pair, en)},
	{.name = "ja", .type = TYPE_NAME, .flags = KEY_REQUIRED, FIELD(pair, ja)},
};
static const struct conf_map name_map = {MAP("a name", pair_keys)};
static const struct conf_key source_keys[] = {
	{.name = "en", .type = TYPE_NAME, .flags = KEY_REQUIRED, FIELD(pair, en)},
	{.name = "ja", .type = TYPE_NAME, FIELD(pair, ja)},
};
static const struct conf_map source_map = {MAP("a source", source_keys), .short_form = true};
static const struct conf_map condition_map = {MAP("a condition", pair_keys)};

static const struct conf_list allows = WORDS(basis_text, n_allows, kind_words);
static const struct conf_list data = WORDS(basis_text, n_data, data_words);
static const struct conf_list conditions =
	ITEMS(basis_text, n_conditions, pair, condition_map, LAW_CONDITIONS_MAX);

static const struct conf_key basis_keys[] = {
	{.name = "id",
	 .type = TYPE_NAME,
	 .flags = KEY_REQUIRED,
	 FIELD(basis_text, id),
	 .tag = TAG_ID},
	{.name = "name",
	 .type = TYPE_MAP,
	 .flags = KEY_REQUIRED,
	 FIELD(basis_text, name),
	 .map = &name_map},
	{.name = "allows",
	 .type = TYPE_LIST,
	 .flags = KEY_REQUIRED,
	 FIELD(basis_text, allows),
	 .list = &allows},
	{.name = "consent", .type = TYPE_WORD, FIELD(basis_text, consent), .words = yes_words},
	{.name = "automatic", .type = TYPE_WORD, FIELD(basis_text, automatic), .words = yes_words},
	{.name = "longest",
	 .type = TYPE_DURATION,
	 .flags = KEY_REQUIRED | KEY_ZERO,
	 FIELD(basis_text, longest_s),
	 .min = 60,
	 .max = 366 * 86400},
	{.name = "data",
	 .type = TYPE_LIST,
	 .flags = KEY_REQUIRED,
	 FIELD(basis_text, data),
	 .list = &data},
	{.name = "conditions",
	 .type = TYPE_LIST,
	 FIELD(basis_text, conditions),
	 .list = &conditions},
	{.name = "source",
	 .type = TYPE_MAP,
	 .flags = KEY_REQUIRED,
	 FIELD(basis_text, source),
	 .map = &source_map},
};
static const struct conf_map basis_map = {MAP("a basis", basis_keys)};

static const struct conf_key reviewed_keys[] = {
	{.name = "by",
	 .type = TYPE_NAME,
	 .flags = KEY_REQUIRED,
	 FIELD(law_text, by),
	 .tag = TAG_BY},
	{.name = "date", .type = TYPE_DATE, FIELD(law_text, reviewed_us)},
};
static const struct conf_map reviewed_map = {MAP("reviewed", reviewed_keys)};

static const struct conf_list members = {
	.item = {.name = "", .type = TYPE_COUNTRY, .size = 3},
	.max = LAW_MEMBERS_MAX,
	.count = offsetof(struct law_text, n_members),
};
static const struct conf_list bases =
	ITEMS(law_text, n_bases, basis_text, basis_map, LAW_BASES_MAX);

static const struct conf_key law_keys[] = {
	{.name = "country",
	 .type = TYPE_COUNTRY,
	 .flags = KEY_REQUIRED | KEY_REGION,
	 FIELD(law_text, country)},
	{.name = "members", .type = TYPE_LIST, FIELD(law_text, members), .list = &members},
	{.name = "name",
	 .type = TYPE_MAP,
	 .flags = KEY_REQUIRED,
	 FIELD(law_text, name),
	 .map = &name_map},
	{.name = "reviewed", .type = TYPE_MAP, .flags = KEY_REQUIRED, .map = &reviewed_map},
	{.name = "bases",
	 .type = TYPE_LIST,
	 .flags = KEY_REQUIRED,
	 FIELD(law_text, bases),
	 .list = &bases},
};
static const struct conf_map law_map = {MAP("a law", law_keys)};
/* clang-format on */

static bool is_letter(char c)
{
	return (c & 0x80) || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* What stands where a name is still to come: "nobody yet", "TBD", "N/A", "(to be done)", "未定". */
static bool is_nobody(const char *by)
{
	static const char *const starts[] = {"nobody", "no one", "tbd", "tba",	   "tbc",    "todo",
					     "to be",  "none",	 "n/a", "unknown", "pending"};
	static const char *const wholes[] = {"na",	 "name", "x",	 "xx",	 "xxx", "someone",
					     "somebody", "未",	 "なし", "無し", "不明"};
	static const char *const japanese[] = {"未定", "未確認", "未審査", "未記入", "未了"};

	while (*by && !is_letter(*by))
		by++;
	for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
		size_t n = strlen(starts[i]);

		if (strncasecmp(by, starts[i], n) == 0 && !is_letter(by[n]))
			return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(wholes); i++)
		if (strcasecmp(by, wholes[i]) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_LEN(japanese); i++)
		if (strstr(by, japanese[i]))
			return true;
	return !*by;
}

bool law_is_reviewed(const struct law *l, int64_t now_us)
{
	return l && !is_nobody(l->reviewed_by) && l->reviewed_us != TIME_NONE &&
	       l->reviewed_us <= now_us;
}

void law_review_say(const struct law *l, int64_t now_us, bool ja, struct text *out)
{
	bool names = *l->reviewed_by && strcasecmp(l->reviewed_by, LAW_REVIEW_NOBODY) != 0;
	char at[TIME_TEXT_MAX];

	if (law_is_reviewed(l, now_us)) {
		text_printf(out, ja ? "確認: %s、%.10s" : "reviewed by: %s, %.10s", l->reviewed_by,
			    time_format_utc(l->reviewed_us, at));
		return;
	}
	text_add(out, ja ? "確認: まだ誰も確認していない" : "reviewed by: nobody yet");
	if (names && is_nobody(l->reviewed_by))
		text_printf(out, ja ? "（「%s」は人の名前ではない）" : " (\"%s\" names no person)",
			    l->reviewed_by);
	else if (names && l->reviewed_us > now_us)
		text_printf(out,
			    ja ? "（日付 %.10s はまだ来ていない）"
			       : " (its date, %.10s, is still to come)",
			    time_format_utc(l->reviewed_us, at));
	text_add(out,
		 ja ? "。計画だけを作り、開始はしない" : "; plans are made, and nothing starts");
}

const struct law_basis *law_find(const struct law *l, const char *id)
{
	for (unsigned i = 0; l && id && i < l->n_bases; i++)
		if (strcmp(l->basis[i].id, id) == 0)
			return &l->basis[i];
	return NULL;
}

const char *law_kind_name(unsigned kind)
{
	return kind < PLAN_KINDS ? kind_words[kind] : "";
}

const char *law_data_name(enum law_data d)
{
	for (unsigned i = 0; data_words[i]; i++)
		if (d == 1u << i)
			return data_words[i];
	return "";
}

int law_data_parse(const char *name, uint32_t *bit)
{
	for (unsigned i = 0; data_words[i]; i++)
		if (strcmp(data_words[i], name) == 0) {
			*bit = UINT32_C(1) << i;
			return 0;
		}
	return -EINVAL;
}

struct law *law_free(struct law *l)
{
	free(l);
	return NULL;
}

static int check(void *base, const struct marks *marks, struct mistakes *mistakes, void *userdata)
{
	const struct law_text *t = base;
	static const char any[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
	char q[QUOTE_MAX];

	/* Nothing at all has no keys that could be missed. */
	if (!mistakes->n_errors && !t->n_bases)
		mistake_add(mistakes, (struct place){1, 1}, "the file holds no law");
	if (*t->by && !is_nobody(t->by) && !t->reviewed_us)
		mistake_add(mistakes, marks_place(marks, TAG_BY, 0), "a review needs its \"date\"");
	for (size_t i = 0; i < t->n_bases; i++) {
		const char *id = t->bases[i].id;
		bool twice = false;

		for (size_t j = 0; j < i; j++)
			twice |= strcmp(t->bases[j].id, id) == 0;
		if (twice && *id)
			mistake_add(mistakes, marks_place(marks, TAG_ID, i),
				    "the basis %s is given twice", quote(id, q));
		if (id[strspn(id, any)])
			mistake_add(mistakes, marks_place(marks, TAG_ID, i),
				    "the id %s is not of small letters, digits, \"_\" and \"-\"",
				    quote(id, q));
	}
	return 0;
}

static uint32_t bits(const uint32_t *words, size_t n)
{
	uint32_t all = 0;

	for (size_t i = 0; i < n; i++)
		all |= UINT32_C(1) << words[i];
	return all;
}

static void take_basis(const struct basis_text *t, struct law_basis *b)
{
	memcpy(b->id, t->id, sizeof(b->id));
	memcpy(b->name_en, t->name.en, sizeof(b->name_en));
	memcpy(b->name_ja, t->name.ja, sizeof(b->name_ja));
	memcpy(b->source, t->source.en, sizeof(b->source));
	/* Better in another language than not at all. */
	memcpy(b->source_ja, *t->source.ja ? t->source.ja : t->source.en, sizeof(b->source_ja));
	b->allows = bits(t->allows, t->n_allows);
	b->data = bits(t->data, t->n_data);
	b->needs_consent = t->consent & 1;
	b->automatic = t->automatic & 1;
	b->longest_s = t->longest_s;
	for (size_t i = 0; i < t->n_conditions; i++) {
		memcpy(b->condition_en[i], t->conditions[i].en, LAW_TEXT_MAX);
		memcpy(b->condition_ja[i], t->conditions[i].ja, LAW_TEXT_MAX);
	}
	b->n_conditions = (unsigned)t->n_conditions;
}

struct reading {
	const char *name;
	struct law **out;
};

static int take(const void *base, void *userdata)
{
	const struct reading *r = userdata;
	const struct law_text *t = base;
	struct law *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	memcpy(l->country, t->country, sizeof(l->country));
	memcpy(l->name_en, t->name.en, sizeof(l->name_en));
	memcpy(l->name_ja, t->name.ja, sizeof(l->name_ja));
	memcpy(l->reviewed_by, t->by, sizeof(l->reviewed_by));
	l->reviewed_us = t->reviewed_us && !is_nobody(t->by) ? t->reviewed_us : TIME_NONE;
	for (size_t i = 0; i < t->n_members; i++)
		memcpy(l->member[i], t->members[i], 3);
	l->n_members = (unsigned)t->n_members;
	for (size_t i = 0; i < t->n_bases; i++)
		take_basis(&t->bases[i], &l->basis[i]);
	l->n_bases = (unsigned)t->n_bases;
	snprintf(l->file, sizeof(l->file), "%s", r->name);
	*r->out = l;
	return 0;
}

int law_read(const char *name, const char *yaml, size_t n, struct law **out, struct text *errors)
{
	static const struct sheet s = {&law_map, LAW_BYTES_MAX, check, take};
	struct law_text t = {.n_bases = 0};
	struct reading reading = {name, out};

	*out = NULL;
	return sheet_read(&s, &t, &reading, name, yaml, n, errors);
}
