/* SPDX-License-Identifier: ISC */
/*
 * Proves FlowSpec against octets written by hand: what is accepted, cleaned or refused, why and
 * where; the clean and the canonical form; the text; the actions of extended communities.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "act/flowspec.h"

struct bytes {
	unsigned family;
	const char *hex;	      /* with its length */
	enum flowspec_reason refused; /* FLOWSPEC_GOOD: it is not */
	unsigned at;
	uint32_t ignored;
	const char *clean, *canonical; /* NULL: the same as hex, as clean */
	const char *text;
};

#define IGNORED(what) (1u << FLOWSPEC_##what)

static size_t octets_of(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned octet;

	for (; hex[0] && hex[1]; hex += 2) {
		assert_int_equal(sscanf(hex, "%2x", &octet), 1);
		out[n++] = (uint8_t)octet;
	}
	return n;
}

static void hex_of(const struct flowspec *f, char *out)
{
	uint8_t octets[FLOWSPEC_NLRI_MAX];
	size_t n;

	assert_int_equal(flowspec_encode(f, octets, sizeof(octets), &n, NULL), FLOWSPEC_GOOD);
	for (size_t i = 0; i < n; i++)
		sprintf(out + 2 * i, "%02x", octets[i]);
}

static const struct bytes vectors[] = {
	/* RFC 8955 section 4.3 and RFC 8956 section 3.8, by their figures */
	{4, "0b0118c00002038106048119", .text = "destination 192.0.2.0/24 protocol =6 port =25"},
	{4, "120118c000020218cb0071040389458b911f90",
	 .text = "destination 192.0.2.0/24 source 203.0.113.0/24 port [ >=137&<=139 =8080 ]"},
	{4, "090120c00002010c8005",
	 .text = "destination 192.0.2.1/32 fragment dont-fragment+first-fragment",
	 .canonical = "090120c00002010c8005"},
	{6,
	 "12012000"
	 "20010db8"
	 "022000"
	 "20010db9"
	 "0da1"
	 "0000002a",
	 .refused = FLOWSPEC_NOT_COMPLETE, .at = 19},
	{6,
	 "14012000"
	 "20010db8"
	 "022000"
	 "20010db9"
	 "0da1"
	 "0000002a",
	 .text = "destination 2001:db8::/32 source 2001:db9::/32 flow-label =42"},
	{6,
	 "0c"
	 "01684011"
	 "22334455"
	 "03810604",
	 .refused = FLOWSPEC_NOT_COMPLETE, .at = 13},
	{6,
	 "0b"
	 "0168401122334455"
	 "038106",
	 .text = "destination ::1122:3344:5500:0/104 offset 64 protocol =6"},
	{6,
	 "04"
	 "01433d36",
	 .text = "destination ::1:a000:0:0:0/67 offset 61", .ignored = IGNORED(NONZERO_PADDING),
	 .clean = "0401433d34"},
	/* prefixes */
	{4, "020100", .text = "destination 0.0.0.0/0"},
	{6, "03010000", .text = "destination ::/0"},
	{4, "0501157f067f", .ignored = IGNORED(NONZERO_PADDING), .clean = "0501157f0678",
	 .text = "destination 127.6.120.0/21"},
	{4, "0701210506070809", .refused = FLOWSPEC_EXCEED_MAX_PREFIX_LENGTH, .at = 2},
	{6, "04018100aa", .refused = FLOWSPEC_EXCEED_MAX_PREFIX_LENGTH, .at = 2},
	{6, "0401202011", .refused = FLOWSPEC_EXCEED_MAX_PREFIX_OFFSET, .at = 3},
	{6, "03010001", .refused = FLOWSPEC_EXCEED_MAX_PREFIX_OFFSET, .at = 3},
	{4, "0401180506", .refused = FLOWSPEC_NOT_COMPLETE, .at = 5},
	/* an offset pattern with the bits before its offset, as some speakers send it */
	{6,
	 "13"
	 "028078"
	 "000000000000000000000000000000ab",
	 .ignored = IGNORED(WHOLE_PREFIX), .clean = "04028078ab",
	 .text = "source ::ab/128 offset 120"},
	/* types */
	{4, "00", .refused = FLOWSPEC_EMPTY, .at = 1},
	{4, "03008106", .refused = FLOWSPEC_UNKNOWN_COMPONENT, .at = 1},
	{4, "060381060e8106", .refused = FLOWSPEC_UNKNOWN_COMPONENT, .at = 4},
	{4, "060da000000055", .refused = FLOWSPEC_UNKNOWN_COMPONENT, .at = 1},
	{4, "06048119038106", .refused = FLOWSPEC_BAD_TYPE_ORDER, .at = 4},
	{4, "06038106038111", .refused = FLOWSPEC_BAD_TYPE_ORDER, .at = 4},
	/* operators */
	{4, "03034106", .refused = FLOWSPEC_NOT_COMPLETE, .at = 4},
	{4, "03038181", .text = "protocol =129"},
	{4,
	 "02"
	 "0381",
	 .refused = FLOWSPEC_NOT_COMPLETE, .at = 3},
	{4, "0303c106", .ignored = IGNORED(FIRST_AND_BIT_SET), .clean = "03038106",
	 .text = "protocol =6"},
	{4, "03038906", .ignored = IGNORED(ZERO_BIT_SET), .clean = "03038106",
	 .text = "protocol =6"},
	{4, "03098902", .ignored = IGNORED(ZERO_BIT_SET), .clean = "03098102",
	 .text = "tcp-flags =syn"},
	{4, "03098502", .ignored = IGNORED(ZERO_BIT_SET), .clean = "03098102",
	 .text = "tcp-flags =syn"},
	{4,
	 "040391"
	 "0006",
	 .refused = FLOWSPEC_EXCEED_MAX_VALUE_LENGTH, .at = 2},
	{4, "0404910050", .canonical = "03048150", .text = "port =80"},
	{4, "0604a100000050", .refused = FLOWSPEC_EXCEED_MAX_VALUE_LENGTH, .at = 2},
	{4, "0a04b10000000000000050", .refused = FLOWSPEC_EXCEED_MAX_VALUE_LENGTH, .at = 2},
	{4, "040b910010", .refused = FLOWSPEC_EXCEED_MAX_VALUE_LENGTH, .at = 2},
	{4, "030b817f", .ignored = IGNORED(INVALID_DSCP), .clean = "030b813f", .text = "dscp =63"},
	{4, "030c81f1", .ignored = IGNORED(INVALID_FRAGMENT), .clean = "030c8101",
	 .text = "fragment =dont-fragment"},
	{6, "030c8103", .ignored = IGNORED(INVALID_FRAGMENT), .clean = "030c8102",
	 .text = "fragment =is-fragment"},
	{4,
	 "04099150"
	 "02",
	 .ignored = IGNORED(INVALID_TCP_FLAGS), .clean = "0409910002", .canonical = "03098102",
	 .text = "tcp-flags =syn"},
	{4, "0409910100", .text = "tcp-flags =0x100"},
	{4,
	 "030580"
	 "50",
	 .canonical = "03058000", .text = "destination-port false"},
	{4,
	 "030587"
	 "50",
	 .canonical = "03058700", .text = "destination-port true"},
	{6,
	 "030d81"
	 "07",
	 .canonical = "060da100000007", .text = "flow-label =7"},
	/* lengths */
	{4, "f003038106", .ignored = IGNORED(LONG_LENGTH), .clean = "03038106",
	 .text = "protocol =6"},
	{4, "f0", .refused = FLOWSPEC_NOT_COMPLETE, .at = 1},
	{4, "f003", .refused = FLOWSPEC_NOT_COMPLETE, .at = 2},
	/* one form for what is alike */
	{4,
	 "0c"
	 "05"
	 "1103e8"
	 "0107"
	 "51"
	 "0010"
	 "8106"
	 "05",
	 .refused = FLOWSPEC_BAD_TYPE_ORDER, .at = 12},
	{4,
	 "07"
	 "03"
	 "0111"
	 "0106"
	 "8111",
	 .canonical = "0503"
		      "0106"
		      "8111",
	 .text = "protocol [ =17 =6 =17 ]"},
	{4,
	 "05"
	 "03"
	 "0350"
	 "855f",
	 .canonical = "03038700", .text = "protocol [ >=80 <=95 ]"},
	{4,
	 "05"
	 "03"
	 "0350"
	 "c55f",
	 .canonical = NULL, .text = "protocol >=80&<=95"},
	{4,
	 "05"
	 "03"
	 "0250"
	 "c460",
	 .canonical = "05"
		      "03"
		      "0351"
		      "c55f",
	 .text = "protocol >80&<96"},
	{4,
	 "05"
	 "03"
	 "0450"
	 "c25f",
	 .canonical = "03038000", .text = "protocol <80&>95"},
	{4,
	 "05"
	 "03"
	 "0606"
	 "c611",
	 .canonical = NULL, .text = "protocol !=6&!=17"},
	{4,
	 "05"
	 "03"
	 "0606"
	 "8606",
	 .canonical = "03038606", .text = "protocol [ !=6 !=6 ]"},
	{4,
	 "07"
	 "03"
	 "0306"
	 "4511"
	 "8110",
	 .canonical = "05"
		      "03"
		      "0306"
		      "c511",
	 .text = "protocol [ >=6&<=17 =16 ]"},
	{4, "03098002", .canonical = "03098102", .text = "tcp-flags syn"},
	{4, "03098212",
	 .canonical = "05"
		      "09"
		      "0302"
		      "c310",
	 .text = "tcp-flags !syn+ack"},
	{4,
	 "05"
	 "09"
	 "0102"
	 "c210",
	 .canonical = "05"
		      "09"
		      "0102"
		      "c310",
	 .text = "tcp-flags =syn&!ack"},
	{4,
	 "05"
	 "09"
	 "0310"
	 "c102",
	 .canonical = "05"
		      "09"
		      "0102"
		      "c310",
	 .text = "tcp-flags !=ack&=syn"},
	{4,
	 "05"
	 "09"
	 "0102"
	 "8104",
	 .canonical = "03098006", .text = "tcp-flags [ =syn =rst ]"},
	{4,
	 "05"
	 "09"
	 "0102"
	 "8302",
	 .canonical = "03098100", .text = "tcp-flags [ =syn !=syn ]"},
	{4,
	 "05"
	 "09"
	 "0102"
	 "c302",
	 .canonical = "03098000", .text = "tcp-flags =syn&!=syn"},
	{4,
	 "07"
	 "09"
	 "0102"
	 "0112"
	 "8104",
	 .canonical = "03098006", .text = "tcp-flags [ =syn =syn+ack =rst ]"},
};

