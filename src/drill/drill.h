/* SPDX-License-Identifier: ISC */
/*
 * The drill: input made with its truth. A named scenario and a seed give traffic packet by packet;
 * the same packets are seen as frames, or by simulated routers that sample, cache and export them,
 * and they are counted on the way, so that the truth is what was sent and not what was meant.
 * Everything streams in time order with bounded memory. Bytes out depend on (scenario, seed,
 * options) alone. The drill shares nothing with those who detect but base/.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/ip.h"
#include "base/text.h"

#define DRILL_EXPORTERS_MAX 3

enum drill_format { DRILL_PACKETS, DRILL_V5, DRILL_V9, DRILL_IPFIX, DRILL_SFLOW, DRILL_FORMATS };

/*
 * What several exporters see. DRILL_SAME: all of them every packet (a border router and the core
 * routers behind it). DRILL_SPLIT: border routers beside each other, each with its own links.
 */
enum drill_view { DRILL_SAME, DRILL_SPLIT };

/*
 * What a scenario is for. All but the ordinary ones play in a world with places (drill_places());
 * those held out serve to judge what was made with the others.
 */
enum drill_group { DRILL_ORDINARY, DRILL_FIT, DRILL_HELD_OUT };

/* All zero is a good set: packets, unsampled, one exporter, background on. */
struct drill_options {
	enum drill_format format;
	uint32_t sampling;    /* one packet in N; 0 and 1: every packet. v5 carries at most 16383 */
	bool sampling_random; /* each packet with chance 1/N; false: every Nth */
	bool sampling_untold; /* v5, v9, IPFIX: the datagrams do not say the factor */
	uint32_t active_s;    /* active timeout, 0: 60 s */
	uint32_t inactive_s;  /* inactive timeout, 0: 15 s */
	unsigned exporters;   /* 1..3, 0: as many as the scenario wants */
	enum drill_view view; /* of several exporters */
	struct {
		uint32_t sampling;	 /* 0: that of all */
		int64_t clock_offset_us; /* its clock minus the true one */
	} exporter[DRILL_EXPORTERS_MAX];
	uint64_t max_records;	/* the run ends early after so many frames or records; 0: no end */
	bool no_background;	/* attacks and what the scenario needs, nothing else */
	int64_t base_us;	/* start time, a whole second; 0: the scenario's own */
	uint32_t snaplen;	/* bytes kept of a frame (96..65535), 0: 256 */
	uint32_t cache_entries; /* flows a router holds, 0: 131072 */
	/*
	 * Both 0: as the scenario has it. Else no attack begins before @lead_s, and each lasts
	 * @hold_s at least, thinned behind its own end; their targets have visitors all the time.
	 */
	uint32_t lead_s, hold_s;
};

/* Where a run goes; any callback may be NULL. Bytes are borrowed for the call. */
struct drill_sink {
	/** A frame (Ethernet) of @wirelen, of which @len bytes are given. Negative stops the run.
	 */
	int (*frame)(void *userdata, int64_t time_us, const uint8_t *bytes, size_t len,
		     size_t wirelen);
	/** An export datagram (UDP payload) as it reaches the collector, in order of @recv_us. */
	int (*datagram)(void *userdata, int64_t recv_us, const struct ip *exporter,
			const uint8_t *bytes, size_t len);
	bool all_frames; /* frames too, where the format is one of exports */
	void *userdata;
};

struct drill_figures {
	uint64_t packets;    /* generated, background included */
	uint64_t bytes;	     /* layer 3 bytes of them */
	uint64_t frames;     /* handed to the frame callback */
	uint64_t datagrams;  /* handed to the datagram callback */
	uint64_t records;    /* flow records or samples in those datagrams, options not counted */
	uint64_t silenced;   /* datagrams lost by a scenario's full link */
	uint64_t refused;    /* sessions not begun and flows pushed out because a table was full */
	uint64_t unexported; /* packets no exporter can tell of (IPv6 in v5), each exporter counted
			      */
};

struct drill;

/** drill_scenario() - name and one-line help of the @i-th scenario. Return: false behind the last.
 */
bool drill_scenario(size_t i, const char **name, const char **help, uint32_t *seconds);

/** drill_scenario_group() - of the @i-th scenario. */
enum drill_group drill_scenario_group(size_t i);
const char *drill_group_name(enum drill_group group);

/** drill_format_name(), drill_format_parse() - "packets", "v5", "v9", "ipfix", "sflow" ("pcap"
 * too). */
const char *drill_format_name(enum drill_format f);
int drill_format_parse(const char *name, enum drill_format *f);

