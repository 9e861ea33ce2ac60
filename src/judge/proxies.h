/* SPDX-License-Identifier: ISC */
/*
 * Lists of open proxies: plain text or CSV with addresses and prefixes, imported, never probed. A
 * `struct proxies` is one immutable picture of all lists of a configuration, shared by reference.
 * Data class: list without communication.
 *
 * A line is empty, a comment (# or ; or //), or an entry. Fields are parted by comma, semicolon,
 * tab or blanks and may stand in quotation marks. An entry is the first field that is an address
 * ("192.0.2.1"), a prefix ("192.0.2.0/28"), either with a port behind or a scheme before it
 * ("http://192.0.2.1:3128", "[2001:db8::1]:8080"); its date is the first later field that is one
 * ("2008-08-08", RFC 3339, or that without its zone). A heading line (a field named ip, address,
 * host, prefix or network) fixes the column of the address, and date, last_seen, checked or updated
 * that of the date. A comment "# date: 2008-08-08" dates the entries behind it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/text.h"
#include "conf/conf.h"

#define PROXIES_MAX	 1000000		/* entries of all lists together */
#define PROXIES_FILE_MAX (64u << 20)		/* bytes of one file */
#define PROXIES_FRESH_S	 (180 * INT64_C(86400)) /* a listing says nothing of times further away */

enum proxies_refusal {
	PROXIES_NO_ADDRESS, /* a line in which no field is an address or prefix */
	PROXIES_TOO_WIDE,   /* a prefix wider than a /16 (IPv6 /32): it names providers, not proxies
			     */
	PROXIES_LONG,	    /* a line longer than 4,096 bytes */
	PROXIES_FULL,	    /* beyond PROXIES_MAX */
	PROXIES_REFUSALS
};

struct proxies;

/** proxies_new() - an empty picture, an owned reference; NULL without memory. */
struct proxies *proxies_new(void);

/** proxies_ref(), proxies_unref() - share and give back, from any thread; unref returns NULL. */
struct proxies *proxies_ref(struct proxies *p);
struct proxies *proxies_unref(struct proxies *p);

static inline void proxies_unrefp(struct proxies **p)
{
	*p = proxies_unref(*p);
}
#define _cleanup_proxies_ _cleanup_(proxies_unrefp)

/**
 * proxies_read() - add the entries of a list to a picture that nobody else holds yet; what is no
 * entry is counted by reason and passed over. Of one address on two lists the newer date counts.
 * @dated_us: of entries without a date of their own, TIME_NONE unknown.
 * Return: 0 or -ENOMEM.
 */
int proxies_read(struct proxies *p, const void *bytes, size_t n, int64_t dated_us);

/**
 * proxies_load() - all lists of @conf; a file that cannot be read is left out and told in @why as
 * one line each, "FILE: reason".
 * Return: 0 with an owned reference in *@out (which may hold nothing), or -ENOMEM.
 */
int proxies_load(const struct conf *conf, struct proxies **out, struct text *why);

/**
 * proxies_find() - is @ip on a list that speaks of the time @at_us: undated, or dated no further
 * than PROXIES_FRESH_S from it?
 * @p: may be NULL. @dated_us: the entry's date, TIME_NONE undated; may be NULL.
 */
bool proxies_find(const struct proxies *p, const struct ip *ip, int64_t at_us, int64_t *dated_us);

/** proxies_count(), proxies_refused() - entries held; lines passed over for @r. */
size_t proxies_count(const struct proxies *p);
uint64_t proxies_refused(const struct proxies *p, enum proxies_refusal r);

/** proxies_refusal_name() - "no_address", "too_wide", "long", "full". */
const char *proxies_refusal_name(enum proxies_refusal r);
