/* SPDX-License-Identifier: ISC */
/*
 * The operator's own world, described once for all rooms: what is ours, whom we protect, who
 * exports to us, over which links, what may never be touched, and when we call something an attack.
 * Read from YAML by schema rows (schema.c); all or nothing: a file that does not hold changes
 * nothing and says `file:line:column`. A configuration is immutable once loaded; a reload makes a
 * new one, and readers hold a reference.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/text.h"
#include "base/vector.h"
#include "conf/conf_act.h"
#include "conf/conf_duty.h"

#define CONF_NAME_MAX 64
#define CONF_TEXT_MAX 256
#define RATE_INHERIT  0		 /* no value here: the next wider scope's counts */
#define RATE_NEVER    UINT64_MAX /* this vector is never an attack here */

enum conf_side { SIDE_UNKNOWN, SIDE_OUTSIDE, SIDE_INSIDE };
enum conf_shared_kind { SHARED_CGN, SHARED_MAP_E, SHARED_CDN, SHARED_RESOLVER, SHARED_OTHER };

/*
 * When a rate counts as an attack; per host. Packets per second in a sliding second. "never" is
 * RATE_NEVER, and UINT32_MAX in the times and the percentage; network_pps is 0 where it is off.
 */
struct thresholds {
	uint64_t pps[VECTOR_COUNT]; /* [VECTOR_AMPLIFICATION]: any single reflector port */
	uint64_t any_pps, any_bps;  /* all packets together, all bits together */
	struct {
		uint16_t port;
		uint64_t pps;
	} reflector[16]; /* a port's own threshold, n_reflectors used */
	unsigned n_reflectors;
	uint32_t prefix24_times, prefix20_times; /* of the host threshold; v6 /64 and /48 */
	uint64_t network_pps;  /* network level, per vector; RATE_INHERIT: level is off */
	uint32_t link_percent; /* of the known capacity */
};

struct conf_own {
	struct prefix prefix;
	char customer[CONF_NAME_MAX]; /* "" for the operator itself */
};

struct conf_contact {
	char name[CONF_NAME_MAX], mail[CONF_TEXT_MAX], phone[CONF_NAME_MAX], language[8];
};

/* A measure that the customer has agreed to, with the reference of the consent. */
struct conf_measure {
	char kind[CONF_NAME_MAX]; /* "blackhole", "flowspec", "rate_limit", ... */
	char consent[CONF_TEXT_MAX];
	uint64_t max_s; /* longest it may stand */
};

/* A test that is known beforehand (load test, exercise): incidents then say so. */
struct conf_known_test {
	int64_t from_us, until_us;
	char note[CONF_TEXT_MAX];
};

struct conf_object {
	char name[CONF_NAME_MAX], customer[CONF_NAME_MAX];
	struct prefix *prefixes;
	size_t n_prefixes;
	uint64_t line_bps;  /* contracted access line, 0 unknown */
	uint32_t contract;  /* enum conf_contract */
	uint32_t page_from; /* 0: the general one */
	bool page_bursts;
	struct conf_contact *contacts;
	size_t n_contacts;
	struct conf_measure *measures;
	size_t n_measures;
	struct conf_known_test *tests;
	size_t n_tests;
	char sample_consent[CONF_TEXT_MAX]; /* reference that allows keeping good traffic headers */
	struct thresholds thresholds;	    /* merged with the defaults: no RATE_INHERIT left */
};

struct conf_exporter {
	char name[CONF_NAME_MAX];
	struct ip addr;
	uint32_t sampling;			       /* operator's override, 0 none */
	bool clock_trusted;			       /* false: times are the receive clock's */
	uint32_t active_timeout_s, inactive_timeout_s; /* 0 unknown */
};

