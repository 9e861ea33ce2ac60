/* SPDX-License-Identifier: ISC */
#include "router/router.h"

const struct router_ops *router_ops_of(enum conf_router kind)
{
	switch (kind) {
	case ROUTER_NULL:
		return &router_null;
	case ROUTER_DRY_RUN:
		return &router_dry_run;
	case ROUTER_EXABGP:
		return &router_exabgp;
	case ROUTER_NFTABLES:
		return &router_nftables;
	}
	return &router_null;
}