static void check(const struct bytes *x)
{
	uint8_t octets[256];
	char got[2 * FLOWSPEC_NLRI_MAX + 1];
	size_t n = octets_of(x->hex, octets), taken;
	const char *clean = x->clean ? x->clean : x->hex;
	_cleanup_text_ struct text t = TEXT_NULL;
	struct flowspec f;
	struct flowspec_verdict v;
	bool good = flowspec_next(octets, n, x->family, false, &f, &v, &taken);

	print_message("%s\n", x->hex);
	assert_int_equal(v.refused, x->refused);
	assert_int_equal(good, x->refused == FLOWSPEC_GOOD);
	if (!good) {
		assert_int_equal(v.at, x->at);
		return;
	}
	assert_int_equal(taken, n);
	assert_int_equal(v.ignored, x->ignored);
	hex_of(&f, got);
	assert_string_equal(got, clean);
	flowspec_text(&f, &t);
	assert_string_equal(text_str(&t), x->text);
	flowspec_canonical(&f);
	hex_of(&f, got);
	assert_string_equal(got, x->canonical ? x->canonical : clean);
}

static void test_vectors(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++)
		check(&vectors[i]);
}

/* Every octet of a good NLRI is needed: cut anywhere, it is refused or is a shorter good one. */
static void test_cut(void **state)
{
	static const char good[] = "011805060702200a0b0c0d038106040389458b911f90098055";
	static const size_t ends[] = {5, 11, 14, 22, 25};
	uint8_t octets[64];
	size_t n = octets_of(good, octets), next = 0;
	struct flowspec f;
	struct flowspec_verdict v;

	for (size_t cut = 1; cut <= n; cut++) {
		bool is_end = next < ARRAY_LEN(ends) && cut == ends[next];

		assert_int_equal(flowspec_decode(octets, cut, 4, false, &f, &v), is_end);
		assert_int_equal(v.refused, is_end ? FLOWSPEC_GOOD : FLOWSPEC_NOT_COMPLETE);
		next += is_end;
	}
	assert_int_equal(next, ARRAY_LEN(ends));
}

