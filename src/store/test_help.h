/* SPDX-License-Identifier: ISC */
/*
 * Directories that go away, and incidents to put into them.
 */
#pragma once

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "judge/fill.h"
#include "judge/incident.h"
#include "judge/test_findings.h"
#include "store/store.h"

static inline int help_remove(const char *path, const struct stat *st, int type, struct FTW *at)
{
	return remove(path);
}

static inline char *help_dir(char *buf, size_t n)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(buf, n, "%s/noroshi-store-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(buf))
		abort();
	return buf;
}

static inline void help_remove_dir(const char *dir)
{
	nftw(dir, help_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* Incident number @n: its own target and second; @records header records of evidence. */
static inline struct incident *help_incident(unsigned n, uint32_t revision, unsigned records)
{
	struct incident *inc = incident_new();
	char target[32];

	snprintf(target, sizeof(target), "10.%u.%u.%u", n >> 16 & 255, n >> 8 & 255, n & 255);
	finding_make(&inc->f, n + 1, target, T0 + n * US_PER_S);
	finding_vector(&inc->f, VECTOR_SYN_FLOOD, 0, true, 10000, 46);
	inc->f.packets = 1000 * (uint64_t)revision;
	inc->revision = revision;
	inc->exporters = calloc(FINDING_EXPORTERS_MAX, sizeof(*inc->exporters));
	inc->f.sources.n_top = 1;
	ip_parse("198.51.100.77", &inc->f.sources.top[0].addr);
	if (records) {
		inc->evidence[SAMPLE_ATTACK].record =
			calloc(records, sizeof(struct evidence_record));
		inc->evidence[SAMPLE_ATTACK].n = records;
		inc->erase_by_us = T0 + 30 * 86400 * US_PER_S;
	}
	for (unsigned i = 0; i < records; i++) {
		struct evidence_record *e = &inc->evidence[SAMPLE_ATTACK].record[i];

		e->first_us = T0 + i * 1000;
		e->last_us = e->first_us + i % 7;
		e->recv_us = e->last_us + 250000 - i;
		e->flow.src = ip_from_v4(0xc6336400u + i % 250);
		e->flow.dst = inc->f.target.addr;
		e->flow.bytes = 46 + i;
		e->flow.packets = 1;
		e->flow.sport = (uint16_t)(1024 + i);
		e->flow.dport = 443;
		e->flow.proto = PROTO_TCP;
		e->flow.tcp_flags = TH_SYN;
		e->flow.in_link = incident_place(inc, "edge-1", 12 + i % 3);
		e->flow.exporter = incident_place(inc, "edge-1", 0);
		e->side.sampling = 1000;
		e->side.ttl = (uint8_t)(i % 256);
	}
	incident_judge_class(inc);
	incident_id(inc, 0, inc->id);
	return inc;
}

static inline int help_put(struct store *s, unsigned n, uint32_t revision, unsigned records)
{
	_cleanup_incident_ struct incident *inc = help_incident(n, revision, records);

	return store_put_incident(s, inc);
}
