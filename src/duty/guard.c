/* SPDX-License-Identifier: ISC */
/*
 * The text is laid out once as plain characters, each with its place in the original: full-width
 * digits and dots become ASCII, "[.]" and "(.)" a dot. The search runs over those, what is replaced
 * is cut out of the original.
 */
#include "duty/guard.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "duty/words.h"
#include "judge/incident.h"

#define GUARD_DEPTH_MAX 32

struct plain {
	char *c;	/* n characters; what is not ASCII is '\x01' */
	uint32_t *from; /* n + 1 places in the original */
	size_t n;
};

static void plain_deinit(struct plain *p)
{
	free(p->c);
	free(p->from);
}

const char *guard_word(bool ja)
{
	return ja ? "（アドレス非表示）" : "(address withheld)";
}

struct guard guard_about(enum guard_reader reader, const struct conf *conf,
			 const struct incident *inc)
{
	struct guard g = {.reader = reader, .conf = conf};

	if (inc && inc->f.level <= LEVEL_PREFIX) {
		g.target = inc->f.target;
		g.has_target = true;
	}
	return g;
}

/* What writes an ASCII character otherwise: full-width forms and the stops of Japanese. */
static const struct {
	const char *utf8;
	char c;
} forms[] = {{"０", '0'}, {"１", '1'}, {"２", '2'}, {"３", '3'},  {"４", '4'},	{"５", '5'},
	     {"６", '6'}, {"７", '7'}, {"８", '8'}, {"９", '9'},  {"．", '.'},	{"。", '.'},
	     {"｡", '.'},  {"：", ':'}, {"／", '/'}, {"[.]", '.'}, {"(.)", '.'}, {"[:]", ':'}};

static bool is_cut(const char *s)
{
	return s[0] == '[' || s[0] == '(';
}

