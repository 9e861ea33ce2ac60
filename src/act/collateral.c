/* SPDX-License-Identifier: ISC */
/*
 * The rules are laid over the frozen good sample, packet by packet as its records tell of them. No
 * memory is taken: a sample is read once.
 */
#include "act/collateral.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "act/derive_inside.h"

#define Z_95	     1.959963984540054
#define SERVICE_SEEN 30 /* records of a service in the sample, so that no hit means something */

void share_interval(double share, double n, double *low, double *high)
{
	double z2 = Z_95 * Z_95, mid = (share + z2 / (2 * n)) / (1 + z2 / n);
	double half = Z_95 / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n));

	*low = fmax(0, fmin(share, mid - half));
	*high = fmin(1, fmax(share, mid + half));
}

/* Sums over a sample; of packets, and of those that open connections. */
struct tally {
	double all, hit, squares;
	unsigned n;
};

static void tally_add(struct tally *t, double weight, bool hit)
{
	t->all += weight;
	t->squares += weight * weight;
	t->hit += hit ? weight : 0;
	t->n++;
}

/* Shares of weights count for fewer records (Kish 1965), never for more than there are. */
static void tally_share(const struct tally *t, unsigned records, double *share, double *low,
			double *high)
{
	double n = t->squares > 0 ? t->all * t->all / t->squares : 0;

	*share = t->all > 0 ? t->hit / t->all : 0;
	*low = 0;
	*high = 1;
	if (n > 0)
		share_interval(*share, n < records ? n : records, low, high);
}

static bool is_hit(const struct rule *rule, unsigned n, const struct prefix *destination,
		   const struct packet_weighed *p)
{
	return n ? packet_is_hit(p, rule, n) : prefix_contains(destination, &p->e.flow.dst);
}

static bool overlap(const struct prefix *a, const struct prefix *b)
{
	return prefix_covers(a, b) || prefix_covers(b, a);
}

static bool overlaps_any(const struct prefix *list, size_t n, const struct prefix *with)
{
	for (size_t i = 0; i < n; i++)
		if (overlap(&list[i], with))
			return true;
	return false;
}

static bool contains_any(const struct prefix *list, size_t n, const struct ip *ip)
{
	for (size_t i = 0; i < n; i++)
		if (prefix_contains(&list[i], ip))
			return true;
	return false;
}

/* A name once; of more than there is room for the rest is left out. */
static void add_name(char list[][CONF_NAME_MAX], unsigned *n, const char *name)
{
	for (unsigned i = 0; i < *n; i++)
		if (strcmp(list[i], name) == 0)
			return;
	if (*n < COLLATERAL_NAMES_MAX && *name)
		snprintf(list[(*n)++], CONF_NAME_MAX, "%s", name);
}

/* Hit, or too seldom seen to know that it is not. */
static bool service_suffers(const struct conf_service *s, const struct rule *rule, unsigned n,
			    const struct prefix *destination, const struct header_sample *good,
			    const struct openings *o)
{
	unsigned seen = 0;

	if (!overlaps_any(s->addresses, s->n_addresses, destination))
		return false;
	for (unsigned i = 0; n && good->record && i < good->n; i++) {
		struct packet_weighed p[WEIGH_SPLIT_MAX];

		if (!contains_any(s->addresses, s->n_addresses, &good->record[i].flow.dst))
			continue;
		seen++;
		for (unsigned k = weigh_record(&good->record[i], o, i, p); k; k--)
			if (is_hit(rule, n, destination, &p[k - 1]))
				return true;
	}
	return seen < SERVICE_SEEN;
}

static void name_who(const struct rule *rule, unsigned n, const struct prefix *destination,
		     const struct header_sample *good, const struct openings *o,
		     const struct conf *conf, struct collateral *out)
{
	for (size_t i = 0; i < conf->n_services; i++)
		if (service_suffers(&conf->services[i], rule, n, destination, good, o))
			add_name(out->services, &out->n_services, conf->services[i].name);
	for (size_t i = 0; i < conf->n_objects; i++) {
		const struct conf_object *object = &conf->objects[i];

		if (overlaps_any(object->prefixes, object->n_prefixes, destination))
			add_name(out->customers, &out->n_customers,
				 *object->customer ? object->customer : object->name);
	}
}

