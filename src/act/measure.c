/* SPDX-License-Identifier: ISC */
/*
 * Measures: names, approvals and renewals. An approval is worth what it says: a person, and the
 * hash of the plan that was read. Whether a measure is approved is never believed of its stage; it
 * is counted anew of its approvals each time.
 */
#include "act/measure.h"

#include <stdio.h>
#include <string.h>

#include "act/measure_inside.h"
#include "base/clock.h"
#include "store/desk.h"

static const char *const stage_names[MEASURE_STAGES] = {
	"planned",   "approved", "applied", "verified", "expired",
	"withdrawn", "gone",	 "lapsed",  "failed",
};
static const char *const how_names[] = {"person", "signature", "break_glass", "standing"};
static const char *const approve_names[] = {"good",    "more", "same_person",
					    "changed", "late", "nobody"};
static const char *const probe_names[PROBE_ENDS] = {"none", "nothing", "seen", "aborted",
						    "stopped"};
static const char *const renew_names[RENEW_ANSWERS] = {
	"good", "not_standing", "not_signed", "no_necessity", "same_necessity", "past", "long",
};

const char *measure_stage_name(enum measure_stage s)
{
	return s < MEASURE_STAGES ? stage_names[s] : "?";
}

const char *measure_how_name(enum measure_how h)
{
	return h < ARRAY_LEN(how_names) ? how_names[h] : "?";
}

const char *approve_answer_name(enum approve_answer a)
{
	return a < ARRAY_LEN(approve_names) ? approve_names[a] : "?";
}

const char *renew_answer_name(enum renew_answer a)
{
	return a < RENEW_ANSWERS ? renew_names[a] : "?";
}

const char *probe_end_name(enum probe_end e)
{
	return e < PROBE_ENDS ? probe_names[e] : "?";
}

struct weight measure_weight(const struct measure *m)
{
	return weight_of(&m->option, m->severity, m->planned_us);
}

void measure_clear(struct measure *m)
{
	memset(m, 0, sizeof(*m));
	m->planned_us = m->applied_us = m->until_us = m->ended_us = m->gone_us = TIME_NONE;
	m->approve_by_us = m->asked_until_us = m->told_until_us = m->renewed_us = TIME_NONE;
	m->lift.proposed_us = m->lift.probed_us = m->lift.probe_until_us = TIME_NONE;
	m->effect = (struct measure_effect){.at_us = TIME_NONE,
					    .before_bps = -1,
					    .after_bps = -1,
					    .dropped_packets = -1,
					    .dropped_bytes = -1};
}

bool effect_is_measurable(const struct measure_effect *e)
{
	return e->after_bps >= 0 && (e->before_bps >= 0 || e->dropped_bytes >= 0);
}

char *measure_id(char *buf)
{
	_Static_assert(MEASURE_ID_MAX >= DESK_ID_MAX, "an id of the desk fits");
	return desk_db_id('m', buf);
}

bool measure_is_in_force(const struct measure *m)
{
	return m->stage == MEASURE_APPROVED || m->stage == MEASURE_APPLIED ||
	       m->stage == MEASURE_VERIFIED;
}

static bool is_valid(const struct measure *m, const struct measure_approval *a)
{
	return *a->person && *m->hash && strcmp(a->hash, m->hash) == 0 &&
	       (a->how != HOW_BREAK_GLASS || m->break_glass) &&
	       (a->how != HOW_STANDING || *m->standing);
}

static bool has_person(const struct measure *m, unsigned n, const char *person)
{
	for (unsigned i = 0; i < n; i++)
		if (is_valid(m, &m->approval[i]) && strcmp(m->approval[i].person, person) == 0)
			return true;
	return false;
}

/* Persons, each once; an order that stands is approved by itself. */
static unsigned persons(const struct measure *m, bool *standing)
{
	unsigned n = 0;

	*standing = false;
	for (unsigned i = 0; i < m->n_approvals && i < MEASURE_APPROVALS_MAX; i++) {
		const struct measure_approval *a = &m->approval[i];

		if (!is_valid(m, a))
			continue;
		if (a->how == HOW_STANDING)
			*standing = true;
		else
			n += !has_person(m, i, a->person);
	}
	return n;
}

