/* SPDX-License-Identifier: ISC */
#include "drill/world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "drill/places.h"
#include "drill/week.h"

#define MBPS	      UINT64_C(1000000)
#define CORE_CAPACITY (UINT64_C(100000) * MBPS)

static const char *const own[] = {"198.18.0.0/16", "203.0.113.0/24", "2001:db8::/32"};

static const struct world_link links[LINKS] = {
	{"transit-a", "AS64496", UINT64_C(10000) * MBPS},
	{"peer-b", "AS64497", UINT64_C(10000) * MBPS},
	{"exchange-c", "AS64498", UINT64_C(10000) * MBPS},
};

static const char *const exporter_addresses[] = {"192.0.2.1", "192.0.2.2", "192.0.2.3"};

/* Access lines of the protected sites, taken in turn. */
static const uint64_t lines_bps[] = {100 * MBPS, 1000 * MBPS, 100 * MBPS, 200 * MBPS};

/* Sites 2001:db8:10::1 and the carpets' prefixes are protected too. */
static const struct {
	const char *name, *prefix;
	uint64_t line_bps;
} wide_objects[] = {
	{"site-v6", "2001:db8:10::1", 1000 * MBPS},
	{"office-64", "198.18.64.0/24", 1000 * MBPS},
	{"campus-128", "198.18.128.0/20", 10000 * MBPS},
	{"campus-v6", "2001:db8:64::/64", 1000 * MBPS},
};

/* What people rely on; sites of the same names are protected too. */
static const struct {
	const char *name, *address, *link;
} services[] = {
	{"emergency-call", "198.18.10.7", "transit-a"},
	{"bank", "198.18.10.20", "transit-a"},
	{"town-hall", "198.18.10.8", "peer-b"},
};

void world_init(struct world *w, unsigned exporters, enum drill_view view)
{
	*w = (struct world){.exporters = exporters, .view = view};
	for (unsigned e = 0; e < DRILL_EXPORTERS_MAX; e++)
		ip_parse(exporter_addresses[e], &w->exporter[e]);
	for (unsigned l = 0; l < LINKS; l++)
		w->capacity_bps[l] = links[l].capacity_bps;
}

const char *world_next_own(size_t *at)
{
	return *at < ARRAY_LEN(own) ? own[(*at)++] : NULL;
}

bool world_is_own(const struct ip *ip)
{
	if (ip_is_v4(ip))
		return (ip_v4(ip) & 0xffff0000u) == 0xc6120000u ||
		       (ip_v4(ip) & 0xffffff00u) == 0xcb007100u;
	return ip->b[0] == 0x20 && ip->b[1] == 0x01 && ip->b[2] == 0x0d && ip->b[3] == 0xb8;
}

const char *world_link_name(unsigned link)
{
	return links[link].name;
}

uint32_t world_link_as(unsigned link)
{
	return (uint32_t)strtoul(links[link].peer + 2, NULL, 10);
}

/* The routers behind the border are those of the same-view with an index above 0. */
static bool is_core(const struct world *w, unsigned e)
{
	return w->view == DRILL_SAME && e > 0;
}

bool world_sees(const struct world *w, unsigned e, unsigned link)
{
	return w->view == DRILL_SAME || link % w->exporters == e;
}

uint16_t world_input(const struct world *w, unsigned e, unsigned link, bool outbound)
{
	if (is_core(w, e))
		return outbound ? 21 : 20;
	return outbound ? INSIDE_IFINDEX : (uint16_t)(link + 1);
}

void world_interfaces(const struct world *w, unsigned e, const struct packet *p, uint16_t *in,
		      uint16_t *out)
{
	*in = world_input(w, e, p->link, p->outbound);
	*out = world_input(w, e, p->link, p->internal ? p->outbound : !p->outbound);
}

bool world_interface(const struct world *w, unsigned e, unsigned i, struct world_interface *out)
{
	static const char *const core_names[] = {"border", "access"};
	unsigned nth = 0;

	*out = (struct world_interface){.peer = "", .capacity_bps = CORE_CAPACITY};
	if (is_core(w, e)) {
		if (i >= 2)
			return false;
		out->ifindex = (uint16_t)(20 + i);
		out->link = core_names[i];
		return true;
	}
	for (unsigned l = 0; l < LINKS; l++) {
		if (!world_sees(w, e, l) || nth++ != i)
			continue;
		out->ifindex = (uint16_t)(l + 1);
		out->link = links[l].name;
		out->peer = links[l].peer;
		out->outside = true;
		out->capacity_bps = w->capacity_bps[l];
		return true;
	}
	out->ifindex = INSIDE_IFINDEX;
	out->link = "core";
	return i == nth;
}

static json_t *interfaces_json(const struct world *w, unsigned e)
{
	json_t *list = json_array();
	struct world_interface f;

	for (unsigned i = 0; list && world_interface(w, e, i, &f); i++)
		json_array_append_new(list,
				      json_pack("{sisssssI}", "ifindex", f.ifindex, "link", f.link,
						"side", f.outside ? "outside" : "inside",
						"capacity_bps", (json_int_t)f.capacity_bps));
	return list;
}

