/* SPDX-License-Identifier: ISC */
/* One row for each way of being blind: its word, how bad it is, and a sentence. */
#include "duty/fault.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum fault_form { FORM_SECONDS, FORM_OFFSET, FORM_PERCENT, FORM_COUNT, FORM_BYTES };

/* In a sentence %S is the subject, %F the figure with its unit. */
struct fault_row {
	const char *name;
	unsigned severity;
	enum fault_form form;
	const char *en, *ja;		 /* with the figure */
	const char *en_plain, *ja_plain; /* without */
};

/* clang-format off: a row stays a row. */
static const struct fault_row rows[FAULT_KINDS] = {
	[FAULT_WATCH_GONE] = {"watch_gone", 1, FORM_SECONDS,
			      "noroshi watch told nothing for %F: attacks are not seen",
			      "noroshi watch から%F間応答なし: 攻撃を検知できない",
			      "noroshi watch tells nothing: attacks are not seen",
			      "noroshi watch から応答なし: 攻撃を検知できない"},
	[FAULT_STARVED] = {"starved", 2, FORM_SECONDS, "noroshi watch is %F behind",
			   "noroshi watch の処理が%F遅れている", "noroshi watch is behind",
			   "noroshi watch の処理が遅れている"},
	[FAULT_EXPORTER_SILENT] = {"exporter_silent", 2, FORM_SECONDS, "no export from %S for %F",
				   "%Sから%F間エクスポートなし", "no export from %S",
				   "%Sからエクスポートなし"},
	[FAULT_EXPORTER_LOSS] = {"exporter_loss", 3, FORM_PERCENT,
				 "%F of the datagrams of %S got lost",
				 "%Sのデータグラムの%Fが失われた", "datagrams of %S get lost",
				 "%Sのデータグラムが失われている"},
	[FAULT_TEMPLATE_MISSING] = {"template_missing", 2, FORM_SECONDS,
				    "data of %S wait for their template for %F",
				    "%Sのデータがテンプレート待ち (%F)",
				    "data of %S wait for their template",
				    "%Sのデータがテンプレート待ち"},
	[FAULT_EXPORTER_CLOCK] = {"exporter_clock", 3, FORM_OFFSET, "the clock of %S is off by %F",
				  "%Sの時計が%Fずれている", "the clock of %S is off",
				  "%Sの時計がずれている"},
	[FAULT_OWN_CLOCK] = {"own_clock", 2, FORM_OFFSET, "our own clock is off by %F",
			     "自機の時計が%Fずれている", "our own clock is off",
			     "自機の時計がずれている"},
	[FAULT_KERNEL_DROPS] = {"kernel_drops", 3, FORM_COUNT,
				"the kernel dropped %F datagrams at %S",
				"%Sでカーネルがデータグラムを%F個破棄した",
				"the kernel drops datagrams at %S",
				"%Sでカーネルがデータグラムを破棄している"},
	[FAULT_QUEUE_LATE] = {"queue_late", 3, FORM_SECONDS, "detection or storing is %F late",
			      "検知または保存が%F遅れている", "detection or storing is late",
			      "検知または保存が遅れている"},
	[FAULT_STORE_FAILING] = {"store_failing", 2, FORM_SECONDS,
				 "the store cannot be written for %F", "記録庫に%F間書き込めない",
				 "the store cannot be written", "記録庫に書き込めない"},
	[FAULT_DISK_FULL] = {"disk_full", 2, FORM_BYTES, "the disk of the store is full: %F left",
			     "記録庫のディスクが満杯 (残り%F)", "the disk of the store is full",
			     "記録庫のディスクが満杯"},
	[FAULT_CHANNEL] = {"channel", 2, FORM_COUNT, "pages to %S do not go out: %F failed",
			   "%Sへの呼び出しが送れない (失敗%F件)", "pages to %S do not go out",
			   "%Sへの呼び出しが送れない"},
};
/* clang-format on */

const char *fault_name(enum fault_kind k)
{
	return rows[k].name;
}

int fault_parse(const char *name, enum fault_kind *out)
{
	for (unsigned i = 0; i < FAULT_KINDS; i++) {
		if (strcmp(rows[i].name, name) == 0) {
			*out = (enum fault_kind)i;
			return 0;
		}
	}
	return -EINVAL;
}

char *fault_key(const struct fault *f, char *buf)
{
	snprintf(buf, FAULT_KEY_MAX, "%s/%s", rows[f->kind].name, f->subject);
	return buf;
}

char *fault_ref(const struct fault *f, char *buf)
{
	snprintf(buf, FAULT_REF_MAX, "%s/%s@%" PRId64, rows[f->kind].name, f->subject,
		 time_floor_s(f->since_us));
	return buf;
}

int fault_from_ref(const char *ref, struct fault *out)
{
	const char *slash = strchr(ref, '/'), *at = strrchr(ref, '@');
	char name[32] = "", *end;
	long long s;

	memset(out, 0, sizeof(*out));
	out->figure = NAN;
	if (!slash || !at || at < slash || (size_t)(slash - ref) >= sizeof(name) ||
	    (size_t)(at - slash) > sizeof(out->subject))
		return -EINVAL;
	memcpy(name, ref, (size_t)(slash - ref));
	memcpy(out->subject, slash + 1, (size_t)(at - slash - 1));
	errno = 0;
	s = strtoll(at + 1, &end, 10);
	if (errno || end == at + 1 || *end || s > INT64_MAX / US_PER_S || s < INT64_MIN / US_PER_S)
		return -EINVAL;
	out->since_us = s * US_PER_S;
	return fault_parse(name, &out->kind);
}

unsigned fault_severity(enum fault_kind k)
{
	return rows[k].severity;
}

static void say_seconds(double s, bool ja, struct text *out)
{
	if (s >= 5400)
		text_printf(out, ja ? "%.1f 時間" : "%.1f h", s / 3600);
	else if (s >= 120)
		text_printf(out, ja ? "%.0f 分" : "%.0f min", s / 60);
	else if (s < 9.95 && s > 0)
		text_printf(out, ja ? "%.1f 秒" : "%.1f s", s);
	else
		text_printf(out, ja ? "%.0f 秒" : "%.0f s", s);
}

static void say_figure(enum fault_form form, double figure, bool ja, struct text *out)
{
	switch (form) {
	case FORM_SECONDS:
		say_seconds(figure, ja, out);
		break;
	case FORM_OFFSET:
		text_add(out, figure < 0 ? "-" : "+");
		say_seconds(fabs(figure), ja, out);
		break;
	case FORM_PERCENT:
		text_printf(out, figure < 9.95 ? "%.1f %%" : "%.0f %%", figure);
		break;
	case FORM_BYTES:
		text_rate(out, figure, "B");
		break;
	case FORM_COUNT:
		text_printf(out, "%.0f", figure);
		break;
	}
}

void fault_say(const struct fault *f, bool ja, struct text *out)
{
	const struct fault_row *row = &rows[f->kind];
	bool known = isfinite(f->figure) && (f->figure >= 0 || row->form == FORM_OFFSET);
	const char *p = known ? (ja ? row->ja : row->en) : (ja ? row->ja_plain : row->en_plain);

	for (; *p; p++) {
		if (p[0] == '%' && p[1] == 'S')
			text_add(out, f->subject);
		else if (p[0] == '%' && p[1] == 'F')
			say_figure(row->form, f->figure, ja, out);
		else {
			text_add_n(out, p, 1);
			continue;
		}
		p++;
	}
}
