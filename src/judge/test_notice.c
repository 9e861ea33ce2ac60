/* SPDX-License-Identifier: ISC */
/* Proves that a notice is read as it was written, from YAML and JSON alike, that each mistake is
 * named with its place, that what people call an attack is understood, and that a contact does not
 * leave with the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "judge/notice.h"

static const struct viewer company = {VIEWER_COMPANY, ""}, team = {VIEWER_TEAM, ""};

static struct notice *read_good(const char *text)
{
	_cleanup_text_ struct text errors = TEXT_NULL;
	struct notice *n = NULL;

	if (notice_read("n", text, strlen(text), &n, &errors))
		fail_msg("%s", text_str(&errors));
	return n;
}

static const char yaml[] =
	"form: partner\n"
	"from: AS64500 NOC\n"
	"reference: TT-1\n"
	"received: 2008-08-08T12:00:00Z\n"
	"span: {from: 2008-08-08T20:10:00+09:00, until: 2008-08-08T20:40:00+09:00}\n"
	"target: [198.18.10.5, 198.18.10.7/24, www.example.jp, 2001:db8::1]\n"
	"vector: SYN flood\n"
	"link: [transit-a]\n"
	"country: jp\n"
	"no_domestic_party: yes\n"
	"motive: a protest\n"
	"circle: desk\n"
	"contact: Bob\n"
	"text: |\n"
	"  one\n"
	"  二\n";

static void test_yaml(void **state)
{
	_cleanup_notice_ struct notice *n = read_good(yaml);
	char buf[TIME_TEXT_MAX];

	assert_int_equal(n->form, NOTICE_PARTNER);
	assert_string_equal(n->from, "AS64500 NOC");
	assert_string_equal(time_format_utc(n->from_us, buf), "2008-08-08T11:10:00.000000Z");
	assert_int_equal(n->until_us - n->from_us, 1800 * US_PER_S);
	assert_int_equal(n->n_targets, 4);
	assert_int_equal(n->target[0].kind, NOTICE_ADDRESS);
	assert_int_equal(n->target[1].kind, NOTICE_PREFIX);
	assert_int_equal(prefix_family_len(&n->target[1].prefix), 24);
	assert_int_equal(n->target[2].kind, NOTICE_NAME);
	assert_int_equal(n->target[3].kind, NOTICE_ADDRESS);
	assert_true(n->vector[0].known);
	assert_int_equal(n->vector[0].vector, VECTOR_SYN_FLOOD);
	assert_string_equal(n->link[0].name, "transit-a");
	assert_string_equal(n->country, "JP");
	assert_true(n->no_domestic_party);
	assert_false(n->hosted_abroad);
	assert_string_equal(n->text, "one\n二\n");
	assert_true(n->has_circle);
	assert_int_equal(n->circle.kind, CIRCLE_DESK);
	assert_string_equal(private_text_reveal(n->contact, &team), "Bob");
}

static char *dump(const struct notice *n, const struct viewer *v)
{
	json_t *o = notice_to_json(n, v);
	char *text = json_dumps(o, JSON_COMPACT);

	json_decref(o);
	return text;
}

/* What is written is read again as the same, and the same again. */
static void test_json_turns(void **state)
{
	_cleanup_notice_ struct notice *a = read_good(yaml);
	_cleanup_free_ char *one = dump(a, &team);
	_cleanup_notice_ struct notice *b = read_good(one);
	_cleanup_free_ char *two = dump(b, &team);

	assert_string_equal(one, two);
	assert_non_null(strstr(one, "\"contact\":\"Bob\""));
}

