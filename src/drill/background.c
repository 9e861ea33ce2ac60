/* SPDX-License-Identifier: ISC */
/*
 * Ordinary mixed traffic of a provider with shops and homes: some 700 packets a second at 100
 * percent. Rates per 1000 s; those of long flows count flows under way.
 */
#include "base/cleanup.h"
#include "drill/plan.h"

static const struct load_row ordinary[] = {
	/* Visitors of the protected sites. */
	{.script = SCRIPT_WEB,
	 .per_ks = 4000,
	 .clients = 3000,
	 .servers = "198.18.10.1",
	 .n_servers = 20,
	 .links = LINK_ALL},
	{.script = SCRIPT_TLS,
	 .per_ks = 5000,
	 .clients = 3000,
	 .servers = "198.18.10.1",
	 .n_servers = 20,
	 .links = LINK_ALL},
	{.script = SCRIPT_TLS,
	 .per_ks = 800,
	 .clients = 500,
	 .servers = "2001:db8:10::1",
	 .v6 = true,
	 .links = LINK_ALL},
	{.script = SCRIPT_DNS,
	 .per_ks = 9000,
	 .clients = 900,
	 .servers = "198.18.10.21",
	 .n_servers = 2,
	 .links = LINK_ALL},
	{.script = SCRIPT_MAIL,
	 .per_ks = 1500,
	 .clients = 700,
	 .servers = "198.18.10.23",
	 .links = LINK_ALL},
	/* Customers at home. */
	{.script = SCRIPT_TLS,
	 .per_ks = 9000,
	 .clients = 2500,
	 .n_servers = 400,
	 .outbound = true,
	 .links = LINK_ALL},
	{.script = SCRIPT_QUIC_VISIT,
	 .per_ks = 3000,
	 .clients = 2500,
	 .n_servers = 100,
	 .outbound = true,
	 .links = LINK_ALL},
	{.script = SCRIPT_TLS,
	 .per_ks = 1500,
	 .clients = 800,
	 .n_servers = 200,
	 .outbound = true,
	 .v6 = true,
	 .links = LINK_ALL},
	{.script = SCRIPT_DNS,
	 .per_ks = 12000,
	 .clients = 2500,
	 .n_servers = 30,
	 .outbound = true,
	 .links = LINK_ALL},
	{.script = SCRIPT_NTP,
	 .per_ks = 1500,
	 .clients = 900,
	 .n_servers = 20,
	 .outbound = true,
	 .links = LINK_ALL},
	{.script = SCRIPT_BITTORRENT,
	 .per_ks = 600,
	 .clients = 60,
	 .n_servers = 5000,
	 .outbound = true,
	 .links = LINK_ALL},
	{.script = SCRIPT_DHT,
	 .per_ks = 6000,
	 .clients = 60,
	 .n_servers = 9000,
	 .outbound = true,
	 .links = LINK_ALL},
};

/* Flows that last; their number, not a rate. */
static const struct load_row lasting[] = {
	{.script = SCRIPT_DOWNLOAD,
	 .at_once = 6,
	 .clients = 6,
	 .n_servers = 6,
	 .outbound = true,
	 .links = LINK_ALL},
	{.script = SCRIPT_VPN,
	 .at_once = 3,
	 .clients = 3,
	 .n_servers = 3,
	 .outbound = true,
	 .links = LINK_ALL},
	{.script = SCRIPT_ESP,
	 .at_once = 2,
	 .clients = 2,
	 .n_servers = 2,
	 .outbound = true,
	 .links = LINK_ALL},
	{.script = SCRIPT_PING,
	 .at_once = 20,
	 .clients = 20,
	 .n_servers = 8,
	 .outbound = true,
	 .links = LINK_ALL},
	{.script = SCRIPT_PING,
	 .at_once = 4,
	 .clients = 4,
	 .n_servers = 2,
	 .outbound = true,
	 .v6 = true,
	 .links = LINK_ALL},
};

static uint32_t share(uint32_t n, uint32_t percent)
{
	return (n * percent + 99) / 100;
}

void plan_add_background(struct plan *p, uint64_t from_ms, uint64_t until_ms, uint32_t percent)
{
	for (size_t i = 0; i < ARRAY_LEN(ordinary); i++) {
		struct load_row row = ordinary[i];

		row.from_ms = from_ms;
		row.until_ms = until_ms;
		row.per_ks = share(row.per_ks, percent);
		row.salt = 7000 + (uint32_t)i; /* the same people all through a run */
		plan_add_load(p, &row);
	}
	for (size_t i = 0; i < ARRAY_LEN(lasting); i++) {
		struct load_row row = lasting[i];

		row.from_ms = from_ms;
		row.until_ms = until_ms;
		row.at_once = share(row.at_once, percent);
		row.salt = 7100 + (uint32_t)i;
		plan_add_load(p, &row);
	}
}