static void test_several(void **state)
{
	uint8_t octets[64];
	size_t n = octets_of("0303810603038111", octets), taken;
	struct flowspec f;
	struct flowspec_verdict v;

	assert_true(flowspec_next(octets, n, 4, false, &f, &v, &taken));
	assert_int_equal(taken, 4);
	assert_true(flowspec_next(octets + taken, n - taken, 4, false, &f, &v, &taken));
	assert_int_equal(f.pair[0].value, 17);
	assert_int_equal(taken, 4);
}

/* The first thing wrong on the wire, and all that was ignored. */
static void test_first(void **state)
{
	uint8_t octets[64];
	size_t n = octets_of("0115057f7f0389060c84f0", octets);
	struct flowspec f;
	struct flowspec_verdict v;

	assert_true(flowspec_decode(octets, n, 4, false, &f, &v));
	assert_int_equal(v.first, FLOWSPEC_NONZERO_PADDING);
	assert_int_equal(v.first_at, 4);
	assert_int_equal(v.first_component, FLOWSPEC_DESTINATION);
	assert_int_equal(v.ignored, IGNORED(NONZERO_PADDING) | IGNORED(ZERO_BIT_SET) |
					    IGNORED(INVALID_FRAGMENT));
}

static void test_vpn(void **state)
{
	static const struct {
		const char *rd, *text;
	} rds[] = {
		{"0000ffff00010000", "rd 65535:65536 protocol =6"},
		{"0001c00002010007", "rd 192.0.2.1:7 protocol =6"},
		{"0002fa56ea000007", "rd 4200000000:7 protocol =6"},
		{"0003000000000001", "rd 0x0003000000000001 protocol =6"},
	};
	char hex[64], got[64];
	uint8_t octets[64];
	struct flowspec f;
	struct flowspec_verdict v;
	size_t taken;

	for (size_t i = 0; i < ARRAY_LEN(rds); i++) {
		_cleanup_text_ struct text t = TEXT_NULL;

		snprintf(hex, sizeof(hex), "0b%s038106", rds[i].rd);
		assert_true(flowspec_next(octets, octets_of(hex, octets), 4, true, &f, &v, &taken));
		flowspec_text(&f, &t);
		assert_string_equal(text_str(&t), rds[i].text);
		hex_of(&f, got);
		assert_string_equal(got, hex);
	}
	assert_false(flowspec_decode(octets + 1, 7, 4, true, &f, &v));
	assert_int_equal(v.refused, FLOWSPEC_NOT_COMPLETE);
	assert_false(flowspec_decode(octets + 1, 8, 4, true, &f, &v));
	assert_int_equal(v.refused, FLOWSPEC_EMPTY);
}

