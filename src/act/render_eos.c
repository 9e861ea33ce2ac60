/* SPDX-License-Identifier: ISC */
/*
 * Access lists of Arista EOS: prefixes in both families, a flag that must be set as a bare word.
 * The length of a packet is known to some of its machines only, so it is refused.
 */
#include "act/render_inside.h"

static const struct acl_dialect eos = {
	.open4 = "ip access-list %s",
	.open6 = "ipv6 access-list %s",
	.any4 = "ip",
	.any6 = "ipv6",
	.icmp6 = "icmpv6",
	.numbered = true,
	.fragments_first = true,
};

enum render_refusal render_eos(const struct render_view *v, const char *name, struct text *out)
{
	return render_acl(&eos, v, name, out);
}