static void test_contact_stays_behind(void **state)
{
	_cleanup_notice_ struct notice *n = read_good(yaml);
	_cleanup_free_ char *text = dump(n, &company);

	assert_null(strstr(text, "Bob"));
	assert_null(strstr(text, "contact"));
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"form: partner\ntraget: x\ntext: t\n",
		 "n:2:1: unknown key \"traget\" in a notice; did you mean \"target\"?\n"},
		{"form: friend\ntext: t\n", "n:1:7: form: \"friend\" is not one of"},
		{"text: t\n", "n:1:1: a notice needs the key \"form\"\n"},
		{"form: news\n", "n:1:1: a notice needs a target, a link or a text\n"},
		{"form: news\ntext: t\nspan: {from: 2008-01-02T00:00:00Z, until: "
		 "2008-01-01T00:00:00Z}\n",
		 "n:3:43: span: until lies before from\n"},
		{"form: news\ntext: t\ncircle: friends\n", "n:3:9: circle: a circle is team"},
		{"form: news\ntext: t\ncountry: XX\n", "n:3:10: country: "},
		{"form: news\ntext: t\nreceived: yesterday\n", "n:3:11: received: "},
		{"{\"form\": \"news\",\n \"text\": \"t\", \"motif\": 1}",
		 "n:2:15: unknown key \"motif\" in a notice"},
		{"{\"form\": \"news\", \"text\": [\"t\"]}",
		 "n:1:26: text must be a single value\n"},
		{"{\"form\": \"news\", ", "n:1:"},
		{"form: news\ntext: \"a\\x1bb\"\n", "n:2:7: text: must be a text without control"},
		{"form: news\ntext: t\ntarget: [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q]\n",
		 "more than 16 items in \"target\""},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		_cleanup_text_ struct text errors = TEXT_NULL;
		struct notice *n = NULL;

		assert_int_equal(notice_read("n", rows[i].text, strlen(rows[i].text), &n, &errors),
				 -EINVAL);
		assert_null(n);
		if (!strstr(text_str(&errors), rows[i].want))
			fail_msg("%s: %s", rows[i].want, text_str(&errors));
	}
}

static void test_vectors_in_their_words(void **state)
{
	static const struct {
		const char *told;
		enum vector vector;
		int port; /* -1: not known */
	} rows[] = {
		{"syn_flood", VECTOR_SYN_FLOOD, 0},
		{"SYN-Flood attack", VECTOR_SYN_FLOOD, 0},
		{"TCP SYN", VECTOR_SYN_FLOOD, 0},
		{"SYNフラッド攻撃", VECTOR_SYN_FLOOD, 0},
		{"UDP", VECTOR_UDP_FLOOD, 0},
		{"ping flood", VECTOR_ICMP_FLOOD, 0},
		{"DNS amplification", VECTOR_AMPLIFICATION, 53},
		{"NTP amp", VECTOR_AMPLIFICATION, 123},
		{"ntp_amplification", VECTOR_AMPLIFICATION, 123},
		{"memcached DRDoS", VECTOR_AMPLIFICATION, 11211},
		{"DNSリフレクション", VECTOR_AMPLIFICATION, 53},
		{"reflection", VECTOR_AMPLIFICATION, 0},
		{"HTTP GET flood", VECTOR_HTTP_FLOOD, 0},
		{"water torture", VECTOR_DNS_QUERY_FLOOD, 0},
		{"DDoS", VECTOR_SYN_FLOOD, -1},
		{"サイトが重い", VECTOR_SYN_FLOOD, -1},
		{"", VECTOR_SYN_FLOOD, -1},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct notice_vector v = {.known = false};

		notice_vector_set(&v, rows[i].told);
		if (v.known != (rows[i].port >= 0))
			fail_msg("%s", rows[i].told);
		if (v.known && (v.vector != rows[i].vector || v.port != rows[i].port))
			fail_msg("%s: %d %u", rows[i].told, v.vector, v.port);
	}
}

static void test_too_large(void **state)
{
	_cleanup_text_ struct text errors = TEXT_NULL;
	struct notice *n = NULL;
	char *large = malloc(NOTICE_BYTES_MAX + 2);

	memset(large, ' ', NOTICE_BYTES_MAX + 1);
	assert_int_equal(notice_read("n", large, NOTICE_BYTES_MAX + 1, &n, &errors), -EINVAL);
	assert_non_null(strstr(text_str(&errors), "at most 256 KiB"));
	free(large);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_yaml),
		cmocka_unit_test(test_json_turns),
		cmocka_unit_test(test_contact_stays_behind),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_vectors_in_their_words),
		cmocka_unit_test(test_too_large),
	};

	return cmocka_run_group_tests_name("notice", tests, NULL, NULL);
}
