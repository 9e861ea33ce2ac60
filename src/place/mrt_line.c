// SPDX-License-Identifier: ISC
/*
 * Lines as `bgpdump -m` of RIPE NCC writes them, field by field, so that scripts made for the one
 * read the other. Where bgpdump's own lines are odd they are odd here too.
 */
#include "place/mrt.h"

#define COMMUNITIES_MAX 8190 /* bgpdump's buffer ends there */

/*
 * bgpdump has an inet_ntop() of its own, from before RFC 5952: the first longest run of zero groups
 * is left out even where it is a single one.
 */
static void add_v6(struct text *out, const uint8_t *addr)
{
	unsigned group[8], best = 8, best_len = 0;

	for (unsigned i = 0; i < 8; i++)
		group[i] = be16_at(addr + 2 * i);
	for (unsigned i = 0, n; i < 8; i += n + 1) {
		for (n = 0; i + n < 8 && group[i + n] == 0; n++)
			;
		if (n > best_len) {
			best = i;
			best_len = n;
		}
	}
	for (unsigned i = 0; i < 8; i++) {
		if (i == best) {
			text_add(out, "::");
			i += best_len - 1;
			continue;
		}
		if (i == 6 && best == 0 &&
		    (best_len == 6 || (best_len == 5 && group[5] == 0xffff))) {
			text_printf(out, "%s%u.%u.%u.%u", best_len == 6 ? "" : ":", addr[12],
				    addr[13], addr[14], addr[15]);
			return;
		}
		text_printf(out, "%s%x", i == 0 || i == best + best_len ? "" : ":", group[i]);
	}
}

static void add_addr(struct text *out, bool v6, const uint8_t *addr)
{
	if (v6)
		add_v6(out, addr);
	else
		text_printf(out, "%u.%u.%u.%u", addr[0], addr[1], addr[2], addr[3]);
}

static void add_communities(struct text *out, struct cursor c)
{
	size_t from = out->len;

	while (cursor_left(&c) >= 4) {
		uint32_t v = cursor_be32(&c);
		const char *space = out->len == from ? "" : " ";

		switch (v) { /* RFC 1997 */
		case 0xffffff01:
			text_printf(out, "%sno-export", space);
			break;
		case 0xffffff02:
			text_printf(out, "%sno-advertise", space);
			break;
		case 0xffffff03:
			text_printf(out, "%slocal-AS", space);
			break;
		default:
			text_printf(out, "%s%u:%u", space, v >> 16, v & 0xffff);
		}
	}
	if (out->len - from > COMMUNITIES_MAX) {
		out->len = from + COMMUNITIES_MAX;
		out->s[out->len] = '\0';
	}
}

static void add_nexthop(struct text *out, const struct mrt_event *e)
{
	static const uint8_t none[4] = {255, 255, 255, 255};
	const struct bgp_family *f = e->family;

	/* A table has the next hop of IPv6, and only that, in MP_REACH_NLRI. */
	if (e->what == MRT_RIB && e->attrs->announce[BGP_IP6][BGP_UNICAST].there)
		f = &e->attrs->announce[BGP_IP6][BGP_UNICAST];
	if (f)
		add_addr(out, e->afi == BGP_IP6 || f->nexthop_len != 4, f->nexthop);
	else
		add_addr(out, false, e->attrs->has_nexthop ? e->attrs->nexthop : none);
}

static void add_attributes(struct text *out, const struct mrt_event *e)
{
	static const char *const origins[] = {"IGP", "EGP"};
	const struct bgp_attributes *a = e->attrs;
	unsigned origin = (unsigned)a->origin;

	if (a->has_path)
		bgp_path_text(a->best, out);
	text_printf(out, "|%s|", origin < ARRAY_LEN(origins) ? origins[origin] : "INCOMPLETE");
	add_nexthop(out, e);
	/* bgpdump forgets a bar in lines of the old type. */
	text_printf(out, "|%u|%u%s", a->local_pref, a->med,
		    e->legacy && a->has_communities ? "" : "|");
	if (a->has_communities)
		add_communities(out, a->communities);
	text_printf(out, "%s%s|", e->legacy && !a->has_communities ? "" : "|",
		    a->atomic ? "AG" : "NAG");
	if (a->has_aggregator && memcmp(a->aggregator, "\xff\xff\xff\xff", 4) != 0) {
		text_printf(out, "%u ", a->aggregator_as);
		add_addr(out, false, a->aggregator);
		text_add(out, "|\n");
	} else {
		text_add(out, "|\n");
	}
}

static void add_time(struct text *out, const struct mrt_event *e)
{
	text_printf(out, "%u", e->time_s);
	if (e->extended)
		text_printf(out, ".%06u", e->time_us);
}

void mrt_line(const struct mrt_event *e, struct text *out)
{
	static const char *const what[] = {"B", "A", "W", "STATE"};

	text_printf(out, "%s|", e->label);
	add_time(out, e);
	text_printf(out, "|%s|", what[e->what]);
	add_addr(out, e->peer.v6, e->peer.addr);
	text_printf(out, "|%u|", e->peer.as);
	if (e->what == MRT_STATE) {
		text_printf(out, "%u|%u\n", e->old_state, e->new_state);
		return;
	}
	add_addr(out, e->afi == BGP_IP6, e->prefix.addr);
	text_printf(out, "/%u", e->prefix.len);
	if (e->add_path)
		text_printf(out, "|%u", e->prefix.path_id);
	text_add(out, e->what == MRT_WITHDRAW ? "\n" : "|");
	if (e->what != MRT_WITHDRAW)
		add_attributes(out, e);
}