struct conf_interface {
	char exporter[CONF_NAME_MAX]; /* name of a conf_exporter */
	uint32_t ifindex;
	char link[CONF_NAME_MAX], peer[CONF_NAME_MAX];
	char country[3]; /* whose traffic the peer hands over, "" many or unknown */
	uint64_t capacity_bps;
	uint64_t contracted_bps; /* of its link, over all interfaces of that; 0 unknown */
	enum conf_side side;
};

/* A link by its name: what is contracted for it, over all interfaces that are part of it. */
struct conf_link {
	char name[CONF_NAME_MAX], peer[CONF_NAME_MAX];
	uint64_t capacity_bps; /* contracted, 0 unknown */
};

/* Something that people rely on, and over which link it is reached. */
struct conf_service {
	char name[CONF_NAME_MAX];
	struct prefix *addresses;
	size_t n_addresses;
	char country[3]; /* where it is, "" unknown */
	char link[CONF_NAME_MAX];
};

struct conf_shared {
	struct prefix prefix;
	enum conf_shared_kind kind;
};

/* A file of addresses that are said to be open proxies; judge/proxies.h states its form. */
struct conf_proxy_list {
	char file[CONF_TEXT_MAX];
	int64_t dated_us; /* of entries that tell no date; 0: undated */
};

struct conf_listen {
	struct ip addr;
	uint16_t port;
};

struct conf_capture {
	char interface[CONF_NAME_MAX];
	char filter[CONF_TEXT_MAX]; /* pcap filter, "" all */
	enum conf_side side;
	uint32_t ifindex_as; /* number it stands for in `interfaces`, 0 none */
};

/* IP tunnels, in the order of the words. */
enum conf_tunnel {
	TUNNEL_GRE,
	TUNNEL_ERSPAN,
	TUNNEL_IPIP,
	TUNNEL_ETHERIP,
	TUNNEL_MPLS,
	TUNNEL_SRV6,
	TUNNEL_VXLAN,
	TUNNEL_GENEVE,
	TUNNEL_TEREDO,
	TUNNEL_COUNT,
};

struct conf_limits {
	uint64_t memory_bytes; /* of all detection state together */
	uint32_t hot_keys;     /* destinations followed closely at a time */
	uint32_t incidents_open;
	uint32_t threads; /* 0: by cores */
};

struct conf_keep {
	uint64_t evidence_s, incident_s, rollup_s, notice_s; /* how long each is kept */
};

/* Cases: who looks and for whom is written, where the command line does not say. */
struct conf_desk {
	uint32_t circle;  /* enum viewer_rank of whoever asks */
	uint32_t written; /* enum circle_kind of what is written; never persons */
	char person[CONF_NAME_MAX];
	char key[CONF_TEXT_MAX];	  /* file of the audit key; "": desk.key in the store */
	char (*calendars)[CONF_TEXT_MAX]; /* files of own events */
	size_t n_calendars;
};

struct conf {
	char *path; /* NULL for the built-in default */
	char countries[16][3];
	size_t n_countries;
	struct conf_own *own;
	size_t n_own;
	struct conf_object *objects;
	size_t n_objects;
	struct conf_exporter *exporters;
	size_t n_exporters;
	struct conf_interface *interfaces;
	size_t n_interfaces;
	struct conf_link *links;
	size_t n_links;
	struct conf_service *services;
	size_t n_services;
	struct prefix *darknets;
	size_t n_darknets;
	struct conf_shared *shared;
	size_t n_shared;
	struct conf_proxy_list *proxy_lists;
	size_t n_proxy_lists;
	struct prefix *never_touch;
	size_t n_never_touch;
	struct conf_listen *listen;
	size_t n_listen;
	struct conf_capture *captures;
	size_t n_captures;
	uint32_t unwrap[TUNNEL_COUNT]; /* enum conf_tunnel: whose inside is what counts */
	size_t n_unwrap;
	struct thresholds thresholds;
	struct conf_limits limits;
	struct conf_keep keep;
	struct conf_desk desk;
	struct conf_duty duty;
	struct conf_maintenance *maintenance;
	size_t n_maintenance;
	struct conf_heightened *heightened;
	size_t n_heightened;
	struct conf_act act;
	char db[CONF_TEXT_MAX];	       /* store directory */
	char place[CONF_TEXT_MAX];     /* directory of imported places, "" beside the store */
	char language[8];	       /* "en" or "ja" */
	struct prefix_set *own_set;    /* value: index in own */
	struct prefix_set *object_set; /* value: index in objects */
	struct prefix_set *darknet_set, *shared_set, *never_set;
	unsigned refs;
};

