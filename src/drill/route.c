/* SPDX-License-Identifier: ISC */
#include "drill/route.h"

#include <errno.h>

#include "base/clock.h"

#define DOMINANT_PERCENT 75
#define SECOND_LEAST	 20 /* fewer packets in a second say nothing */

void route_begin(struct route *r)
{
	*r = (struct route){.second = TIME_NONE, .dominant = -1, .leader = -1};
}

/* The second is over. */
static void close_second(struct route *r)
{
	uint64_t sum = 0;
	int most = 0;

	for (int l = 0; l < LINKS; l++) {
		sum += r->now[l];
		most = r->now[l] > r->now[most] ? l : most;
	}
	if (sum < SECOND_LEAST)
		return;
	if (most != r->leader) {
		r->leader = most;
		r->leads_since_s = r->second;
	}
	if (r->now[most] * UINT64_C(100) < sum * DOMINANT_PERCENT || most == r->dominant)
		return;
	if (r->dominant >= 0 && r->n_moves < ROUTE_MOVES_MAX) {
		r->move[r->n_moves].at_s = r->leads_since_s;
		r->move[r->n_moves].from = r->dominant;
		r->move[r->n_moves++].to = most;
	}
	r->dominant = most;
}

void route_count(struct route *r, unsigned link, uint64_t bytes, int64_t second)
{
	if (r->second == TIME_NONE)
		r->first_s = r->second = second;
	if (second != r->second) {
		close_second(r);
		for (unsigned l = 0; l < LINKS; l++)
			r->now[l] = 0;
		r->second = second;
	}
	r->packets[link]++;
	r->bytes[link] += bytes;
	r->now[link]++;
	if (second - r->first_s < ROUTE_SECONDS_MAX)
		r->course[second - r->first_s][link]++;
}

static json_t *path_json(const struct route *r)
{
	json_t *list = json_array();
	uint64_t packets = 0, bytes = 0;

	for (unsigned l = 0; l < LINKS; l++) {
		packets += r->packets[l];
		bytes += r->bytes[l];
	}
	for (unsigned l = 0; list && l < LINKS; l++)
		if (r->packets[l])
			json_array_append_new(
				list, json_pack("{sssfsf}", "link", world_link_name(l), "share",
						(double)r->packets[l] / (double)packets,
						"byte_share", (double)r->bytes[l] / (double)bytes));
	return list;
}

static json_t *course_json(const struct route *r)
{
	int64_t n = r->second - r->first_s + 1;
	char start[TIME_TEXT_MAX];
	json_t *o = json_pack("{sssi}", "start", time_format_utc(r->first_s * US_PER_S, start),
			      "step_s", 1);

	n = n < ROUTE_SECONDS_MAX ? n : ROUTE_SECONDS_MAX;
	for (unsigned l = 0; o && l < LINKS; l++) {
		json_t *list = json_array();

		for (int64_t i = 0; list && i < n; i++)
			json_array_append_new(list, json_integer(r->course[i][l]));
		json_object_set_new(o, world_link_name(l), list);
	}
	return o;
}

static json_t *moves_json(const struct route *r)
{
	json_t *list = json_array();
	char at[TIME_TEXT_MAX];

	for (unsigned i = 0; list && i < r->n_moves; i++)
		json_array_append_new(list,
				      json_pack("{ssssss}", "at",
						time_format_utc(r->move[i].at_s * US_PER_S, at),
						"from", world_link_name((unsigned)r->move[i].from),
						"to", world_link_name((unsigned)r->move[i].to)));
	return list;
}

int route_json(const struct route *r, json_t *o)
{
	struct route end = *r;

	if (end.second != TIME_NONE)
		close_second(&end);
	return json_object_set_new(o, "path", path_json(&end)) ||
			       json_object_set_new(o, "link_course", course_json(&end)) ||
			       json_object_set_new(o, "moves", moves_json(&end))
		       ? -ENOMEM
		       : 0;
}