/* The longest NLRI there is, and one octet more. */
static void test_longest(void **state)
{
	static uint8_t octets[FLOWSPEC_NLRI_MAX + 8], back[FLOWSPEC_NLRI_MAX];
	struct flowspec *f = malloc(sizeof(*f));
	struct flowspec_verdict v;
	size_t n = 0, taken, head;

	octets[n++] = 0xff;
	octets[n++] = 0xff;
	octets[n++] = FLOWSPEC_PROTOCOL;
	for (unsigned i = 0; i < 2047; i++) {
		octets[n++] = i == 2046 ? 0x81 : 0x01;
		octets[n++] = (uint8_t)(i * 2);
	}
	assert_int_equal(n, FLOWSPEC_NLRI_MAX);
	assert_true(flowspec_next(octets, n, 4, false, f, &v, &taken));
	assert_int_equal(f->n_pairs, FLOWSPEC_PAIRS_MAX);
	assert_int_equal(flowspec_encode(f, back, sizeof(back), &n, &head), FLOWSPEC_GOOD);
	assert_int_equal(head, 2);
	assert_memory_equal(back, octets, n);
	assert_int_equal(flowspec_encode(f, back, sizeof(back) - 1, &n, &head), FLOWSPEC_TOO_LONG);
	flowspec_canonical(f); /* 128 even values: 0, 2, ... 254 */
	assert_int_equal(f->n_pairs, 128);
	assert_false(flowspec_decode(octets, FLOWSPEC_VALUE_MAX + 1, 4, false, f, &v));
	assert_int_equal(v.refused, FLOWSPEC_TOO_LONG);
	free(f);
}

