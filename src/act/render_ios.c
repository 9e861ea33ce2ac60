/* SPDX-License-Identifier: ISC */
/*
 * Access lists of Cisco. IOS-XE: named extended lists, of which only those for IPv4 have flags with
 * a sign, and none the length. IOS-XR: signs in both families; what its packet-length counts of an
 * IPv6 packet is told in two ways, so it is not used there.
 */
#include "act/render_inside.h"

static const struct acl_dialect ios_xe = {
	.open4 = "ip access-list extended %s",
	.open6 = "ipv6 access-list %s",
	.any4 = "ip",
	.any6 = "ipv6",
	.icmp6 = "icmp",
	.wildcard = true,
	.signed4 = true,
};

static const struct acl_dialect ios_xr = {
	.open4 = "ipv4 access-list %s",
	.open6 = "ipv6 access-list %s",
	.any4 = "ipv4",
	.any6 = "ipv6",
	.icmp6 = "icmpv6",
	.numbered = true,
	.wildcard = true,
	.signed4 = true,
	.signed6 = true,
	.length4 = true,
};

enum render_refusal render_ios_xe(const struct render_view *v, const char *name, struct text *out)
{
	return render_acl(&ios_xe, v, name, out);
}

enum render_refusal render_ios_xr(const struct render_view *v, const char *name, struct text *out)
{
	return render_acl(&ios_xr, v, name, out);
}
