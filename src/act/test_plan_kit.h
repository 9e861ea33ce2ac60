/* SPDX-License-Identifier: ISC */
/*
 * What the tests of plans share: a configuration with a point at every step of the ladder,
 * incidents with evidence made by hand, and a law that somebody has reviewed.
 */
#pragma once

#ifndef GOLDEN_DIR
#define GOLDEN_DIR "." /* only the test of words reads golden files */
#endif
#include "duty/test_brief_kit.h"

#include "act/plan.h"
#include "duty/guard.h"

#define KIT_WORLD                                                                                  \
	"own:\n"                                                                                   \
	" - 198.51.100.0/24\n"                                                                     \
	" - {prefix: 203.0.113.0/25, customer: Example Trading}\n"                                 \
	" - {prefix: 203.0.113.128/25, customer: Example Bank}\n"                                  \
	" - 198.18.16.0/20\n"                                                                      \
	" - \"2001:db8:1::/48\"\n"                                                                 \
	"country: JP\n"                                                                            \
	"language: en\n"                                                                           \
	"protected:\n"                                                                             \
	" - name: shop\n"                                                                          \
	"   customer: Example Trading\n"                                                           \
	"   prefixes: [198.51.100.7, \"2001:db8:1::7\"]\n"                                         \
	"   line: 1Gbps\n"                                                                         \
	"   sample_consent: contract 7\n"                                                          \
	"   contacts:\n"                                                                           \
	"   - {name: Example Trading night desk, mail: noc@example.net, language: ja}\n"           \
	"%s"                                                                                       \
	" - {name: mail, customer: Example Bank, prefixes: 198.18.16.0/24}\n"                      \
	" - {name: portal, customer: Example City, prefixes: 198.18.17.0/24}\n"                    \
	" - {name: 203.0.113.99, customer: Example Hidden, prefixes: 203.0.113.99}\n"              \
	"exporters:\n"                                                                             \
	" - {name: border-1, address: 192.0.2.1}\n"                                                \
	" - {name: border-2, address: 192.0.2.2}\n"                                                \
	"interfaces:\n"                                                                            \
	" - {exporter: border-1, ifindex: 1, link: transit-a, peer: AS64510, country: US, "        \
	"capacity: 10Gbps, side: outside}\n"                                                       \
	" - {exporter: border-2, ifindex: 7, link: exchange, peer: AS64520, country: JP, "         \
	"capacity: 100Gbps, side: outside}\n"                                                      \
	"services:\n"                                                                              \
	" - {name: emergency calls, addresses: [198.18.18.110/32], country: JP, link: "            \
	"transit-a}\n"                                                                             \
	"duty: {zone: Asia/Tokyo}\n"

#define KIT_CONSENT "   measures:\n   - {kind: blackhole, consent: contract 7, max: 2h}\n"

#define KIT_BGP "address: 127.0.0.1, local_address: 127.0.0.1, local_as: 64500, "

#define KIT_POINTS                                                                                 \
	"act:\n"                                                                                   \
	"  approvers: [{name: Sato, user: sato}, {name: Tanaka, user: tanaka}]\n"                  \
	"  two_persons: [rtbh]\n"                                                                  \
	"  neighbors:\n"                                                                           \
	"  - {name: box, kind: nftables, point: host, takes: [nftables]}\n"                        \
	"  - {name: edge-1, kind: dry_run, point: customer_edge, takes: [flowspec]}\n"             \
	"  - {name: borders, kind: dry_run, point: own_border, takes: [rtbh, flowspec]}\n"         \
	"  - {name: abroad, kind: dry_run, point: foreign_border, takes: [rtbh, flowspec], "       \
	"links: [transit-a]}\n"                                                                    \
	"  - {name: peer-x, kind: dry_run, point: peering, takes: [flowspec], local_as: 64500, "   \
	"peer_as: 64520, links: [exchange]}\n"                                                     \
	"  - {name: transit, kind: dry_run, point: transit, takes: [community], local_as: 64500, " \
	"peer_as: 64510, links: [transit-a], community: \"64510:666\"}\n"                          \
	"  - {name: wash, kind: dry_run, point: scrubber, takes: [diversion], "                    \
	"redirect: \"64500:66\", capacity: 20Gbps}\n"

