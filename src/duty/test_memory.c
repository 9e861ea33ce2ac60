/* SPDX-License-Identifier: ISC */
/*
 * Proves that no lack of memory loses or repeats a page: of a night with a storm each single
 * allocation fails in turn. That must be passed up; whoever runs the duty begins again from the
 * alarms that were stored, does the step again, and in the end the very same pages went out. The
 * linker sends allocations of the rooms through here (--wrap), jansson's are sent here by hand.
 */
#include "duty/test_duty_kit.h"
#include "base/test_refuse.h"

#include <errno.h>

#define INCIDENTS 9
#define STEPS	  16
#define MOST	  64

static void *for_json(size_t n)
{
	return is_refused() ? NULL : __real_malloc(n);
}

struct night {
	struct conf *conf;
	struct incident *inc[INCIDENTS];
	struct fault fault;
	struct duty *d;
	struct alarm stored[MOST];
	unsigned n_stored;
	struct text pages; /* id and line of each that was kept */
};

static void keep(struct night *n)
{
	struct duty_step step;

	duty_take(n->d, &step);
	for (unsigned i = 0; i < step.n_alarms; i++) {
		unsigned k = 0;

		while (k < n->n_stored && strcmp(n->stored[k].id, step.alarms[i]->id) != 0)
			k++;
		assert_true(k < MOST);
		n->n_stored += k == n->n_stored;
		n->stored[k] = *step.alarms[i];
	}
	for (unsigned i = 0; i < step.n_pages; i++)
		text_printf(&n->pages, "%s %s\n", step.pages[i]->id, step.pages[i]->text);
}

static int64_t time_of(unsigned step)
{
	return T0 + (step < 10 ? 0 : (step - 9) * 4 * MIN);
}

/* Step by step: incidents, a fault, then time, a mark and an acknowledgement. */
static int do_step(struct night *n, unsigned step)
{
	int64_t now_us = time_of(step);
	int r;

	if (step < INCIDENTS)
		return duty_incident(n->d, n->inc[step], now_us);
	if (step == INCIDENTS)
		return duty_fault(n->d, &n->fault, now_us);
	r = step == 12 ? duty_mark(n->d, "n2", true, now_us) : 0;
	if (r == 0 && step == 13)
		r = duty_acknowledge(n->d, "n1", "bob", now_us);
	return r ? r : duty_clock(n->d, now_us);
}

/* Everything that stands before @step. */
static int begin_again(struct night *n, unsigned step)
{
	int r = 0;

	n->d = duty_new(n->conf, NULL);
	if (!n->d)
		return -ENOMEM;
	for (unsigned i = 0; r == 0 && i < n->n_stored; i++)
		r = duty_resume(n->d, &n->stored[i], NULL);
	for (unsigned i = 0; r == 0 && i < INCIDENTS && i < step; i++)
		r = duty_incident(n->d, n->inc[i], time_of(step ? step - 1 : 0));
	if (r == 0 && step > INCIDENTS)
		r = duty_fault(n->d, &n->fault, time_of(step - 1));
	return r;
}

/* Return: how often memory ran out. */
static unsigned play(struct night *n)
{
	unsigned failed = 0;

	n->n_stored = 0;
	text_clear(&n->pages);
	n->d = NULL;
	for (unsigned step = 0; step < STEPS;) {
		int r;

		counting = true;
		r = n->d ? 0 : begin_again(n, step);
		r = r ? r : do_step(n, step);
		counting = false;
		if (r == 0) {
			keep(n);
			step++;
			continue;
		}
		assert_int_equal(r, -ENOMEM);
		n->d = duty_free(n->d);
		assert_int_equal(++failed, 1);
	}
	n->d = duty_free(n->d);
	return failed;
}

static void test_each_allocation(void **state)
{
	_cleanup_text_ struct text want = TEXT_NULL;
	struct night n = {.fault = {FAULT_EXPORTER_SILENT, "border-1", 45, T0, false}};

	json_set_alloc_funcs(for_json, free);
	n.conf = kit_conf(kit_yaml);
	for (unsigned i = 0; i < INCIDENTS; i++) {
		char id[INCIDENT_ID_MAX];

		snprintf(id, sizeof(id), "n%u", i);
		n.inc[i] = kit_incident(id, 1 + i % 8, T0, T0 + 60 * S);
		kit_times(n.inc[i], 12);
	}
	assert_int_equal(play(&n), 0);
	text_add(&want, text_str(&n.pages));
	assert_non_null(strstr(text_str(&want), "多発"));
	for (fail_at = 0;; fail_at++) {
		allocations = 0;
		if (!play(&n))
			break;
		assert_string_equal(text_str(&n.pages), text_str(&want));
	}
	print_message("%ld allocations failed in turn\n", fail_at);
	assert_true(fail_at > 500);
	for (unsigned i = 0; i < INCIDENTS; i++)
		incident_free(n.inc[i]);
	text_deinit(&n.pages);
	conf_unref(n.conf);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_allocation)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
