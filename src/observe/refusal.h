/* SPDX-License-Identifier: ISC */
/*
 * Why bytes were refused. What a sensor cannot use is never silently lost: it is counted here by
 * reason, per sensor or exporter, and shown by `noroshi status` and at the end of `noroshi read`.
 */
#pragma once

#include <stdint.h>

#define REFUSAL_LIST(X)                                                                            \
	X(TRUNCATED, "truncated", "ends before its own lengths say")                               \
	X(BAD_VERSION, "bad-version", "no known export version")                                   \
	X(BAD_LENGTH, "bad-length", "a length that contradicts its container")                     \
	X(BAD_COUNT, "bad-count", "a record count that contradicts the bytes")                     \
	X(NO_TEMPLATE, "no-template", "data before its template")                                  \
	X(BAD_TEMPLATE, "bad-template", "template that cannot be used")                            \
	X(TEMPLATE_LIMIT, "template-limit", "more templates than an exporter may hold")            \
	X(DOMAIN_LIMIT, "domain-limit", "more observation domains than an exporter may hold")      \
	X(TRAILING, "trailing", "bytes after the last whole record")                               \
	X(UNKNOWN_EXPORTER, "unknown-exporter", "sender is not on the allow-list")                 \
	X(EXPORTER_LIMIT, "exporter-limit", "more exporters than the table may hold")              \
	X(UNSUPPORTED, "unsupported", "well-formed, but nothing here reads it")                    \
	X(NOT_IP, "not-ip", "frame without an IP packet")                                          \
	X(BAD_IP, "bad-ip", "IP header that contradicts itself")                                   \
	X(CAPTURE_CUT, "capture-cut", "captured bytes end inside the headers")                     \
	X(TOO_DEEP, "too-deep", "more nested headers than are followed")                           \
	X(BAD_CONTAINER, "bad-container", "capture file structure broken")                         \
	X(BAD_LINKTYPE, "bad-linktype", "link type that is not read")                              \
	X(BAD_SAMPLING, "bad-sampling", "sampling rate above 1:16777216, taken for unknown")       \
	X(WITHDRAWAL, "withdrawal", "template withdrawal in a datagram, ignored (RFC 7011 8.4)")

enum refusal {
#define X(id, name, help) REFUSED_##id,
	REFUSAL_LIST(X)
#undef X
		REFUSAL_COUNT
};

_Static_assert(REFUSAL_COUNT <= 32, "a set of reasons is a uint32_t");

struct refusals {
	uint64_t count[REFUSAL_COUNT];
	uint64_t bytes[REFUSAL_COUNT];
};

static inline void refuse(struct refusals *r, enum refusal why, uint64_t bytes)
{
	r->count[why]++;
	r->bytes[why] += bytes;
}

/** refusal_name() - "no-template"; refusal_help() - its sentence. */
const char *refusal_name(enum refusal why);
const char *refusal_help(enum refusal why);
uint64_t refusals_total(const struct refusals *r);
void refusals_add(struct refusals *to, const struct refusals *from);