/* 239 octets have a length of one octet, 240 of two (RFC 8955 section 4.1). */
static void test_lengths(void **state)
{
	uint8_t octets[FLOWSPEC_NLRI_MAX];
	struct flowspec f = {.family = 4};
	size_t n, head, value;

	for (unsigned i = 0; i < 119; i++)
		assert_true(flowspec_put(&f, FLOWSPEC_PROTOCOL, false, FLOWSPEC_EQ, i));
	assert_int_equal(flowspec_encode(&f, octets, sizeof(octets), &n, &head), FLOWSPEC_GOOD);
	assert_int_equal(n, 240);
	assert_int_equal(head, 1);
	assert_int_equal(octets[0], 239);
	f.list[FLOWSPEC_PROTOCOL].n--; /* two octets less, and four more */
	f.has |= 1u << FLOWSPEC_DESTINATION;
	f.destination = (struct flowspec_prefix){.addr = ip_from_v4(0x0a000000), .len = 8};
	assert_int_equal(flowspec_encode(&f, octets, sizeof(octets), &n, &head), FLOWSPEC_GOOD);
	assert_int_equal(n, 242);
	assert_int_equal(head, 2);
	assert_int_equal(octets[0], 0xf0);
	assert_int_equal(octets[1], 240);
	assert_int_equal(flowspec_frame(octets, n, &value), 2);
	assert_int_equal(value, 240);
}

/* What a program puts together itself is held to the same. */
static void test_check(void **state)
{
	struct flowspec f = {.family = 4};

	assert_int_equal(flowspec_check(&f), FLOWSPEC_EMPTY);
	assert_true(flowspec_put(&f, FLOWSPEC_PORT, true, FLOWSPEC_EQ, 80));
	assert_int_equal(flowspec_check(&f), FLOWSPEC_GOOD);
	assert_false(flowspec_put(&f, FLOWSPEC_PROTOCOL, false, FLOWSPEC_EQ, 6));
	assert_false(flowspec_put(&f, FLOWSPEC_LABEL, false, FLOWSPEC_EQ, 6));
	assert_false(flowspec_put(&f, FLOWSPEC_DESTINATION, false, FLOWSPEC_EQ, 6));
	f.pair[0].value = 256;
	assert_int_equal(flowspec_check(&f), FLOWSPEC_EXCEED_MAX_VALUE_LENGTH);
	f.pair[0] = (struct flowspec_pair){.and = true, .how = 1, .octets = 1};
	assert_int_equal(flowspec_check(&f), FLOWSPEC_FIRST_AND_BIT_SET);
	f.pair[0] = (struct flowspec_pair){.how = 8, .octets = 1};
	assert_int_equal(flowspec_check(&f), FLOWSPEC_ZERO_BIT_SET);
	f.pair[0] = (struct flowspec_pair){.how = 1, .octets = 1};
	f.has |= 1u << FLOWSPEC_SOURCE;
	f.source = (struct flowspec_prefix){.addr = ip_from_v4(0xc0000201), .len = 24};
	assert_int_equal(flowspec_check(&f), FLOWSPEC_NONZERO_PADDING);
	f.source.len = 33;
	assert_int_equal(flowspec_check(&f), FLOWSPEC_EXCEED_MAX_PREFIX_LENGTH);
	f.source = (struct flowspec_prefix){.addr = ip_from_v4(0), .len = 24, .offset = 8};
	assert_int_equal(flowspec_check(&f), FLOWSPEC_EXCEED_MAX_PREFIX_OFFSET);
	f.has |= 1u << 14;
	f.source.offset = 0;
	assert_int_equal(flowspec_check(&f), FLOWSPEC_UNKNOWN_COMPONENT);
	f.family = 5;
	assert_int_not_equal(flowspec_check(&f), FLOWSPEC_GOOD);
}

