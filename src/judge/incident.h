/* SPDX-License-Identifier: ISC */
/*
 * An incident: what people are told, what the store keeps, what `--json` prints. The JSON of an
 * incident is a stable interface; doc/incident.md and noroshi-incident(7) describe each key. Data
 * class: header; it ends with its evidence's erase_by, except for what is volume only.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "conf/conf.h"
#include "detect/finding.h"
#include "judge/kind.h"
#include "judge/path.h"
#include "judge/scope.h"
#include "judge/spoof.h"

#define INCIDENT_ID_MAX	      24
#define INCIDENT_TARGET_MAX   96 /* room for any target text */
#define INCIDENT_GAPS_MAX     16
#define INCIDENT_PLACES_MAX   255
#define INCIDENT_SERIES_MAX   8192
#define INCIDENT_EXPORTER_MAX 64

enum incident_class { CLASS_NONE, CLASS_CAPACITY, CLASS_SERVER, CLASS_COMPOUND, CLASS_COUNT };

struct incident_link {
	char exporter[INCIDENT_EXPORTER_MAX]; /* its name */
	char link[64];			      /* configured name, or "" */
	uint32_t input;			      /* interface index */
	double share;			      /* of bytes, 0..1 */
	uint64_t packets, bytes;	      /* corrected for sampling */
	uint64_t capacity_bps;		      /* 0 unknown */
};

/* An exporter that told of it, as struct finding_witness has it. */
struct incident_witness {
	char exporter[INCIDENT_EXPORTER_MAX]; /* its name */
	uint64_t packets;		      /* of the attack, by its own sampling */
	double share; /* of what counted in the same seconds; above 1 where it told of more */
};

/* A time when the incident was not watched (the program was down). */
struct incident_gap {
	int64_t from_us, until_us;
};

/* Where something was seen, by names that outlive the tables of one run. */
struct incident_place {
	char exporter[INCIDENT_EXPORTER_MAX];
	uint32_t input; /* interface index, 0: the exporter as a whole */
};

/*
 * Owned; all texts and arrays are its own. `f` is a copy whose pointers point into the incident.
 * Numbers of links and exporters mean something only in the run that gave them, so here they are
 * places: in `series` and `evidence`, every link and exporter number is 1 + an index in `places`
 * (0: the whole, or unknown). f.exporters, f.seen_by, f.told_by, f.links[].link, f.link and
 * f.evidence mean nothing here.
 */
struct incident {
	char id[INCIDENT_ID_MAX];
	uint32_t revision; /* from 1; one more each time it is handed out */
	enum incident_class class;
	char class_reason[512]; /* measured, in plain English */
	char class_reason_ja[768];
	struct finding f;
	/* Owned; the records are NULL where they were left behind or erased, their number stands.
	 */
	struct header_sample evidence[SAMPLE_COUNT];
	char sample_consent[CONF_TEXT_MAX]; /* what allowed to keep the good sample, "" none */
	struct series_point *series;	    /* owned, by link, then start */
	char object[64];		    /* protected object, "" none */
	uint64_t line_bps;		    /* the object's access line, 0 unknown */
	char **exporters;		    /* names, f.n_exporters of them */
	struct incident_witness seen_by[FINDING_WITNESSES_MAX]; /* f.n_seen_by, none of exporters */
	struct incident_witness told_by[FINDING_WITNESSES_MAX]; /* f.n_told_by, of exporters */
	struct incident_link links[FINDING_LINKS_MAX];		/* f.n_links, most bytes first */
	struct incident_place target_link;			/* level link: which */
	struct incident_place *places;
	unsigned n_places;
	struct incident_path *path; /* owned; NULL where nothing is known of it */
	int64_t erase_by_us;	    /* of the evidence; TIME_NONE while there is none */
	int64_t erased_us;	    /* when the store erased the evidence; TIME_NONE not yet */
	struct incident_gap gaps[INCIDENT_GAPS_MAX];
	unsigned n_gaps;
	struct source_kinds kinds; /* what kind of sources; n 0: not judged */
	struct scope scope;	   /* domestic or foreign, without what notices say */
	struct spoof_facts facts;  /* of the senders, without addresses */
	struct spoofing spoofing;  /* what they say */
	bool series_cut;	   /* points were left out to keep `series` bounded */
	bool known_test;	   /* inside a test that was announced beforehand */
	bool drill;		   /* store or input is a drill */
};

