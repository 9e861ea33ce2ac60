/* SPDX-License-Identifier: ISC */
/*
 * What is said to nftables, and what its listing says. Pure: text and JSON in, text out.
 *
 * A table of our own holds one chain. A measure is there: for each destination a set with the first
 * address of that prefix, whose timeout is the measure's end, so that the kernel ends it by itself;
 * rules that look the destination, masked, up in that set; and one counter of what they drop. All
 * carry the measure's name; the comment of its rules has a mark too, which tells whether they are
 * those that are wanted. (Sets of intervals would do without the mask, but nft reads all of them
 * for every command: with a thousand, half a second.)
 *
 * One that is lifted for a moment has a second set for each destination, whose timeout is the
 * moment's end: what is in it is counted and passes, what is not is dropped as ever. So the kernel
 * puts the measure back by itself, whoever is killed meanwhile.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "act/measure.h"
#include "base/text.h"

#define NFT_CHAIN	  "measures"
#define NFT_TABLE_DEFAULT "noroshi"
#define NFT_MARK_MAX	  20

#define NFT_COUNTER_MAX (MEASURE_ID_MAX + 8)

/* What a measure is in the table. */
struct nft_wanted {
	char mark[NFT_MARK_MAX]; /* of its rules */
	unsigned n_rules, n_sets;
};

/* What of a measure a listing shows. */
struct nft_stands {
	unsigned n_rules;  /* with the right mark */
	unsigned n_others; /* and with another */
	unsigned n_sets;
	unsigned n_elements; /* of the sets: 0 when the kernel has ended it */
	bool counter;
};

/** nft_table_is_good() - a name that can stand in a command as it is. */
bool nft_table_is_good(const char *table);

/** nft_id_is_good() - the same for a measure's. */
bool nft_id_is_good(const char *id);

/** nft_end_us() - when the kernel is to end @m: break-glass ends early without a second person. */
int64_t nft_end_us(const struct measure *m);

/** nft_say_table() - makes table and chain where they are not there. */
void nft_say_table(const char *table, struct text *out);

/**
 * nft_say_apply() - the commands after which @m stands, whatever of it stood before (@listing: of
 * the table, NULL: nothing). To be run as one transaction.
 * Return: 0; 1 where it cannot be said, with the reason in @out instead.
 */
int nft_say_apply(const char *table, const struct measure *m, int64_t now_us, const json_t *listing,
		  struct nft_wanted *wanted, struct text *out);

/**
 * nft_say_lift() - the commands after which @m, which stands as @listing shows, lets pass what it
 * would drop, for @ms milliseconds by the kernel's own clock, and counts it (nft_lift_counter()).
 * nft_say_apply() puts it back before. Return: as nft_say_apply(); 1 also where it does not stand.
 */
int nft_say_lift(const char *table, const struct measure *m, int64_t now_us, const json_t *listing,
		 unsigned ms, struct nft_wanted *wanted, struct text *out);

/** nft_lift_counter() - name of the counter of what passes while @id is lifted; @buf:
 * NFT_COUNTER_MAX. */
char *nft_lift_counter(const char *id, char *buf);

/** nft_say_away() - the commands that remove what a listing shows of @id; nothing where it shows
 * nothing. */
void nft_say_away(const char *table, const char *id, const json_t *listing, struct text *out);

/** nft_stands() - what @listing shows of @id; @mark: of the rules that are wanted. */
struct nft_stands nft_stands(const json_t *listing, const char *id, const char *mark);

/** nft_by_measure() - a listing taken apart: an object that has, for each measure of which anything
 * is shown, a listing of its own; owned by the caller, NULL out of memory. What was read once for
 * many measures is not searched through for each of them. */
json_t *nft_by_measure(const json_t *listing);

/** nft_counted() - of a listing of counters. Return: 0, or 1 where it shows none of @id. */
int nft_counted(const json_t *listing, const char *id, uint64_t *packets, uint64_t *bytes);
