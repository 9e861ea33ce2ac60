/* SPDX-License-Identifier: ISC */
/* The links of an incident for the person on duty. */
#include <inttypes.h>

#include "base/clock.h"
#include "judge/incident.h"
#include "judge/path.h"

struct page {
	struct text *out;
	bool ja;
	unsigned width;
};

static void label(const struct page *p, const char *en, const char *ja)
{
	const char *word = p->ja ? ja : en;

	text_printf(p->out, "  %s", word);
	for (size_t w = text_width(word); w < p->width; w++)
		text_add(p->out, " ");
	text_add(p->out, "  ");
}

static void print_share(const struct page *p, const struct path_row *r)
{
	_cleanup_text_ struct text at = TEXT_NULL;

	path_say_at(&r->at, &at);
	text_add(p->out, text_str(&at));
	for (size_t w = text_width(text_str(&at)); w < 32; w++)
		text_add(p->out, " ");
	text_printf(p->out, "%5.1f %%", 100 * r->share);
	if (r->share_low < r->share_high)
		text_printf(p->out, p->ja ? "（%.1f～%.1f %%）" : " (%.1f to %.1f %%)",
			    100 * r->share_low, 100 * r->share_high);
	if (!r->counted)
		text_add(p->out, p->ja ? "、同じパケットを別の装置で計上済み"
				       : ", the same packets are counted elsewhere");
	text_add(p->out, "\n");
}

static void print_load(const struct page *p, const struct path_row *r)
{
	_cleanup_text_ struct text most = TEXT_NULL, capacity = TEXT_NULL, usual = TEXT_NULL;
	bool exported = r->capacity_from == CAPACITY_EXPORTED;

	if (!r->load_most_bps)
		return;
	text_rate(&most, (double)r->load_most_bps, "bit/s");
	text_rate(&capacity, (double)r->capacity_bps, "bit/s");
	text_rate(&usual, (double)r->usual_bps, "bit/s");
	label(p, "", "");
	text_printf(p->out, p->ja ? "  全体で最大 %s" : "  at most %s altogether", text_str(&most));
	if (r->window_s > 1)
		text_printf(p->out, p->ja ? "（%" PRIu32 " 秒平均）" : " (mean of %" PRIu32 " s)",
			    r->window_s);
	if (r->capacity_bps)
		text_printf(p->out, p->ja ? "、%s の %.0f %%" : ", of %s that is %.0f %%",
			    text_str(&capacity),
			    100 * (double)r->load_most_bps / (double)r->capacity_bps);
	if (exported)
		text_add(p->out, p->ja ? "（装置の申告値）" : " (as the exporter tells)");
	if (r->usual_bps)
		text_printf(p->out, p->ja ? "、平常 %s" : ", usually %s", text_str(&usual));
	if (r->capacity_bps)
		text_add(p->out, !path_near(r) ? ""
				 : p->ja       ? ": 容量に近い"
					       : ": NEAR ITS CAPACITY");
	text_add(p->out, "\n");
}

static void print_rows(const struct page *p, const struct incident_path *path)
{
	for (unsigned i = 0; i < path->n_rows; i++) {
		label(p, i ? "" : "Links", i ? "" : "リンク");
		print_share(p, &path->row[i]);
		print_load(p, &path->row[i]);
	}
	if (path->other_share > 0) {
		label(p, "", "");
		text_printf(p->out, p->ja ? "他のリンク %.1f %%\n" : "other links %.1f %%\n",
			    100 * path->other_share);
	}
}

static void print_moves(const struct page *p, const struct incident_path *path)
{
	for (unsigned i = 0; i < path->n_moves; i++) {
		label(p, i ? "" : "Moves", i ? "" : "移動");
		path_say_move(&path->move[i], p->ja, p->out);
		text_add(p->out, "\n");
	}
	if (path->moves_cut) {
		label(p, "", "");
		text_add(p->out, p->ja ? "さらに移動あり\n" : "and further ones\n");
	}
}

static void print_lost(const struct page *p, const struct incident_path *path)
{
	unsigned n = 0;

	for (unsigned i = 0; i < path->n_lost; i++) {
		label(p, n ? "" : "Bystanders", n ? "" : "巻き添え");
		n++;
		path_say_lost(&path->lost[i], p->ja, p->out);
		text_add(p->out, "\n");
	}
	for (unsigned u = 0; u < UNTOLD_REASONS; u++) {
		if (!path->untold[u])
			continue;
		label(p, n ? "" : "Bystanders", n ? "" : "巻き添え");
		n++;
		text_printf(p->out,
			    p->ja		  ? "%" PRIu32 " 件: %s\n"
			    : path->untold[u] > 1 ? "%" PRIu32 " others: %s\n"
						  : "%" PRIu32 " other: %s\n",
			    path->untold[u], path_untold_words((enum path_untold)u, p->ja));
	}
}

static void print_services(const struct page *p, const struct incident_path *path)
{
	for (unsigned i = 0; i < path->n_services; i++) {
		label(p, i ? "" : "Services", i ? "" : "サービス");
		path_say_service(&path->service[i], p->ja, p->out);
		text_add(p->out, "\n");
	}
}

void incident_path_print(const struct incident *inc, bool ja, unsigned label_width,
			 struct text *out)
{
	struct page p = {.out = out, .ja = ja, .width = label_width};

	print_rows(&p, inc->path);
	print_moves(&p, inc->path);
	print_lost(&p, inc->path);
	print_services(&p, inc->path);
}