/** conf_default() - the built-in configuration: no prefixes, shipped thresholds. Owned reference.
 */
struct conf *conf_default(void);

/**
 * conf_load() - read @path.
 * @errors: one line per mistake, `file:line:column: sentence`, with the nearest valid word. Lines
 *	with `warning:` behind the place do not refuse the file; they come with a good one too.
 * Return: an owned reference, or NULL when the file does not hold (see @errors).
 */
struct conf *conf_load(const char *path, struct text *errors);

/** conf_load_text() - the same from memory; @name stands for the file in messages. */
struct conf *conf_load_text(const char *name, const char *yaml, size_t n, struct text *errors);

/** conf_ref(), conf_unref() - share and give back, from any thread; unref returns NULL. */
struct conf *conf_ref(struct conf *c);
struct conf *conf_unref(struct conf *c);

/**
 * conf_override_own(), conf_override_threshold() - command-line additions to a configuration that
 * nobody else holds yet. @text: "192.0.2.0/24"; "syn_flood=500", "dns_amplification=1kpps",
 * "any=1Gbps", "any_bits=1G", "all=5" (every packet rate). A threshold given so counts for every
 * protected object too; "amplification" and "all" also replace the thresholds of single ports.
 * Return: 0, -EINVAL with the reason as one line in @errors, or -ENOMEM.
 */
int conf_override_own(struct conf *c, const char *text, struct text *errors);
int conf_override_threshold(struct conf *c, const char *text, struct text *errors);

/** conf_print() - the effective configuration as YAML that parses to itself. */
void conf_print(const struct conf *c, struct text *out);

/**
 * conf_print_json() - the same as one JSON object. Rates are numbers in packets or bits per second,
 * durations in seconds, sizes in bytes; null is "never", or nothing given.
 */
void conf_print_json(const struct conf *c, struct text *out);

/** conf_print_keys() - one line per key there is: path, type, default, help, with tabs between. */
void conf_print_keys(struct text *out);

/** conf_thresholds() - those that count for @ip: its protected object's, else the defaults. */
const struct thresholds *conf_thresholds(const struct conf *c, const struct ip *ip);

/** conf_link() - what the configuration says of a link by its name, or NULL. */
const struct conf_link *conf_link(const struct conf *c, const char *name);

/** conf_object_named() - the protected object of that name; NULL: there is none, or no @c. */
const struct conf_object *conf_object_named(const struct conf *c, const char *name);

/** conf_object() - the protected object that holds @ip (longest prefix), or NULL. */
const struct conf_object *conf_object(const struct conf *c, const struct ip *ip);
bool conf_is_own(const struct conf *c, const struct ip *ip);

/** thresholds_pps() - the rate from which @v (with @port for amplification) is an attack. */
uint64_t thresholds_pps(const struct thresholds *t, enum vector v, uint16_t port);

/**
 * Values with units, as the configuration and the command line write them.
 * Return: 0, or -EINVAL.
 */
int conf_parse_pps(const char *text, uint64_t *pps);	 /* "2500", "2500pps", "2.5kpps" */
int conf_parse_bps(const char *text, uint64_t *bps);	 /* "1Gbps", "100 Mbit/s" */
int conf_parse_duration(const char *text, uint64_t *s);	 /* "90", "10s", "5m", "2h", "30d" */
int conf_parse_bytes(const char *text, uint64_t *bytes); /* "200MB", "1GiB" */