static unsigned wanted(const struct measure *m)
{
	return m->approvals_wanted < 1			     ? 1
	       : m->approvals_wanted > MEASURE_APPROVALS_MAX ? MEASURE_APPROVALS_MAX
							     : m->approvals_wanted;
}

bool measure_is_countersigned(const struct measure *m)
{
	unsigned most = wanted(m);
	bool standing;

	return persons(m, &standing) >= (most < 2 ? 2 : most);
}

bool measure_is_approved(const struct measure *m)
{
	bool standing;
	unsigned n = persons(m, &standing);

	return standing || n >= (m->break_glass ? 1 : wanted(m));
}

bool measure_glass_is_open(const struct measure *m)
{
	bool standing;

	return m->break_glass && persons(m, &standing) && !standing && !measure_is_countersigned(m);
}

/* Approvals of a plan that has changed since make room. */
static void drop_void(struct measure *m)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < m->n_approvals && i < MEASURE_APPROVALS_MAX; i++)
		if (is_valid(m, &m->approval[i]))
			m->approval[kept++] = m->approval[i];
	memset(&m->approval[kept], 0, (MEASURE_APPROVALS_MAX - kept) * sizeof(m->approval[0]));
	m->n_approvals = kept;
}

static int64_t after(int64_t us, int64_t s)
{
	return us > INT64_MAX - s * US_PER_S ? INT64_MAX : us + s * US_PER_S;
}

static void open_glass(struct measure *m, int64_t now_us)
{
	int64_t most = after(now_us, BREAK_GLASS_S);

	m->asked_until_us = m->until_us;
	m->until_us = m->until_us < most ? m->until_us : most;
	m->approve_by_us = most;
}

static void close_glass(struct measure *m)
{
	if (measure_has(m->asked_until_us))
		m->until_us = m->asked_until_us;
	m->asked_until_us = m->approve_by_us = TIME_NONE;
	m->told_30 = m->told_10 = false;
}

static enum approve_answer may_approve(const struct measure *m, const struct measure_approval *a,
				       int64_t now_us)
{
	bool counter = measure_is_in_force(m) && measure_glass_is_open(m);

	if (!*a->person || (a->how == HOW_STANDING && !*m->standing) ||
	    (a->how == HOW_BREAK_GLASS && !m->break_glass))
		return APPROVE_NOBODY;
	if (!*m->hash || strcmp(a->hash, m->hash) != 0)
		return APPROVE_CHANGED;
	if ((m->stage != MEASURE_PLANNED && !counter) || !measure_has(m->until_us) ||
	    now_us >= m->until_us || now_us >= measure_approve_by_us(m))
		return APPROVE_LATE;
	return has_person(m, m->n_approvals, a->person) ? APPROVE_SAME_PERSON : APPROVE_GOOD;
}

enum approve_answer measure_approve(struct measure *m, const struct measure_approval *a,
				    int64_t now_us)
{
	enum approve_answer answer = may_approve(m, a, now_us);

	if (answer != APPROVE_GOOD)
		return answer;
	drop_void(m);
	if (m->n_approvals == MEASURE_APPROVALS_MAX)
		return APPROVE_LATE;
	m->approval[m->n_approvals++] = *a;
	if (m->stage != MEASURE_PLANNED) {
		if (!measure_is_countersigned(m))
			return APPROVE_MORE;
		close_glass(m);
		return APPROVE_GOOD;
	}
	if (!measure_is_approved(m))
		return APPROVE_MORE;
	m->stage = MEASURE_APPROVED;
	if (measure_glass_is_open(m))
		open_glass(m, now_us);
	else
		m->approve_by_us = TIME_NONE;
	return APPROVE_GOOD;
}

bool measure_change_plan(struct measure *m, const char *plan, const char *hash,
			 const struct plan_option *option)
{
	if (m->stage != MEASURE_PLANNED)
		return false;
	snprintf(m->plan, sizeof(m->plan), "%s", plan);
	snprintf(m->hash, sizeof(m->hash), "%s", hash);
	m->option = *option;
	drop_void(m);
	return true;
}

