/* SPDX-License-Identifier: ISC */
/*
 * ExaBGP 4.2's own configuration, from ours. It announces nothing by itself: what stands is in the
 * store, and comes by the relay.
 */
#include <errno.h>
#include <string.h>

#include "router/exabgp.h"

/* ExaBGP splits `run` at blanks and knows quotes only half. */
static bool plain_path(const char *s)
{
	return *s == '/' && !strpbrk(s, " \t\"';{}#\\");
}

static void missing(const struct conf_neighbor *n, const char *key, struct text *why)
{
	text_printf(why, "act.neighbors %s: %s is not given\n", n->name, key);
}

static bool complete(const struct conf_neighbor *n, struct text *why)
{
	size_t before = why->len;

	if (ip_is_zero(&n->address))
		missing(n, "address", why);
	if (ip_is_zero(&n->local_address))
		missing(n, "local_address", why);
	if (!n->local_as)
		missing(n, "local_as", why);
	if (!n->peer_as)
		missing(n, "peer_as", why);
	if (!*n->router_id && !ip_is_v4(&n->local_address))
		missing(n, "router_id", why);
	return why->len == before;
}

static void families(const struct conf_neighbor *n, struct text *out)
{
	text_add(out, "\tfamily {\n");
	if (n->takes & (TAKES_RTBH | TAKES_COMMUNITY | TAKES_DIVERSION) || !n->takes)
		text_add(out, "\t\tipv4 unicast;\n\t\tipv6 unicast;\n");
	if (n->takes & (TAKES_FLOWSPEC | TAKES_DIVERSION) || !n->takes)
		text_add(out, "\t\tipv4 flow;\n\t\tipv6 flow;\n");
	text_add(out, "\t}\n");
}

static void neighbor(const struct conf_neighbor *n, struct text *out)
{
	char address[IP_TEXT_MAX], local[IP_TEXT_MAX];

	ip_format(&n->address, address);
	ip_format(&n->local_address, local);
	text_printf(out, "neighbor %s {\n", address);
	text_printf(out, "\tdescription \"%s\";\n", n->name);
	text_printf(out, "\trouter-id %s;\n", *n->router_id ? n->router_id : local);
	text_printf(out, "\tlocal-address %s;\n", local);
	text_printf(out, "\tlocal-as %u;\n\tpeer-as %u;\n", n->local_as, n->peer_as);
	text_add(out, "\thold-time 30;\n\tgroup-updates false;\n");
	families(n, out);
	/* Without `receive`: what a peer announces is nothing that the relay needs. */
	text_add(out, "\tapi {\n\t\tprocesses [ noroshi ];\n\t\tneighbor-changes;\n\t}\n}\n");
}

int exabgp_conf(const struct conf *conf, const char *program, struct text *out, struct text *why)
{
	char path[EXABGP_PATH_MAX];
	unsigned n = 0, good = 0;

	exabgp_path(conf, path);
	if (!plain_path(program))
		text_printf(why, "%s: ExaBGP runs no program of such a name\n", program);
	if (!plain_path(path))
		text_printf(why,
			    "%s: ExaBGP hands over no socket of such a name; act.exabgp names "
			    "another\n",
			    path);
	text_add(
		out,
		"# Made by `noroshi act exabgp-conf`, for ExaBGP 4.2.\n"
		"# Run it with exabgp.api.ack=true (as it is by itself); its user must be able to\n"
		"# write to the socket below.\n");
	text_printf(out, "process noroshi {\n\trun %s act pipe %s;\n\tencoder json;\n}\n", program,
		    path);
	for (size_t i = 0; i < conf->act.n_neighbors; i++) {
		const struct conf_neighbor *c = &conf->act.neighbors[i];

		if (c->kind != ROUTER_EXABGP)
			continue;
		n++;
		if (!complete(c, why))
			continue;
		good++;
		text_add(out, "\n");
		neighbor(c, out);
	}
	if (!n)
		text_add(why, "act.neighbors has none of the kind exabgp\n");
	return good && good == n && !why->len ? 0 : -EINVAL;
}
