/* SPDX-License-Identifier: ISC */
/* What the twin that does nothing writes down: also of routes that several measures share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "router/router.h"
#include "store/test_help.h"

static char dir[256];
static enum router_event said;
static struct conf conf;
static struct conf_neighbor neighbor = {
	.kind = ROUTER_DRY_RUN, .local_as = 64500, .peer_as = 64502};

static int set_up(void **state)
{
	help_dir(dir, sizeof(dir));
	snprintf(conf.db, sizeof(conf.db), "%s", dir);
	strcpy(neighbor.name, "border");
	return ip_parse("10.99.2.2", &neighbor.address);
}

static int tear_down(void **state)
{
	help_remove_dir(dir);
	return 0;
}

static void told(void *userdata, struct router *r, enum router_event event, const char *measure,
		 const char *why)
{
	said = event;
}

static struct router *open_twin(void)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	struct router *r = NULL;

	assert_int_equal(router_dry_run.open(&conf, &neighbor, NULL, told, NULL, &r, &why), 0);
	return r;
}

/* The line that was written last, from its verb on. */
static const char *last(void)
{
	static char line[512];
	char path[300], *at;
	FILE *f;

	snprintf(path, sizeof(path), "%s/dry-run.log", dir);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		;
	fclose(f);
	at = strstr(line, "10.99.2.2 ");
	assert_non_null(at);
	at += sizeof("10.99.2.2 ") - 1;
	at[strcspn(at, " ")] = '\0';
	return at;
}

static struct measure *measure(const char *id, const char *target)
{
	struct measure *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	measure_clear(m);
	snprintf(m->id, sizeof(m->id), "%s", id);
	assert_int_equal(prefix_parse(target, false, &m->option.target), 0);
	m->option.kind = PLAN_RTBH;
	return m;
}

static void expect(struct router *r, const struct measure *m, bool away, const char *verb)
{
	int answer = away ? router_dry_run.take_away(r, m) : router_dry_run.apply(r, m);

	assert_int_equal(answer, 0);
	assert_int_equal(said, away ? ROUTER_HAS_NOT : ROUTER_HAS);
	assert_string_equal(last(), verb);
}

/* A router would keep what another measure still wants, so nothing is said to be withdrawn. */
static void test_shared(void **state)
{
	_cleanup_free_ struct measure *one = measure("m1", "203.0.113.10");
	_cleanup_free_ struct measure *two = measure("m2", "203.0.113.10");
	_cleanup_free_ struct measure *other = measure("m3", "203.0.113.11");
	struct router *r = open_twin();

	expect(r, one, false, "announce");
	expect(r, two, false, "announce");
	expect(r, two, false, "announce"); /* told again: still one */
	expect(r, other, false, "announce");
	expect(r, one, true, "announce");
	expect(r, one, true, "announce");
	expect(r, two, true, "withdraw");
	expect(r, other, true, "withdraw");
	expect(r, other, true, "withdraw"); /* of before its time */
	router_dry_run.close(r);
}

static void test_many(void **state)
{
	struct router *r = open_twin();
	char id[16], target[32];

	for (unsigned way = 0; way < 2; way++)
		for (unsigned i = 0; i < 200; i++) {
			_cleanup_free_ struct measure *m = NULL;

			snprintf(id, sizeof(id), "m%u", i);
			snprintf(target, sizeof(target), "203.0.113.%u", i);
			m = measure(id, target);
			expect(r, m, way, way ? "withdraw" : "announce");
		}
	router_dry_run.close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_shared, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("dry run", tests, NULL, NULL);
}