static const char kit_law_yaml[] =
	"country: JP\n"
	"name: {en: Japan, ja: 日本}\n"
	"reviewed: {by: Example Counsel, date: 2026-11-01}\n"
	"bases:\n"
	"  - id: business\n"
	"    name: {en: Legitimate business act, ja: 正当業務行為}\n"
	"    allows: [rtbh, flowspec, nftables, acl, community, diversion]\n"
	"    longest: 1d\n"
	"    data: [header, volume]\n"
	"    conditions:\n"
	"      - {en: The means are appropriate., ja: 手段が相当であること。}\n"
	"    source: a test\n"
	"  - id: consent\n"
	"    name: {en: Consent, ja: 同意}\n"
	"    allows: [rtbh]\n"
	"    consent: yes\n"
	"    longest: 1d\n"
	"    data: [header, volume]\n"
	"    conditions:\n"
	"      - {en: It was asked for., ja: 同意を得ていること。}\n"
	"    source: a test\n";

static inline struct law *kit_law(void)
{
	_cleanup_text_ struct text errors = TEXT_NULL;
	struct law *law = NULL;

	if (law_read("kit", kit_law_yaml, sizeof(kit_law_yaml) - 1, &law, &errors))
		fail_msg("%s", text_str(&errors));
	return law;
}

static inline struct conf *kit_conf_of(const char *consent, const char *points)
{
	_cleanup_text_ struct text yaml = TEXT_NULL, errors = TEXT_NULL;
	struct conf *c;

	text_printf(&yaml, KIT_WORLD, consent);
	text_add(&yaml, points);
	c = conf_load_text("kit", text_str(&yaml), yaml.len, &errors);
	if (!c)
		fail_msg("%s", text_str(&errors));
	return c;
}

/* ---- evidence ---- */

struct kit_packet {
	const char *source; /* NULL: another one for each record */
	uint8_t proto, flags;
	uint16_t sport, dport;
	uint32_t length;
	const char *exporter; /* of the link that it came in over */
	uint32_t input;
};

static inline void kit_records(struct incident *inc, enum sample which, unsigned n,
			       const struct kit_packet *p)
{
	struct header_sample *s = &inc->evidence[which];
	struct evidence_record *r = realloc(s->record, (s->n + n) * sizeof(*r));

	assert_non_null(r);
	memset(r + s->n, 0, n * sizeof(*r));
	for (unsigned i = 0; i < n; i++) {
		struct evidence_record *e = &r[s->n + i];

		e->first_us = e->last_us = e->recv_us = inc->f.first_us + i * INT64_C(1000);
		e->flow.src = ip_from_v4(0xc6336400u + 0x10000u * (i % 250) + i % 256);
		if (p->source)
			assert_int_equal(ip_parse(p->source, &e->flow.src), 0);
		e->flow.dst = inc->f.target.addr;
		e->flow.packets = 1;
		e->flow.bytes = p->length;
		e->flow.proto = p->proto;
		e->flow.tcp_flags = p->flags;
		e->flow.sport = p->sport ? p->sport : (uint16_t)(1024 + i * 37 % 60000);
		e->flow.dport = p->dport ? p->dport : (uint16_t)(1024 + i * 91 % 60000);
		e->flow.in_link = p->exporter ? incident_place(inc, p->exporter, p->input) : 0;
		e->side.sampling = 1;
		e->side.flags = FLOW_SAMPLING_KNOWN | FLOW_IS_PACKET | FLOW_HAS_TTL;
		e->side.ttl = 55;
		e->side.tcp_window = 29200;
	}
	s->record = r;
	s->n += n;
}

