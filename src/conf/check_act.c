/* SPDX-License-Identifier: ISC */
/*
 * Cross checks of the points of operation. What would leave a session that cannot open, or a rule
 * that goes to somebody who cannot carry it out, is a mistake: it would show only under attack.
 */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/clock.h"
#include "conf/check_inside.h"
#include "conf/schema_rows.h"
#include "conf/units.h"

/* The law */

void relate_legal(struct checker *k, const struct mark *m)
{
	const char *path = marked_text(k->c, m);
	char q[QUOTE_MAX];
	struct stat st;

	if (!*path)
		return;
	if (stat(path, &st))
		mistake_warn(k->mistakes, m->at, "the directory %s: %s", quote(path, q),
			     strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		mistake_warn(k->mistakes, m->at, "%s is no directory", quote(path, q));
	else if (st.st_mode & S_IWOTH)
		mistake_warn(k->mistakes, m->at,
			     "everybody may write into %s: a law that anybody can change is not "
			     "reviewed",
			     quote(path, q));
}

/* Three values that only hold together; said once. */
void relate_override(struct checker *k, const struct mark *m)
{
	const struct conf_act *a = &k->c->act;
	struct once key = {.tag = TAG_OVERRIDE};
	bool created = false;

	if (!k->clean || !map_put(k->seen, &key, &created) || !created)
		return;
	if (!conf_act_override(k->c))
		mistake_add(k->mistakes, m->at,
			    "an override needs \"by\", \"date\" and \"note\": who answers for it, "
			    "since when, and why");
	else if (a->override.dated_us > clock_real_us())
		mistake_warn(k->mistakes, m->at, "the override is dated in the future");
}

/* Neighbours */

static const struct conf_neighbor *neighbor_of(const struct checker *k, const struct mark *m)
{
	return &k->c->act.neighbors[m->at_item[0]];
}

static void need(struct checker *k, const struct mark *m, bool there, const char *key)
{
	char q[QUOTE_MAX];

	if (!there && k->clean)
		mistake_add(k->mistakes, m->at, "the neighbour %s needs the key \"%s\"",
			    quote(neighbor_of(k, m)->name, q), key);
}

static void relate_session(struct checker *k, const struct mark *m)
{
	const struct conf_neighbor *n = neighbor_of(k, m);
	bool ends = !ip_is_zero(&n->address) && !ip_is_zero(&n->local_address);
	char q[QUOTE_MAX];

	need(k, m, !ip_is_zero(&n->address), "address");
	need(k, m, !ip_is_zero(&n->local_address), "local_address");
	need(k, m, n->local_as, "local_as");
	need(k, m, n->peer_as, "peer_as");
	need(k, m, n->takes, "takes");
	if (ends && ip_is_v4(&n->address) != ip_is_v4(&n->local_address))
		mistake_add(k->mistakes, m->at,
			    "the neighbour %s: \"address\" and \"local_address\" are of two "
			    "families",
			    quote(n->name, q));
	else if (ends && ip_equal(&n->address, &n->local_address))
		mistake_add(k->mistakes, m->at,
			    "the neighbour %s: \"address\" and \"local_address\" are the same",
			    quote(n->name, q));
	else if (ends && !ip_is_v4(&n->address) && !*n->router_id)
		need(k, m, false, "router_id");
}

static bool has_own(const struct conf *c, bool v4)
{
	for (size_t i = 0; i < c->n_own; i++)
		if (ip_is_v4(&c->own[i].prefix.addr) == v4)
			return true;
	return false;
}

/*
 * A route needs a next hop of its own family (RFC 4760 section 3), and where the session is inside
 * one AS "self" is this very machine, to which the attack would then flow.
 */
static void relate_routes(struct checker *k, const struct mark *m)
{
	const struct conf_neighbor *n = neighbor_of(k, m);
	bool v4 = ip_is_v4(&n->address),
	     lacks = v4 ? ip_is_zero(&n->next_hop6) : ip_is_zero(&n->next_hop);
	char q[QUOTE_MAX];

	if (!(n->takes & (TAKES_RTBH | TAKES_COMMUNITY)) || ip_is_zero(&n->address))
		return;
	if (lacks && has_own(k->c, !v4))
		mistake_warn(k->mistakes, m->at,
			     "the neighbour %s needs \"%s\" before it can be told a route of %s "
			     "over its session of %s",
			     quote(n->name, q), v4 ? "next_hop6" : "next_hop", v4 ? "IPv6" : "IPv4",
			     v4 ? "IPv4" : "IPv6");
	if (n->local_as && n->local_as == n->peer_as &&
	    ip_is_zero(v4 ? &n->next_hop : &n->next_hop6))
		mistake_warn(k->mistakes, m->at,
			     "the neighbour %s is in the same AS: without \"%s\" of a discard "
			     "route the attack would flow to ExaBGP's own machine",
			     quote(n->name, q), v4 ? "next_hop" : "next_hop6");
}

void relate_neighbor(struct checker *k, const struct mark *m)
{
	const struct conf_neighbor *n = neighbor_of(k, m);

	if (n->kind == ROUTER_EXABGP) {
		relate_session(k, m);
		relate_routes(k, m);
	}
	if (n->kind == ROUTER_EXABGP && (n->takes & TAKES_DIVERSION))
		need(k, m, *n->redirect, "redirect");
}

void relate_takes(struct checker *k, const struct mark *m)
{
	const struct conf_neighbor *n = neighbor_of(k, m);
	uint32_t bit = UINT32_C(1) << n->take_words[m->at_item[1]];

	if (n->kind == ROUTER_EXABGP && bit == TAKES_NFTABLES)
		mistake_add(k->mistakes, m->at,
			    "ExaBGP takes no nftables; a neighbour of the kind \"nftables\" does");
	if (n->kind == ROUTER_NFTABLES && bit != TAKES_NFTABLES)
		mistake_add(k->mistakes, m->at, "a neighbour of the kind \"nftables\" takes no %s",
			    act_kind_words[n->take_words[m->at_item[1]]]);
}

void relate_router_id(struct checker *k, const struct mark *m)
{
	const char *id = marked_text(k->c, m);
	char q[QUOTE_MAX];
	struct ip ip;

	if (*id && (ip_parse(id, &ip) || !ip_is_v4(&ip) || ip_is_zero(&ip)))
		mistake_add(k->mistakes, m->at,
			    "the router_id %s is not written as an IPv4 address", quote(id, q));
}

void relate_next_hop(struct checker *k, const struct mark *m)
{
	const struct conf_neighbor *n = neighbor_of(k, m);
	bool v6 = m->tag == TAG_NEIGHBOR_HOP6;
	const struct ip *hop = v6 ? &n->next_hop6 : &n->next_hop;

	if (ip_is_v4(hop) == v6)
		mistake_add(k->mistakes, m->at, "%s must be an %s address; the other is \"%s\"",
			    v6 ? "next_hop6" : "next_hop", v6 ? "IPv6" : "IPv4",
			    v6 ? "next_hop" : "next_hop6");
}

/* "A:B", or "A:B:C" of large communities (RFC 8092), each a number of its size. */
static bool is_community(const char *s, unsigned parts, const uint64_t most[])
{
	char buf[CONF_COMMUNITY_MAX], *save = NULL, *part;
	unsigned n = 0;
	uint64_t v;

	if (strlen(s) >= sizeof(buf) || *s == ':' || strstr(s, "::") || s[strlen(s) - 1] == ':')
		return false;
	memcpy(buf, s, strlen(s) + 1);
	for (part = strtok_r(buf, ":", &save); part; part = strtok_r(NULL, ":", &save))
		if (n == parts || units_parse_count(part, &v) || v > most[n++])
			return false;
	return n == parts;
}

void relate_community(struct checker *k, const struct mark *m)
{
	static const uint64_t small[] = {UINT16_MAX, UINT16_MAX};
	static const uint64_t large[] = {UINT32_MAX, UINT32_MAX, UINT32_MAX};
	static const uint64_t target[] = {UINT16_MAX, UINT32_MAX},
			      target4[] = {UINT32_MAX, UINT16_MAX};
	const char *s = marked_text(k->c, m);
	char q[QUOTE_MAX];

	if (!*s)
		return;
	if (m->tag == TAG_NEIGHBOR_COMMUNITY && !is_community(s, 2, small) &&
	    !is_community(s, 3, large))
		mistake_add(k->mistakes, m->at,
			    "%s is not a community such as 65535:666 or 64500:1:666", quote(s, q));
	if (m->tag == TAG_NEIGHBOR_REDIRECT && !is_community(s, 2, target) &&
	    !is_community(s, 2, target4))
		mistake_add(k->mistakes, m->at, "%s is not a route target such as 64500:666",
			    quote(s, q));
}

void relate_table(struct checker *k, const struct mark *m)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	static const char any[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	const char *s = marked_text(k->c, m);
	char q[QUOTE_MAX];

	if (*s && (!strchr(letters, *s) || s[strspn(s, any)] != '\0'))
		mistake_add(k->mistakes, m->at,
			    "%s is no name of a table: letters, digits and \"_\"", quote(s, q));
}

/* As the kernel takes it (dev_valid_name()): it is looked up in a table of words. */
void relate_inside(struct checker *k, const struct mark *m)
{
	const struct conf_neighbor *n = neighbor_of(k, m);
	char q[QUOTE_MAX];

	if (!*n->inside)
		return;
	if (strlen(n->inside) >= IFNAMSIZ || strpbrk(n->inside, "/: \t"))
		mistake_add(k->mistakes, m->at, "%s is no name of an interface",
			    quote(n->inside, q));
	else if (n->kind != ROUTER_NFTABLES)
		mistake_add(k->mistakes, m->at,
			    "\"inside\" is an interface of this machine: only a neighbour of the "
			    "kind \"nftables\" has one");
	else if (!n->capacity_bps && k->clean)
		mistake_warn(k->mistakes, m->at,
			     "the neighbour %s needs the key \"capacity\" too before anything can "
			     "be probed there",
			     quote(n->name, q));
}

/* Paths */

void relate_socket(struct checker *k, const struct mark *m)
{
	const struct conf_act *a = &k->c->act;
	const char *path = marked_text(k->c, m);
	char q[QUOTE_MAX];

	if (!*path)
		return;
	if (*path != '/')
		mistake_add(k->mistakes, m->at, "the socket %s is no absolute path",
			    quote(path, q));
	else if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		mistake_add(k->mistakes, m->at, "the socket's path is longer than %zu bytes",
			    sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1);
	else if (m->tag == TAG_ACT_EXABGP && strcmp(a->socket, a->exabgp) == 0)
		mistake_add(k->mistakes, m->at, "\"socket\" and \"exabgp\" are the same file");
}

void relate_head_file(struct checker *k, const struct mark *m)
{
	const char *path = marked_text(k->c, m);
	char q[QUOTE_MAX];

	if (*path && *path != '/')
		mistake_add(k->mistakes, m->at, "the file %s is no absolute path", quote(path, q));
}

void relate_head_mail(struct checker *k, const struct mark *m)
{
	if (!*k->c->duty.mail.server)
		mistake_warn(k->mistakes, m->at,
			     "the audit's head cannot be mailed: \"duty\" has no mail server");
}

void relate_act_prometheus(struct checker *k, const struct mark *m)
{
	const char *path = marked_text(k->c, m);

	if (*path && strcmp(path, k->c->duty.heartbeat.prometheus) == 0)
		mistake_add(k->mistakes, m->at,
			    "\"heartbeat\" of \"duty\" writes the same file; each needs its own");
}
