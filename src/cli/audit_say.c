/* SPDX-License-Identifier: ISC */
#include "cli/audit_say.h"

json_t *audit_verdict_json(const struct desk_verdict *v, bool all)
{
	json_t *j = json_pack("{sb}", "holds", v->holds);

	if (j && all &&
	    json_object_update_new(j, json_pack("{sIsIssssss}", "lines", (json_int_t)v->lines,
						"broken_line", (json_int_t)v->broken, "broken_act",
						v->broken_id, "entry", v->entry, "what",
						v->what ? v->what : ""))) {
		json_decref(j);
		return NULL;
	}
	return j;
}

int audit_tell_verdict(struct cli *cli, const struct desk_verdict *v, bool all)
{
	if (v->holds && all)
		fprintf(cli->out,
			tr(cli, "the log holds: %llu lines\n", "監査記録は正しい: %llu 行\n"),
			(unsigned long long)v->lines);
	else if (v->holds)
		fprintf(cli->out, "%s\n", tr(cli, "the log holds", "監査記録は正しい"));
	if (v->holds)
		return EXIT_GOOD;
	if (!all)
		return cli_fail(cli, EXIT_STORE, "%s",
				tr(cli, "the log does not hold; --circle all says where",
				   "監査記録が改変されています。--circle all で箇所を表示します"));
	if (v->broken)
		return cli_fail(cli, EXIT_STORE,
				tr(cli, "line %llu (%s) is the first that is not as it was written",
				   "最初に改変されている行は %llu 行目 (%s) です"),
				(unsigned long long)v->broken,
				*v->broken_id ? v->broken_id : v->what);
	if (*v->entry)
		return cli_fail(cli, EXIT_STORE,
				tr(cli, "%s is not as the log says", "%s が監査記録と違います"),
				v->entry);
	return cli_fail(cli, EXIT_STORE, "%s",
			tr(cli, "lines are missing at the end", "末尾の行が欠けています"));
}