static json_t *exporters_json(const struct world *w, const struct drill_options *o)
{
	json_t *list = json_array();
	char addr[IP_TEXT_MAX];

	for (unsigned e = 0; list && e < w->exporters; e++)
		json_array_append_new(
			list, json_pack("{sssisfso}", "address", ip_format(&w->exporter[e], addr),
					"sampling", (int)o->exporter[e].sampling, "clock_offset_s",
					(double)o->exporter[e].clock_offset_us / 1e6, "interfaces",
					interfaces_json(w, e)));
	return list;
}

static json_t *protected_json(void)
{
	json_t *list = json_array();
	char name[32], addr[32];

	for (unsigned i = 1; list && i <= SITES; i++) {
		snprintf(name, sizeof(name), "site-%02u", i);
		snprintf(addr, sizeof(addr), "198.18.10.%u", i);
		json_array_append_new(
			list, json_pack("{sssssI}", "name", name, "prefix", addr, "line_bps",
					(json_int_t)lines_bps[i % ARRAY_LEN(lines_bps)]));
	}
	for (size_t i = 0; list && i < ARRAY_LEN(wide_objects); i++)
		json_array_append_new(list, json_pack("{sssssI}", "name", wide_objects[i].name,
						      "prefix", wide_objects[i].prefix, "line_bps",
						      (json_int_t)wide_objects[i].line_bps));
	return list;
}

int world_json(const struct world *w, const struct drill_options *o, json_t *truth)
{
	json_t *prefixes = json_array();

	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		json_array_append_new(prefixes, json_string(own[i]));
	if (json_object_set_new(truth, "own", prefixes) ||
	    json_object_set_new(truth, "protected", protected_json()) ||
	    json_object_set_new(truth, "exporters", exporters_json(w, o)))
		return -ENOMEM;
	return 0;
}

static void yaml_object(struct text *out, const char *name, const char *prefix, uint64_t line_bps)
{
	text_printf(out, "  - name: %s\n    prefixes: [\"%s\"]\n    line: %lluMbps\n", name, prefix,
		    (unsigned long long)(line_bps / MBPS));
}

static void yaml_interfaces(const struct world *w, unsigned e, struct text *out)
{
	struct world_interface f;

	for (unsigned i = 0; world_interface(w, e, i, &f); i++) {
		text_printf(out, "  - exporter: router-%u\n    ifindex: %u\n    link: %s\n", e + 1,
			    f.ifindex, f.link);
		if (*f.peer)
			text_printf(out, "    peer: %s\n", f.peer);
		if (w->map && f.outside && *where_link_country(f.ifindex - 1u))
			text_printf(out, "    country: %s\n", where_link_country(f.ifindex - 1u));
		text_printf(out, "    side: %s\n    capacity: %lluMbps\n",
			    f.outside ? "outside" : "inside",
			    (unsigned long long)(f.capacity_bps / MBPS));
	}
}

void world_yaml(const struct world *w, const char *darknet, struct text *out)
{
	char name[32], addr[IP_TEXT_MAX];

	text_add(out, "# The drill's world; nothing in it is real.\ncountry: JP\nown:\n");
	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		text_printf(out, "  - \"%s\"\n", own[i]);
	if (darknet)
		text_printf(out, "  - \"%s\"\ndarknets:\n  - \"%s\"\n", darknet, darknet);
	text_add(out, "protected:\n");
	for (unsigned i = 1; i <= SITES; i++) {
		snprintf(name, sizeof(name), "site-%02u", i);
		snprintf(addr, sizeof(addr), "198.18.10.%u", i);
		yaml_object(out, name, addr, lines_bps[i % ARRAY_LEN(lines_bps)]);
		if (w->contract)
			text_printf(out, "    contract: %s\n", w->contract(i));
		if (w->contract && week_site_bursts(i))
			text_add(out, "    page_bursts: yes\n");
	}
	for (size_t i = 0; i < ARRAY_LEN(wide_objects); i++)
		yaml_object(out, wide_objects[i].name, wide_objects[i].prefix,
			    wide_objects[i].line_bps);
	text_add(out, "exporters:\n");
	for (unsigned e = 0; e < w->exporters; e++)
		text_printf(out, "  - name: router-%u\n    address: %s\n", e + 1,
			    ip_format(&w->exporter[e], addr));
	text_add(out, "interfaces:\n");
	for (unsigned e = 0; e < w->exporters; e++)
		yaml_interfaces(w, e, out);
	if (w->map)
		where_shared_yaml(out);
	text_add(out, "services:\n");
	for (size_t i = 0; i < ARRAY_LEN(services); i++)
		text_printf(out,
			    "  - name: %s\n    addresses: \"%s\"\n    country: JP\n"
			    "    link: %s\n",
			    services[i].name, services[i].address, services[i].link);
}