static void test_words(void **state)
{
	for (unsigned r = 0; r < FLOWSPEC_REASONS; r++) {
		const char *name = flowspec_reason_name((enum flowspec_reason)r);

		assert_non_null(name);
		assert_true(name[strspn(name, "abcdefghijklmnopqrstuvwxyz_")] == '\0');
		assert_true(strlen(flowspec_reason_say((enum flowspec_reason)r, false)) > 10);
		assert_true(strlen(flowspec_reason_say((enum flowspec_reason)r, true)) > 10);
		for (unsigned k = 0; k < r; k++)
			assert_string_not_equal(name,
						flowspec_reason_name((enum flowspec_reason)k));
	}
	assert_string_equal(flowspec_reason_name(FLOWSPEC_BAD_TYPE_ORDER), "bad_type_order");
	assert_true(flowspec_reason_refuses(FLOWSPEC_BAD_TYPE_ORDER));
	assert_false(flowspec_reason_refuses(FLOWSPEC_NONZERO_PADDING));
}

/* Actions */

static const struct {
	const char *hex, *text;
	size_t size;
	enum flowspec_reason refused;
	const char *clean; /* NULL: as it came */
} communities[] = {
	{"8006000000000000", "discard", 8},
	{"8006fc0047f42400", "rate-limit 125000 bytes/s", 8},
	{"800600004e9502f9", "rate-limit 1250000000 bytes/s", 8},
	{"80060000c2c80000", "discard", 8, FLOWSPEC_GOOD, "8006000000000000"}, /* -100 */
	{"8006000080000000", "discard", 8, FLOWSPEC_GOOD, "8006000000000000"}, /* -0 */
	{"800600007fc00000", "", 8, FLOWSPEC_BAD_RATE},			       /* not a number */
	{"800600007f800000", "", 8, FLOWSPEC_BAD_RATE},			       /* without end */
	{"800c0000447a0000", "rate-limit 1000 packets/s", 8},
	{"8007000000000003", "action sample terminal", 8},
	{"8007000000000001", "action terminal", 8},
	{"80070000000000fc", "action none", 8, FLOWSPEC_GOOD, "8007000000000000"},
	{"8008ffdc00003039", "redirect 65500:12345", 8},
	{"8108c000020100c8", "redirect 192.0.2.1:200", 8},
	{"8208fa56ea000064", "redirect 4200000000:100", 8},
	{"820800c800c80064", "redirect 13107400:100", 8},
	{"8208000000640007", "redirect 0.100:7", 8},
	{"800900000000000a", "mark 10", 8},
	{"80090000000000ca", "mark 10", 8, FLOWSPEC_GOOD, "800900000000000a"},
	{"0800000000000000", "redirect-to-next-hop", 8},
	{"0800000000000001", "copy-to-next-hop", 8},
	{"010cc00002010000", "redirect-to 192.0.2.1", 8},
	{"010cc00002010001", "copy-to 192.0.2.1", 8},
	{"0003092906070809", "community 0x0003092906070809", 8},
	{"000d20010db80000000000000000000000010064", "redirect [2001:db8::1]:100", 20},
	{"000c20010db80000000000000000000000010000", "redirect-to 2001:db8::1", 20},
	{"000220010db80000000000000000000000010064",
	 "community 0x000220010db80000000000000000000000010064", 20},
	{"80060000000000", "", 8, FLOWSPEC_BAD_COMMUNITIES},
	{"8006000000000000", "", 20, FLOWSPEC_BAD_COMMUNITIES},
	{"8006000000000000", "", 7, FLOWSPEC_BAD_COMMUNITIES},
};