/** incident_new() - an empty incident, owned; NULL without memory. */
struct incident *incident_new(void);
struct incident *incident_free(struct incident *inc);

static inline void incident_freep(struct incident **inc)
{
	*inc = incident_free(*inc);
}
#define _cleanup_incident_ _cleanup_(incident_freep)

/**
 * incident_copy() - a copy with nothing shared, owned.
 * @with_evidence: false leaves the header records behind (their number stays).
 * Return: the copy, or NULL without memory.
 */
struct incident *incident_copy(const struct incident *inc, bool with_evidence);

/**
 * incident_target() - what is attacked, as text: an address, CIDR, "EXPORTER#INPUT" or "network".
 * @buf: INCIDENT_TARGET_MAX bytes. Return: @buf.
 */
char *incident_target(const struct incident *inc, char *buf);

/** incident_by_first() - for qsort() over pointers to incidents: by first packet, then id. */
int incident_by_first(const void *a, const void *b);

/**
 * incident_id() - the name of an incident from its content alone: "n" and 12 hexadecimal digits of
 * FNV-1a (64 bits, folded to 48) over "LEVEL TARGET SECOND", where SECOND is the UTC second of the
 * first packet; " scan" is added for a scan, and " COUNT" where @count > 0 others had that name.
 * @buf: INCIDENT_ID_MAX bytes. Return: @buf.
 */
char *incident_id(const struct incident *inc, unsigned count, char *buf);

/**
 * incident_place() - the number (1 + index) of a place, added where it is new.
 * Return: the number, or 0 when the table is full or memory is out (which text_lost() then tells).
 */
uint16_t incident_place(struct incident *inc, const char *exporter, uint32_t input);

/* Words of the interface. The parse functions return 0, or -EINVAL. */
const char *incident_class_name(enum incident_class c); /* NULL for CLASS_NONE */
const char *finding_state_name(enum finding_state s);
const char *finding_kind_name(enum finding_kind k);
const char *dedup_name(enum dedup_rule d);
int incident_class_parse(const char *name, enum incident_class *out);
int finding_state_parse(const char *name, enum finding_state *out);
int finding_kind_parse(const char *name, enum finding_kind *out);

/**
 * incident_vectors() - the vectors that name the attack: those over their threshold, then parts of
 * the same family with at least a tenth of the packets; where none is over, the largest parts.
 * @out: indexes in f.vectors. Return: how many.
 */
unsigned incident_vectors(const struct incident *inc, unsigned out[FINDING_VECTORS_MAX]);

/**
 * incident_judge_class() - fill class and its reasons from the measured finding, the access line
 * and the link. DOMAIN: capacity, server, compound; a scan has none.
 */
void incident_judge_class(struct incident *inc);

/** incident_to_json() - the stable interface, keys in fixed order. Owned; NULL without memory. */
json_t *incident_to_json(const struct incident *inc);

/** incident_dump() - incident_to_json() as one line without newline. Owned; NULL without memory. */
char *incident_dump(const struct incident *inc);

/**
 * incident_from_json() - the reverse; unknown keys are passed over, the header records of the
 * evidence are not in it.
 * @out: owned by the caller. Return: 0, -ENOMEM, or -EINVAL for what is no incident.
 */
int incident_from_json(const json_t *json, struct incident **out);

/** incident_load() - incident_from_json() over @n bytes of text; -EINVAL for what is no JSON. */
int incident_load(const char *text, size_t n, struct incident **out);

/**
 * incident_print() - the whole incident for people, plain text without escapes: English, or
 * Japanese with @language "ja". Times are local (TZ) with UTC beside them.
 */
void incident_print(const struct incident *inc, const char *language, struct text *out);

/**
 * incident_spark() - the course of packets per second as a bar of at most @width block characters,
 * each the largest value of its span; "" without a series.
 */
void incident_spark(const struct incident *inc, unsigned width, struct text *out);
