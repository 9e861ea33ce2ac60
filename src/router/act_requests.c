/* SPDX-License-Identifier: ISC */
/*
 * Requests of people: one line of JSON with the key "do", one line as the answer. Whoever asks is
 * whom the kernel says is at the other end, or whom a signature names; what they type of themselves
 * counts for nothing.
 */
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>

#include "router/act_inside.h"
#include "router/request.h"
#include "router/sign.h"

static void user_of(uid_t uid, char *buf, size_t room)
{
	struct passwd pw, *found = NULL;
	char all[4096];

	if (getpwuid_r(uid, &pw, all, sizeof(all), &found) == 0 && found)
		snprintf(buf, room, "%s", found->pw_name);
	else
		snprintf(buf, room, "uid %u", (unsigned)uid);
}

int act_answer(struct act_asking *x, int answer, const char *subject, json_t *more)
{
	json_t *o = json_pack("{sisssssssssb}", "exit", answer, "word", x->t.word, "en",
			      text_str(&x->t.en), "ja", text_str(&x->t.ja), "id", subject, "drill",
			      x->a->drill);
	json_t *said;

	if (o && more && json_object_update(o, more))
		text_note_lost();
	json_decref(more);
	if (answer == CHECK_GUARD ||
	    (answer == CHECK_LAW && strcmp(x->t.word, "second_approver"))) {
		said = request_for_log(x->request);
		act_write_refusal(x->a, subject, x->actor, &x->t, said);
		json_decref(said);
	}
	act_reply(x->a, x->c->id, o);
	return 0;
}

static int by_signature(struct act_asking *x, const char *hash, unsigned option)
{
	const struct conf_approver *p =
		conf_act_approver(x->a->conf, request_word(x->request, "by"));
	_cleanup_text_ struct text why = TEXT_NULL;

	if (!p || !*p->key)
		return check_refuse(&x->t, CHECK_LAW, "no_approver",
				    "an approver is missing: whoever --by names has no key in "
				    "act.approvers",
				    "承認者がいません。--by の人の鍵が act.approvers にありません");
	if (sign_check(p->key, hash, option, request_word(x->request, "signature"), &why)) {
		check_refuse(&x->t, 0, "bad_signature", "", "");
		text_printf(&x->t.en, "the approval does not hold: %s", text_str(&why));
		text_printf(&x->t.ja, "承認が有効ではありません: %s", text_str(&why));
		return CHECK_LAW;
	}
	x->person = p;
	x->how = HOW_SIGNATURE;
	snprintf(x->actor, sizeof(x->actor), "%s", p->name);
	return CHECK_GOOD;
}

int act_need_person(struct act_asking *x, const char *hash, unsigned option)
{
	if (*request_word(x->request, "signature"))
		return by_signature(x, hash, option);
	if (x->person)
		return CHECK_GOOD;
	check_refuse(&x->t, 0, "no_approver", "", "");
	text_printf(&x->t.en, "an approver is missing: %s is none (act.approvers)", x->user);
	text_printf(&x->t.ja, "承認者がいません。%s は承認者ではありません (act.approvers)",
		    x->user);
	return CHECK_LAW;
}

/* ---- which request ---- */

static const struct {
	const char *name;
	int (*fn)(struct act_asking *x);
} requests[] = {
	{"start", act_do_start},   {"approve", act_do_approve}, {"withdraw", act_do_withdraw},
	{"renew", act_do_renew},   {"freeze", act_do_freeze},	{"thaw", act_do_freeze},
	{"status", act_do_status}, {"plan", act_do_plan},
};

int act_request(struct act *a, struct act_client *c, const json_t *request)
{
	struct act_asking x = {.a = a,
			       .c = c,
			       .request = request,
			       .how = HOW_PERSON,
			       .t = REFUSAL_NULL,
			       .now_us = clock_real_us()};
	int r = -ENOENT;

	user_of(c->uid, x.user, sizeof(x.user));
	x.person = conf_act_user(a->conf, x.user);
	snprintf(x.actor, sizeof(x.actor), "%s", x.person ? x.person->name : x.user);
	for (size_t i = 0; request_is_good(request) && i < ARRAY_LEN(requests); i++)
		if (strcmp(requests[i].name, request_word(request, "do")) == 0)
			r = requests[i].fn(&x);
	if (r == -ENOENT) {
		check_refuse(&x.t, 0, "usage", "that is no request", "要求ではありません");
		r = act_answer(&x, CHECK_USAGE, "", NULL);
	}
	refusal_deinit(&x.t);
	return r;
}