static void test_communities(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(communities); i++) {
		struct flowspec_actions a = {0};
		_cleanup_text_ struct text t = TEXT_NULL;
		uint8_t octets[32], back[FLOWSPEC_COMMUNITY_IPV6];
		size_t n = octets_of(communities[i].hex, octets);

		print_message("%s\n", communities[i].hex);
		assert_int_equal(flowspec_actions_decode(octets, n, communities[i].size, &a),
				 communities[i].refused);
		if (communities[i].refused)
			continue;
		flowspec_actions_text(&a, &t);
		assert_string_equal(text_str(&t), communities[i].text);
		n = octets_of(communities[i].clean ? communities[i].clean : communities[i].hex,
			      octets);
		assert_int_equal(flowspec_action_encode(&a.action[0], back), n);
		assert_memory_equal(back, octets, n);
	}
}

static void test_many_communities(void **state)
{
	uint8_t octets[8 * (FLOWSPEC_ACTIONS_MAX + 1)] = {0};
	struct flowspec_actions a = {0};

	assert_int_equal(flowspec_actions_decode(octets, 8 * FLOWSPEC_ACTIONS_MAX, 8, &a),
			 FLOWSPEC_GOOD);
	assert_int_equal(a.n, FLOWSPEC_ACTIONS_MAX);
	assert_int_equal(flowspec_actions_decode(octets, 8, 8, &a), FLOWSPEC_BAD_COMMUNITIES);
	a.n = 0;
	assert_int_equal(flowspec_actions_decode(octets, sizeof(octets), 8, &a),
			 FLOWSPEC_BAD_COMMUNITIES);
}

static void test_wrong_actions(void **state)
{
	struct flowspec_action a = {.kind = ACTION_RATE_BYTES, .rate = -1};
	uint8_t out[FLOWSPEC_COMMUNITY_IPV6];

	assert_int_equal(flowspec_action_encode(&a, out), 0);
	a = (struct flowspec_action){.kind = ACTION_OTHER, .octets = 7};
	assert_int_equal(flowspec_action_encode(&a, out), 0);
}

/* RFC 7911: four octets before each NLRI, which are none of its own. */
static void test_path(void **state)
{
	static struct flowspec f;
	struct flowspec_verdict v;
	uint8_t octets[64];
	uint32_t path = 7;
	size_t taken, n = octets_of("0000000003038106fffffffe03038111", octets);

	for (size_t cut = 0; cut < 4; cut++) {
		assert_int_equal(flowspec_path(octets + 8, cut, &path), 0);
		assert_int_equal(path, 0);
	}
	assert_int_equal(flowspec_path(octets, n, &path), 4);
	assert_int_equal(path, 0);
	assert_true(flowspec_next(octets + 4, n - 4, 4, false, &f, &v, &taken));
	assert_int_equal(taken, 4);
	assert_int_equal(flowspec_path(octets + 8, n - 8, &path), 4);
	assert_int_equal(path, 0xfffffffe);
	assert_true(flowspec_next(octets + 12, n - 12, 4, false, &f, &v, &taken));
	assert_int_equal(taken, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),	      cmocka_unit_test(test_cut),
		cmocka_unit_test(test_several),	      cmocka_unit_test(test_first),
		cmocka_unit_test(test_vpn),	      cmocka_unit_test(test_longest),
		cmocka_unit_test(test_check),	      cmocka_unit_test(test_words),
		cmocka_unit_test(test_communities),   cmocka_unit_test(test_many_communities),
		cmocka_unit_test(test_wrong_actions), cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