/* What a character stands for, '\0' nothing; its length in the original. */
static size_t one_character(const char *s, char *c)
{
	size_t n = 1;

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		size_t len = strlen(forms[i].utf8);

		if ((*s & 0x80 || is_cut(s)) && strncmp(s, forms[i].utf8, len) == 0) {
			*c = forms[i].c;
			return len;
		}
	}
	/* A soft hyphen is not seen either, where no line ends at it. */
	*c = strncmp(s, "\xc2\xad", 2) == 0 ? '\0' : *s & 0x80 ? '\x01' : *s;
	while ((*s & 0x80) && ((unsigned char)s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

static int lay_out(const char *s, struct plain *p)
{
	size_t len = strlen(s), at = 0;

	p->c = malloc(len + 1);
	p->from = malloc((len + 1) * sizeof(*p->from));
	if (!p->c || !p->from)
		return -ENOMEM;
	while (at < len) {
		p->from[p->n] = (uint32_t)at;
		at += one_character(s + at, &p->c[p->n]);
		p->n += p->c[p->n] != '\0';
	}
	p->c[p->n] = '\0';
	p->from[p->n] = (uint32_t)len;
	return 0;
}

/* Digits at @at as a number up to @max, of at most three digits; their count, 0 none. */
static size_t number(const char *s, unsigned max, unsigned *out)
{
	size_t n = 0;

	for (*out = 0; n < 3 && isdigit((unsigned char)s[n]); n++)
		*out = *out * 10 + (unsigned)(s[n] - '0');
	return n && *out <= max ? n : 0;
}

/* Four numbers with @sep between them; the length, 0 none. */
static size_t quad(const char *s, char sep, struct ip *out)
{
	uint32_t all = 0;
	size_t at = 0;

	for (unsigned i = 0; i < 4; i++) {
		unsigned octet;
		size_t n = number(s + at, 255, &octet);

		if (!n)
			return 0;
		at += n;
		all = all << 8 | octet;
		if (i < 3 && s[at++] != sep)
			return 0;
	}
	*out = ip_from_v4(all);
	return at;
}

static bool is_v6_character(char c)
{
	return isxdigit((unsigned char)c) || c == ':' || c == '.';
}

/* The longest IPv6 address that begins here. */
static size_t hexes(const char *s, struct ip *out)
{
	char text[IP_TEXT_MAX];
	size_t n = 0, colons = 0;

	while (n < IP_TEXT_MAX - 1 && is_v6_character(s[n]))
		colons += s[n++] == ':';
	if (colons < 2)
		return 0;
	for (; n > 1; n--) {
		memcpy(text, s, n);
		text[n] = '\0';
		if (strchr(text, ':') && ip_parse(text, out) == 0)
			return n;
	}
	return 0;
}

/* "192-0-2-1" is an address only where it is a part of a name; else it may be a telephone number.
 */
static size_t quad_in_name(const struct plain *p, size_t at, struct ip *out)
{
	char sep = '-';
	size_t n = quad(p->c + at, sep, out);
	size_t before = at;

	if (!n)
		n = quad(p->c + at, sep = '_', out);
	if (!n)
		return 0;
	while (before && (p->c[before - 1] == sep || p->c[before - 1] == '.'))
		before--;
	if (before && isalpha((unsigned char)p->c[before - 1]))
		return n;
	if (p->c[at + n] == '.' && isalpha((unsigned char)p->c[at + n + 1]))
		return n;
	return isalpha((unsigned char)p->c[at + n]) ? n : 0;
}

/* An address or prefix that begins at @at; its length, 0 none. */
static size_t address_at(const struct plain *p, size_t at, struct prefix *out)
{
	const char *s = p->c + at;
	size_t n = hexes(s, &out->addr);
	unsigned len;
	size_t digits;

	if (!n)
		n = quad(s, '.', &out->addr);
	if (!n)
		return quad_in_name(p, at, &out->addr);
	out->len = 128;
	if (s[n] != '/')
		return n;
	digits = number(s + n + 1, ip_is_v4(&out->addr) ? 32 : 128, &len);
	if (!digits)
		return n;
	out->len = (uint8_t)(len + (ip_is_v4(&out->addr) ? PREFIX_V4_BASE : 0));
	return n + 1 + digits;
}

static bool is_ours(const struct conf *c, const struct ip *ip)
{
	for (size_t i = 0; i < c->n_exporters; i++)
		if (ip_equal(&c->exporters[i].addr, ip))
			return true;
	for (size_t i = 0; i < c->n_listen; i++)
		if (ip_equal(&c->listen[i].addr, ip))
			return true;
	return false;
}

static bool may_stand(const struct guard *g, const struct prefix *p)
{
	if (g->has_target && prefix_equal(p, &g->target))
		return true;
	return g->reader == GUARD_HOUSE && g->conf && p->len == 128 && is_ours(g->conf, &p->addr);
}

/* Line by line without what is not seen: control and direction characters, zero-width ones, broken
 * bytes. An address could hide by having some between its digits, a text turn itself round. */
static void clean(const char *s, struct text *out)
{
	while (*s) {
		size_t n = strcspn(s, "\n");
		_cleanup_text_ struct text line = TEXT_NULL;

		text_add_n(&line, s, n);
		page_cut(text_str(&line), UINT32_MAX, out);
		if (line.failed)
			out->failed = true;
		s += n;
		if (*s)
			text_add_n(out, s++, 1);
	}
}

/* Numbers like those of a version go on behind the fourth: "1.2.3.4.5" holds an address too. */
unsigned guard_text(struct guard *g, const char *raw, bool ja, struct text *to)
{
	_cleanup_(plain_deinit) struct plain p = {0};
	_cleanup_text_ struct text seen = TEXT_NULL;
	const char *from;
	unsigned found = 0;
	size_t kept = 0;

	clean(raw, &seen);
	from = text_str(&seen);
	if (!text_ok(&seen) || lay_out(from, &p) < 0) {
		/* What cannot be looked at does not leave. */
		to->failed = true;
		text_note_lost();
		return 0;
	}
	for (size_t i = 0; i < p.n;) {
		struct prefix prefix = {.len = 128};
		size_t n = isxdigit((unsigned char)p.c[i]) || p.c[i] == ':'
				   ? address_at(&p, i, &prefix)
				   : 0;

		if (n && !may_stand(g, &prefix)) {
			text_add_n(to, from + kept, p.from[i] - kept);
			text_add(to, g->word ? g->word : guard_word(ja));
			kept = p.from[i + n];
			found++;
		}
		i += n ? n : 1;
	}
	text_add(to, from + kept);
	g->withheld += found;
	return found;
}

static int guard_string(struct guard *g, json_t *s, bool ja)
{
	_cleanup_text_ struct text out = TEXT_NULL;

	guard_text(g, json_string_value(s), ja, &out);
	if (strcmp(text_str(&out), json_string_value(s)) == 0)
		return text_ok(&out) ? 0 : -ENOMEM;
	return text_ok(&out) && json_string_set(s, text_str(&out)) == 0 ? 0 : -ENOMEM;
}

struct walk_level {
	json_t *o;
	size_t at;  /* of an array */
	void *iter; /* of an object */
};

static json_t *next_in(struct walk_level *l)
{
	json_t *v;

	if (json_is_array(l->o))
		return json_array_get(l->o, l->at++);
	l->iter = l->at++ ? json_object_iter_next(l->o, l->iter) : json_object_iter(l->o);
	v = l->iter ? json_object_iter_value(l->iter) : NULL;
	return v;
}

int guard_json(struct guard *g, json_t *o, bool ja)
{
	struct walk_level stack[GUARD_DEPTH_MAX] = {{.o = o}};
	unsigned depth = 1;
	int r = 0;

	if (json_is_string(o))
		return guard_string(g, o, ja);
	while (depth && r == 0) {
		json_t *v = next_in(&stack[depth - 1]);

		if (!v)
			depth--;
		else if (json_is_string(v))
			r = guard_string(g, v, ja);
		else if (json_is_array(v) || json_is_object(v)) {
			if (depth == GUARD_DEPTH_MAX)
				return -EINVAL;
			stack[depth++] = (struct walk_level){.o = v};
		}
	}
	return r;
}

/* Where the word would make it longer than a page, a sign that is shorter than any address. */
int guard_page(struct page *p, const struct conf *conf, const struct incident *inc)
{
	static const char *const words[] = {NULL, "…"};
	bool ja = strcmp(p->language, "ja") == 0;
	struct guard g = guard_about(GUARD_HOUSE, conf, inc);

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		_cleanup_text_ struct text out = TEXT_NULL;

		g.word = words[i];
		guard_text(&g, p->text, ja, &out);
		if (!text_ok(&out) || !out.len)
			return -ENOMEM;
		if (page_characters(text_str(&out)) > PAGE_CHARS_MAX && i == 0)
			continue;
		snprintf(p->text, sizeof(p->text), "%s", text_str(&out));
		break;
	}
	g.word = NULL;
	if (!p->json)
		return 0;
	if (json_object_get(p->json, "text") &&
	    json_object_set_new(p->json, "text", json_string(p->text)))
		return -ENOMEM;
	return guard_json(&g, p->json, ja);
}
