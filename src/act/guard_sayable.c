/* SPDX-License-Identifier: ISC */
/*
 * Whether there are words for it. What its router cannot be told is refused before anybody approves
 * it, and not by the router's side when the network waits for it.
 */
#include "act/guard_inside.h"
#include "act/plan_inside.h"
#include "act/render.h"

static const struct conf_neighbor *neighbor(const struct guard_look *k)
{
	return *k->o->point ? conf_act_neighbor(k->conf, k->o->point) : NULL;
}

/* A dry run says what ExaBGP would be told. */
static bool is_exabgp(const struct conf_neighbor *n)
{
	return n->kind == ROUTER_EXABGP || n->kind == ROUTER_DRY_RUN;
}

static bool has_no_hop(struct guard_look *k, const struct conf_neighbor *n)
{
	bool v4 = ip_is_v4(&k->o->target.addr);
	char hop[IP_TEXT_MAX];

	if (render_next_hop(n, v4, hop))
		return false;
	snprintf(k->what, sizeof(k->what), "%s, %s", n->name, v4 ? "next_hop" : "next_hop6");
	return true;
}

bool guard_unsayable(struct guard_look *k)
{
	const struct conf_neighbor *n = neighbor(k);
	_cleanup_text_ struct text why = TEXT_NULL;
	enum render_kind kind;

	if (!n || n->kind == ROUTER_NULL)
		return false;
	if (!k->o->n_rules && is_exabgp(n))
		return has_no_hop(k, n);
	kind = is_exabgp(n) ? RENDER_EXABGP : RENDER_NFT;
	if (plan_render(k->o, kind, false, &why) == 0)
		return false;
	snprintf(k->what, sizeof(k->what), "%s, %s", n->name, render_name(kind));
	return true;
}