void collateral_of(const struct rule *rule, unsigned n, const struct prefix *destination,
		   const struct incident *inc, const struct conf *conf, struct collateral *out)
{
	const struct header_sample *good = &inc->evidence[SAMPLE_GOOD];
	struct tally all = {.n = 0}, opens = {.n = 0};
	struct openings o;

	*out = (struct collateral){.high = 1, .opens_high = 1};
	openings_of(good, &o);
	for (unsigned i = 0; good->record && i < good->n; i++) {
		struct packet_weighed p[WEIGH_SPLIT_MAX];

		out->n++;
		for (unsigned k = weigh_record(&good->record[i], &o, i, p); k; k--) {
			bool hit = is_hit(rule, n, destination, &p[k - 1]);

			if (p[k - 1].weight > 0)
				tally_add(&all, p[k - 1].weight, hit);
			if (p[k - 1].opens > 0)
				tally_add(&opens, p[k - 1].opens, hit);
		}
	}
	tally_share(&all, out->n, &out->share, &out->low, &out->high);
	tally_share(&opens, opens.n, &out->opens_share, &out->opens_low, &out->opens_high);
	out->opens_n = opens.n;
	out->known = out->n >= COLLATERAL_LEAST;
	name_who(rule, n, destination, good, &o, conf, out);
}

/* ---- JSON ---- */

static json_t *names_json(const char list[][CONF_NAME_MAX], unsigned n)
{
	json_t *names = json_array();

	for (unsigned i = 0; names && i < n; i++)
		if (json_array_append_new(names, json_string(list[i]))) {
			json_decref(names);
			return NULL;
		}
	return names;
}

static json_t *number_or_null(bool known, double v)
{
	return known ? json_real(v) : json_null();
}

json_t *collateral_json(const struct collateral *c)
{
	bool opens = c->known && c->opens_n;

	return json_pack(
		"{so,so,so,si,so,so,s{so,so,so,si}}", "share", number_or_null(c->known, c->share),
		"low", number_or_null(c->known, c->low), "high", number_or_null(c->known, c->high),
		"n", (int)c->n, "services", names_json(c->services, c->n_services), "customers",
		names_json(c->customers, c->n_customers), "opens", "share",
		number_or_null(opens, c->opens_share), "low", number_or_null(opens, c->opens_low),
		"high", number_or_null(opens, c->opens_high), "n", (int)c->opens_n);
}

static int read_share(const json_t *from, double *share, double *low, double *high, unsigned *n,
		      bool *known)
{
	const json_t *s = json_object_get(from, "share"), *l = json_object_get(from, "low"),
		     *h = json_object_get(from, "high"), *number = json_object_get(from, "n");

	if (!json_is_integer(number) || json_integer_value(number) < 0 ||
	    json_integer_value(number) > UINT32_MAX)
		return -EINVAL;
	*n = (unsigned)json_integer_value(number);
	*known = json_is_number(s) && json_is_number(l) && json_is_number(h);
	if (!*known)
		return json_is_null(s) && json_is_null(l) && json_is_null(h) ? 0 : -EINVAL;
	*share = json_number_value(s);
	*low = json_number_value(l);
	*high = json_number_value(h);
	return *low >= 0 && *low <= *share && *share <= *high && *high <= 1 ? 0 : -EINVAL;
}

static int read_names(const json_t *from, char list[][CONF_NAME_MAX], unsigned *n)
{
	const json_t *name;
	size_t i;

	if (!json_is_array(from) || json_array_size(from) > COLLATERAL_NAMES_MAX)
		return -EINVAL;
	json_array_foreach(from, i, name)
	{
		if (!json_is_string(name) || json_string_length(name) >= CONF_NAME_MAX)
			return -EINVAL;
		snprintf(list[(*n)++], CONF_NAME_MAX, "%s", json_string_value(name));
	}
	return 0;
}

int collateral_from_json(const json_t *from, struct collateral *out)
{
	bool opens_known;

	*out = (struct collateral){.high = 1, .opens_high = 1};
	if (read_share(from, &out->share, &out->low, &out->high, &out->n, &out->known) ||
	    read_share(json_object_get(from, "opens"), &out->opens_share, &out->opens_low,
		       &out->opens_high, &out->opens_n, &opens_known) ||
	    read_names(json_object_get(from, "services"), out->services, &out->n_services) ||
	    read_names(json_object_get(from, "customers"), out->customers, &out->n_customers))
		return -EINVAL;
	return out->known == (out->n >= COLLATERAL_LEAST) ? 0 : -EINVAL;
}
