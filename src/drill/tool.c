/* SPDX-License-Identifier: ISC */
#include "drill/tool.h"

enum rule { RULE_FIXED, RULE_RANDOM, RULE_COUNTED, RULE_OWN };

static const struct {
	uint8_t ttl; /* initial; 0: RULE_OWN or random */
	uint8_t ttl_rule, window_rule, id_rule, port_rule;
	uint8_t options; /* bytes in a SYN */
	uint16_t window, id;
} tools[TOOL_KINDS] = {
	[TOOL_SOCKET] = {0, RULE_OWN, RULE_OWN, RULE_COUNTED, RULE_RANDOM, 0, 0, 0},
	[TOOL_PLAIN] = {64, RULE_FIXED, RULE_FIXED, RULE_RANDOM, RULE_COUNTED, 0, 512, 0},
	[TOOL_BOT] = {64, RULE_FIXED, RULE_RANDOM, RULE_RANDOM, RULE_RANDOM, 20, 0, 0},
	[TOOL_OLD] = {255, RULE_FIXED, RULE_FIXED, RULE_COUNTED, RULE_RANDOM, 0, 65535, 0},
	[TOOL_SWEEP] = {255, RULE_FIXED, RULE_FIXED, RULE_FIXED, RULE_FIXED, 0, 65535, 54321},
	[TOOL_RANDOM] = {0, RULE_RANDOM, RULE_RANDOM, RULE_RANDOM, RULE_RANDOM, 0, 0, 0},
	[TOOL_KERNEL] = {64, RULE_FIXED, RULE_FIXED, RULE_FIXED, RULE_RANDOM, 20, 64240, 0},
};

static uint8_t initial_ttl(enum tool_kind tool, const struct tool_sender *s, struct rng *r)
{
	switch (tools[tool].ttl_rule) {
	case RULE_OWN:
		return stack_ttl((enum stack)s->stack);
	case RULE_RANDOM:
		return (uint8_t)rng_between(r, 40, 255);
	default:
		return tools[tool].ttl;
	}
}

static void write_tcp(enum tool_kind tool, const struct tool_sender *s, struct rng *r,
		      struct packet *p)
{
	bool own = tools[tool].window_rule == RULE_OWN;

	p->options = own ? stack_options((enum stack)s->stack) : tools[tool].options;
	if (p->flags != SYN)
		p->options = 0;
	p->bare_syn = p->options == 0;
	p->window = own					     ? stack_window((enum stack)s->stack)
		    : tools[tool].window_rule == RULE_RANDOM ? (uint16_t)rng_next(r)
							     : tools[tool].window;
	if (p->flags != SYN && tool != TOOL_SOCKET)
		return;
	p->ip_len = (uint16_t)(p->ip_len + p->options);
}

void tool_write(enum tool_kind tool, const struct tool_sender *s, struct rng *r, struct packet *p)
{
	p->ttl = (uint8_t)(initial_ttl(tool, s, r) - s->hops);
	if (p->proto == IPPROTO_OF_TCP)
		write_tcp(tool, s, r, p);
	switch (tools[tool].id_rule) {
	case RULE_RANDOM:
		p->ip_id = (uint16_t)rng_next(r);
		break;
	case RULE_COUNTED:
		p->ip_id = (*s->ids)++;
		break;
	default:
		p->ip_id = tools[tool].id;
	}
	switch (tools[tool].port_rule) {
	case RULE_COUNTED:
		p->sport = (uint16_t)(1024 + s->sent % 64000);
		break;
	case RULE_FIXED:
		p->sport = (uint16_t)(32768 + s->assault_salt % 20000);
		break;
	default:
		p->sport = (uint16_t)rng_between(r, tool == TOOL_SOCKET ? 32768 : 1024, 65000);
	}
}