/** drill_default_port() - the UDP port exports of @f go to: 2055, 4739 or 6343; 0 for packets. */
uint16_t drill_default_port(enum drill_format f);

/**
 * drill_new() - a run of scenario @name, not begun. @options may be NULL.
 * Return: an owned drill, or NULL with errno ENOENT (no such scenario), EINVAL (options that
 * contradict themselves) or ENOMEM.
 */
struct drill *drill_new(const char *name, uint64_t seed, const struct drill_options *options);
struct drill *drill_free(struct drill *d);

/**
 * drill_run() - generate everything into @sink, once per drill.
 * Return: 0, the sink's negative error, or -ENOMEM.
 */
int drill_run(struct drill *d, const struct drill_sink *sink);
const struct drill_figures *drill_figures(const struct drill *d);

/**
 * drill_packet_attack() - within a callback of packets: whose the frame is. Return: index of its
 * attack (`a001` is 0), -1 for ordinary traffic, -2 for what comes back from answers to an attack.
 */
int drill_packet_attack(const struct drill *d);

/** drill_attack_target() - address or prefix of the @i-th attack; NULL behind the last. */
const char *drill_attack_target(const struct drill *d, size_t i);

/**
 * drill_truth_json() - after drill_run(): what was sent, as doc/drill.md describes it.
 * Return: an owned text (free()), or NULL without memory.
 */
char *drill_truth_json(struct drill *d);

/** drill_conf_yaml() - a noroshi configuration of the drill's world. Return: owned text or NULL. */
char *drill_conf_yaml(struct drill *d);

/**
 * drill_has_map() - has scenario @name a map of countries, shared addresses and proxies?
 * drill_proxies_list() - its list of open proxies as a file holds it, for conf `proxy_lists`.
 * Return: owned text, NULL without memory or without a map.
 * drill_country() - the @i-th block of that map; false behind the last.
 */
bool drill_has_map(const char *name);
char *drill_proxies_list(const struct drill *d);
bool drill_country(size_t i, const char **prefix, const char **country);

/* A block of the public address space in the drill's world, as registries and routers have it. */
struct drill_block {
	struct prefix prefix;
	const char *registry, *country; /* country "" where nobody was given it */
	enum { DRILL_ALLOCATED, DRILL_AVAILABLE, DRILL_RESERVED } status;
	bool routed;
	uint32_t asn;		/* origin, 0 where it is not routed */
	uint32_t neighbours[3]; /* those who announce it to us, the link's peer first */
	unsigned n_neighbours;
};

/**
 * drill_places() - every block of the run's world, in order of addresses; stops where @each gives
 * not 0. Return: 0, what @each gave, or -ENOENT where the scenario plays in no such world.
 */
int drill_places(const struct drill *d, int (*each)(void *userdata, const struct drill_block *b),
		 void *userdata);

/**
 * drill_mrt(), drill_delegated() - the same as a TABLE_DUMP_V2 file (RFC 6396) and as delegated
 * statistics in their extended form. Return: 0, -ENOENT, or a negative error of writing.
 */
int drill_mrt(const struct drill *d, FILE *out);
int drill_delegated(const struct drill *d, FILE *out);

/** drill_next_own() - own prefixes as text, for `--own`; start with *@at = 0. NULL behind the
 * last. */
const char *drill_next_own(size_t *at);

/* What drill_write() adds to the capture and its truth. */
enum drill_beside { DRILL_BESIDE_CONF = 1, DRILL_BESIDE_PLACES = 2 };

/**
 * drill_write() - run into @path (pcap, µs; frames, or export datagrams in UDP) and write
 * @path.truth.json and, of @beside, @path.yaml (where the scenario has a map @path.proxies too),
 * @path.mrt and @path.delegated. Each file appears whole or not at all. @figures: may be NULL.
 * Return: 0, or a negative error with the reason in @why.
 */
int drill_write(const char *name, uint64_t seed, const struct drill_options *options,
		const char *path, unsigned beside, struct drill_figures *figures, struct text *why);

struct drill_score_options {
	const char *only_visible; /* a format's name: attacks not decidable from it do not count; or
				     NULL */
	uint64_t above_pps;	  /* attacks with a lower peak rate do not count */
	bool json;		  /* one object instead of tables */
};

/**
 * drill_score() - hold incidents (JSON lines, one revision or many of each id) against a truth.
 * Return: 0, or 2 when a file cannot be read, with the reason in @why.
 */
int drill_score(const char *incidents_path, const char *truth_path,
		const struct drill_score_options *o, FILE *out, struct text *why);