/* Clients of a shop: HTTPS from everywhere, two thirds of it over the domestic link. */
static inline void kit_clients(struct incident *inc, unsigned n)
{
	struct kit_packet data = {.proto = PROTO_TCP,
				  .flags = TH_ACK,
				  .dport = 443,
				  .length = 400,
				  .exporter = "border-2",
				  .input = 7};
	struct kit_packet open = {.proto = PROTO_TCP,
				  .flags = TH_SYN,
				  .dport = 443,
				  .length = 60,
				  .exporter = "border-2",
				  .input = 7};
	struct kit_packet abroad = data;

	abroad.exporter = "border-1";
	abroad.input = 1;
	kit_records(inc, SAMPLE_GOOD, n / 2, &data);
	kit_records(inc, SAMPLE_GOOD, n / 6, &open);
	kit_records(inc, SAMPLE_GOOD, n - n / 2 - n / 6, &abroad);
}

/* Two exporters tell of it, so that no guard has anything against it. */
static inline void kit_two_exporters(struct incident *inc)
{
	free(inc->exporters[0]);
	inc->exporters[0] = strdup("border-1");
	inc->exporters[1] = strdup("border-2");
	inc->f.n_exporters = 2;
	inc->f.n_told_by = 2;
	inc->told_by[0] = (struct incident_witness){"border-1", 3000, 0.6};
	inc->told_by[1] = (struct incident_witness){"border-2", 2000, 0.4};
}

/* Answers of name servers, twelve times the line, three quarters of them from abroad. */
static inline struct incident *kit_reflected(void)
{
	struct incident *inc = kit_incident("198.51.100.7", "shop", AGO_MIN(12));
	struct kit_packet p = {.proto = PROTO_UDP,
			       .sport = 53,
			       .length = 1400,
			       .exporter = "border-1",
			       .input = 1};

	inc->line_bps = 1000000000;
	finding_vector(&inc->f, VECTOR_AMPLIFICATION, 53, true, 9000000, 1400);
	inc->f.packets = 9000000;
	inc->f.bytes = UINT64_C(9000000) * 1400;
	kit_peak(inc, UINT64_C(12000000000), 1070000);
	kit_two_exporters(inc);
	kit_link(inc, "border-1", 1, "transit-a", 10000000000, 0.97, true);
	inc->path->row[0].share = inc->path->row[0].byte_share = 0.75;
	kit_link(inc, "border-2", 7, "exchange", 100000000000, 0.31, false);
	inc->path->row[1].share = inc->path->row[1].byte_share = 0.25;
	snprintf(inc->path->row[0].peer, sizeof(inc->path->row[0].peer), "AS64510");
	snprintf(inc->path->row[1].peer, sizeof(inc->path->row[1].peer), "AS64520");
	kit_records(inc, SAMPLE_ATTACK, 1500, &p);
	p.exporter = "border-2";
	p.input = 7;
	kit_records(inc, SAMPLE_ATTACK, 500, &p);
	kit_clients(inc, 600);
	kit_done(inc);
	return inc;
}

/* ---- plans ---- */

static const struct guard_exporter kit_exporters[] = {
	{.name = "border-1", .listed = true, .corroborated = true},
	{.name = "border-2", .listed = true, .corroborated = true},
};

static inline struct plan *kit_plan(const struct incident *inc, const struct conf *conf,
				    const struct law *law)
{
	struct guard_world world = {.exporters = kit_exporters,
				    .n_exporters = ARRAY_LEN(kit_exporters),
				    .drill = inc->drill};
	struct plan_input in = {
		.incident = inc, .conf = conf, .law = law, .world = &world, .now_us = NOW_US};
	struct plan *p = NULL;

	assert_int_equal(plan_make(&in, &p), 0);
	return p;
}

/* The first option of a step and kind; NULL none. */
static inline const struct plan_option *kit_option(const struct plan *p, enum plan_step step,
						   enum plan_kind kind)
{
	for (unsigned i = 0; i < p->n_options; i++)
		if (p->option[i].step == step && p->option[i].kind == kind)
			return &p->option[i];
	return NULL;
}
