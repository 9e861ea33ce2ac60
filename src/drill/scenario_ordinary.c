/* SPDX-License-Identifier: ISC */
/* Traffic without an attack, some of which looks like one. */
#include "base/cleanup.h"
#include "drill/plan.h"
#include "drill/world.h"

/* 400 connections held open, each some 78 packets a second inwards and half of it outwards. */
static const struct load_row busy_server[] = {{.script = SCRIPT_BUSY,
					       .from_ms = 0,
					       .until_ms = 6000,
					       .at_once = 400,
					       .clients = 400,
					       .servers = SITE(2),
					       .links = LINK_ALL}};
static const struct innocent_row busy_innocent[] = {
	{"busy server", SITE(2), "established connections that send and are answered"}};

static const struct load_row flash_crowd[] = {{.script = SCRIPT_SHORT_VISIT,
					       .from_ms = 3000,
					       .until_ms = 11000,
					       .per_s = 3000,
					       .clients = 2500,
					       .servers = SITE(2),
					       .links = LINK_ALL}};
static const struct innocent_row flash_innocent[] = {
	{"flash crowd", SITE(2),
	 "handshakes completed, pages asked and sent, the same clients again"}};

/* Behind one shared address: all flows begin together, so all active timeouts end together. */
static const struct load_row long_flows[] = {{.script = SCRIPT_STEADY_TCP,
					      .until_ms = 70000,
					      .at_once = 90,
					      .clients = 1,
					      .n_servers = 90,
					      .outbound = true,
					      .links = LINK_ALL,
					      .salt = 42},
					     {.script = SCRIPT_STEADY_UDP,
					      .until_ms = 70000,
					      .at_once = 35,
					      .clients = 1,
					      .n_servers = 30,
					      .outbound = true,
					      .links = LINK_ALL,
					      .salt = 42}};
static const struct innocent_row long_innocent[] = {
	{"long flows", "one customer address",
	 "a minute of steady packets that a router tells of in one instant"}};

static const struct load_row update_day[] = {{.script = SCRIPT_SHORT_VISIT,
					      .from_ms = 2000,
					      .until_ms = 10500,
					      .per_s = 2600,
					      .clients = 6000,
					      .servers = "198.51.100.20",
					      .outbound = true,
					      .links = LINK_ALL}};
static const struct innocent_row update_innocent[] = {
	{"update day", "198.51.100.20",
	 "many own clients fetch the same update; all is completed"}};

const struct scenario scenarios_ordinary[] = {
	{.name = "background-only",
	 .seconds = 180,
	 .help = "ordinary mixed traffic: web, DNS, mail, P2P, long downloads, VPN, ESP, ping, "
		 "IPv6"},
	{.name = "busy-server",
	 .seconds = 6,
	 ROWS(loads, busy_server),
	 ROWS(innocents, busy_innocent),
	 .help = "a busy ordinary server: 30,000 packets/s of established connections, no attack"},
	{.name = "flash-crowd",
	 .seconds = 14,
	 ROWS(loads, flash_crowd),
	 ROWS(innocents, flash_innocent),
	 .help = "3,000 visits a second, all completed, many by returning clients; no attack"},
	{.name = "long-flows",
	 .seconds = 70,
	 ROWS(loads, long_flows),
	 ROWS(innocents, long_innocent),
	 .help = "long flows whose active timeouts end together; no attack (use v5, v9, ipfix)"},
	{.name = "update-day",
	 .seconds = 13,
	 ROWS(loads, update_day),
	 ROWS(innocents, update_innocent),
	 .help = "thousands of own clients fetch an update from one foreign address; no attack"},
};
const size_t n_scenarios_ordinary = ARRAY_LEN(scenarios_ordinary);
