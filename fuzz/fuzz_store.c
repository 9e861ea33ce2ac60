/* SPDX-License-Identifier: ISC */
/*
 * Rows of a store as any bytes: an incident's JSON (first byte even) or packed evidence (odd). What
 * is taken must be written the same way twice.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "judge/incident.h"
#include "store/evidence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void fuzz_json(const char *text, size_t n)
{
	_cleanup_incident_ struct incident *a = NULL, *b = NULL, *c = NULL;
	_cleanup_free_ char *one = NULL, *two = NULL;
	_cleanup_text_ struct text page = TEXT_NULL;

	if (incident_load(text, n, &a))
		return;
	/* What came from elsewhere takes our form on the first turn and keeps it. */
	one = incident_dump(a);
	assert(one && incident_load(one, strlen(one), &b) == 0);
	two = incident_dump(b);
	assert(two && strcmp(one, two) == 0);
	incident_print(b, n % 2 ? "ja" : "en", &page);
	c = incident_copy(b, true);
	assert(c);
}

static void fuzz_evidence(const uint8_t *data, size_t n)
{
	_cleanup_incident_ struct incident *a = incident_new(), *b = incident_new();
	_cleanup_text_ struct text one = TEXT_NULL, two = TEXT_NULL;

	if (!a || !b || evidence_unpack(a, SAMPLE_ATTACK, data, n))
		return;
	evidence_pack(a, SAMPLE_ATTACK, &one);
	assert(evidence_unpack(b, SAMPLE_ATTACK, one.s, one.len) == 0);
	evidence_pack(b, SAMPLE_ATTACK, &two);
	assert(one.len == two.len && memcmp(one.s, two.s, one.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (!n)
		return 0;
	if (data[0] % 2)
		fuzz_evidence(data + 1, n - 1);
	else
		fuzz_json((const char *)data + 1, n - 1);
	return 0;
}
