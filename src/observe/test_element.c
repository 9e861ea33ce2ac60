/* SPDX-License-Identifier: ISC */
/*
 * The element table against other people's: the XML dictionary in the corpus, read as text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "observe/element.h"

#define DICTIONARY "01-flow/CESNET+libfds/config/system/elements/iana.xml"

static void test_known(void **state)
{
	assert_string_equal(element_find(PEN_IANA, 1)->name, "octetDeltaCount");
	assert_int_equal(element_find(PEN_IANA, 8)->type, ELEMENT_IP4);
	assert_int_equal(element_find(PEN_REVERSE, 152)->type, ELEMENT_MILLISECONDS);
	assert_null(element_find(PEN_IANA, 0));
	assert_null(element_find(PEN_IANA, 105)); /* v9 compatibility, unnamed */
	assert_null(element_find(PEN_IANA, 65535));
	assert_null(element_find(9, 1));
}

static void test_ntp(void **state)
{
	assert_int_equal(element_ntp_us(UINT64_C(2208988800) << 32), 0);
	assert_int_equal(element_ntp_us((UINT64_C(2208988801) << 32) | 0x80000000u), 1500000);
	/* Era 1 begins in 2036. */
	assert_int_equal(element_ntp_us(UINT64_C(0) << 32), INT64_C(2085978496) * 1000000);
}

static enum element_type type_of(const char *name)
{
	static const struct {
		const char *name;
		enum element_type type;
	} types[] = {
		{"octetArray", ELEMENT_OCTETS},
		{"unsigned8", ELEMENT_U8},
		{"unsigned16", ELEMENT_U16},
		{"unsigned32", ELEMENT_U32},
		{"unsigned64", ELEMENT_U64},
		{"signed32", ELEMENT_S32},
		{"float64", ELEMENT_F64},
		{"boolean", ELEMENT_BOOLEAN},
		{"macAddress", ELEMENT_MAC},
		{"ipv4Address", ELEMENT_IP4},
		{"ipv6Address", ELEMENT_IP6},
		{"string", ELEMENT_STRING},
		{"dateTimeSeconds", ELEMENT_SECONDS},
		{"dateTimeMilliseconds", ELEMENT_MILLISECONDS},
		{"dateTimeMicroseconds", ELEMENT_MICROSECONDS},
		{"dateTimeNanoseconds", ELEMENT_NANOSECONDS},
		{"basicList", ELEMENT_LIST},
		{"subTemplateList", ELEMENT_LIST},
		{"subTemplateMultiList", ELEMENT_LIST},
	};

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (strcmp(types[i].name, name) == 0)
			return types[i].type;
	fail_msg("abstract type %s is not known here", name);
	return ELEMENT_OCTETS;
}

/* The text of <tag>...</tag> on this line, if that is what it holds. */
static bool tag(const char *line, const char *name, char *out, size_t room)
{
	char open[40];
	const char *from, *to;

	snprintf(open, sizeof(open), "<%s>", name);
	from = strstr(line, open);
	if (!from)
		return false;
	from += strlen(open);
	to = strchr(from, '<');
	if (!to || (size_t)(to - from) >= room)
		return false;
	memcpy(out, from, (size_t)(to - from));
	out[to - from] = '\0';
	return true;
}

static void test_against_dictionary(void **state)
{
	const char *corpus = getenv("NOROSHI_CORPUS");
	_cleanup_fclose_ FILE *f = NULL;
	char path[4096], line[512], id[16] = "0", name[128] = "", type[64];
	unsigned seen = 0;

	snprintf(path, sizeof(path), "%s/" DICTIONARY, corpus ? corpus : "../shared/corpus");
	f = fopen(path, "r");
	if (!f) {
		print_message("SKIP: no corpus at %s\n", path);
		skip();
	}
	while (fgets(line, sizeof(line), f)) {
		const struct element *e;

		if (tag(line, "id", id, sizeof(id)) || tag(line, "name", name, sizeof(name)) ||
		    !tag(line, "dataType", type, sizeof(type)))
			continue;
		e = element_find(PEN_IANA, (uint16_t)atoi(id));
		assert_non_null(e);
		assert_string_equal(e->name, name);
		assert_int_equal(e->type, type_of(type));
		seen++;
	}
	assert_true(seen > 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_ntp),
		cmocka_unit_test(test_against_dictionary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