static bool is_blank(const char *s)
{
	return s[strspn(s, " \t\r\n")] == '\0';
}

static enum renew_answer may_renew(const struct measure *m, const char *necessity, int64_t until_us,
				   uint64_t longest_s, int64_t now_us)
{
	int64_t begun_us = measure_begun_us(m), total_us;

	if (!measure_is_in_force(m) || now_us >= m->until_us)
		return RENEW_NOT_STANDING;
	if (measure_glass_is_open(m) || !measure_is_approved(m))
		return RENEW_NOT_SIGNED;
	if (is_blank(necessity) || strlen(necessity) >= sizeof(m->necessity))
		return RENEW_NO_NECESSITY;
	if (strcmp(necessity, m->necessity) == 0)
		return RENEW_SAME_NECESSITY;
	if (!measure_has(until_us) || until_us <= now_us)
		return RENEW_PAST;
	/* Where its begin is not known, or lies ahead of a clock that went back, from now. */
	total_us = until_us - (measure_has(begun_us) && begun_us < now_us ? begun_us : now_us);
	if (longest_s && (uint64_t)(total_us / US_PER_S) >= longest_s &&
	    total_us > (int64_t)longest_s * US_PER_S)
		return RENEW_LONG;
	return RENEW_GOOD;
}

static void forget_asked(struct measure *m)
{
	m->asked_until_us = TIME_NONE;
	memset(m->renew_asked_by, 0, sizeof(m->renew_asked_by));
	memset(m->renew_necessity, 0, sizeof(m->renew_necessity));
}

enum renew_answer measure_renew(struct measure *m, const char *necessity, int64_t until_us,
				uint64_t longest_s, int64_t now_us)
{
	enum renew_answer answer = may_renew(m, necessity, until_us, longest_s, now_us);

	if (answer != RENEW_GOOD)
		return answer;
	memmove(m->necessity, necessity, strlen(necessity) + 1);
	m->until_us = until_us;
	m->renewed_us = now_us;
	m->renewals++;
	m->told_30 = m->told_10 = false;
	memset(m->renewed_by, 0, sizeof(m->renewed_by));
	forget_asked(m);
	return RENEW_GOOD;
}

enum renew_answer measure_ask_renewal(struct measure *m, const char *who, const char *necessity,
				      int64_t until_us, uint64_t longest_s, int64_t now_us)
{
	enum renew_answer answer = may_renew(m, necessity, until_us, longest_s, now_us);

	if (answer != RENEW_GOOD)
		return answer;
	forget_asked(m);
	snprintf(m->renew_asked_by, sizeof(m->renew_asked_by), "%s", who);
	snprintf(m->renew_necessity, sizeof(m->renew_necessity), "%s", necessity);
	m->asked_until_us = until_us;
	return RENEW_GOOD;
}

bool measure_renewal_waits(const struct measure *m)
{
	return measure_is_in_force(m) && *m->renew_asked_by && measure_has(m->asked_until_us) &&
	       !measure_glass_is_open(m);
}

enum approve_answer measure_approve_renewal(struct measure *m, const char *person,
					    uint64_t longest_s, int64_t now_us,
					    enum renew_answer *why)
{
	char asked_by[MEASURE_NAME_MAX], necessity[LAW_WORDS_MAX];
	enum renew_answer answer;

	if (why)
		*why = RENEW_NOT_STANDING;
	if (!measure_renewal_waits(m))
		return APPROVE_LATE;
	if (!*person)
		return APPROVE_NOBODY;
	if (strcmp(person, m->renew_asked_by) == 0)
		return APPROVE_SAME_PERSON;
	memcpy(asked_by, m->renew_asked_by, sizeof(asked_by));
	memcpy(necessity, m->renew_necessity, sizeof(necessity));
	answer = measure_renew(m, necessity, m->asked_until_us, longest_s, now_us);
	if (why)
		*why = answer;
	if (answer != RENEW_GOOD)
		return APPROVE_LATE;
	snprintf(m->renewed_by, sizeof(m->renewed_by), "%.62s, %.62s", asked_by, person);
	return APPROVE_GOOD;
}
