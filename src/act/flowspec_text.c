/* SPDX-License-Identifier: ISC */
/*
 * FlowSpec for people, in the words of RFC 8955 and with the operators that ExaBGP and GoBGP show.
 */
#include <arpa/inet.h>
#include <string.h>

#include "act/flowspec_inside.h"

static const char *const number_operators[8] = {
	[0] = "false",
	[FLOWSPEC_EQ] = "=",
	[FLOWSPEC_GT] = ">",
	[FLOWSPEC_GT | FLOWSPEC_EQ] = ">=",
	[FLOWSPEC_LT] = "<",
	[FLOWSPEC_LT | FLOWSPEC_EQ] = "<=",
	[FLOWSPEC_LT | FLOWSPEC_GT] = "!=",
	[FLOWSPEC_LT | FLOWSPEC_GT | FLOWSPEC_EQ] = "true",
};

static const char *const bit_operators[4] = {
	[0] = "",
	[FLOWSPEC_MATCH] = "=",
	[FLOWSPEC_NOT] = "!",
	[FLOWSPEC_NOT | FLOWSPEC_MATCH] = "!=",
};

static const char *const flag_names[] = {"fin", "syn", "rst", "push", "ack", "urg", "ece", "cwr"};
static const char *const fragment_names[] = {"dont-fragment", "is-fragment", "first-fragment",
					     "last-fragment"};

static void bits_text(unsigned type, uint32_t value, struct text *out)
{
	bool flags = type == FLOWSPEC_TCP_FLAGS;
	unsigned n = flags ? ARRAY_LEN(flag_names) : ARRAY_LEN(fragment_names);
	const char *const *names = flags ? flag_names : fragment_names;
	const char *between = "";

	for (unsigned bit = 0; bit < 32; bit++) {
		if (!(value & 1u << bit))
			continue;
		text_add(out, between);
		if (bit < n)
			text_add(out, names[bit]);
		else
			text_printf(out, "0x%x", 1u << bit);
		between = "+";
	}
	if (!value)
		text_add(out, "0x0");
}

static void pair_text(unsigned type, const struct flowspec_pair *p, struct text *out)
{
	bool bits = flowspec_is_bitmask(type);
	unsigned how = p->how & (bits ? 3 : 7);

	text_add(out, bits ? bit_operators[how] : number_operators[how]);
	if (bits)
		bits_text(type, p->value, out);
	else if (how != 0 && how != 7)
		text_printf(out, "%u", p->value);
}

void flowspec_list_text(const struct flowspec *f, unsigned type, struct text *out)
{
	const struct flowspec_list *l;
	bool several = false;

	if (type >= FLOWSPEC_TYPES)
		return;
	l = &f->list[type];
	for (unsigned i = 1; i < l->n; i++)
		several = several || !f->pair[l->first + i].and;
	text_add(out, several ? "[ " : "");
	for (unsigned i = 0; i < l->n; i++) {
		const struct flowspec_pair *p = &f->pair[l->first + i];

		text_add(out, i == 0 ? "" : p->and ? "&" : " ");
		pair_text(type, p, out);
	}
	text_add(out, several ? " ]" : "");
}

void flowspec_address_text(const struct ip *addr, unsigned family, char *buf)
{
	/* An IPv6 pattern may look like an IPv4 address; it is none. */
	if (family == 4)
		ip_format(addr, buf);
	else
		inet_ntop(AF_INET6, addr->b, buf, IP_TEXT_MAX);
}

static void prefix_text(const struct flowspec_prefix *p, unsigned family, struct text *out)
{
	char address[IP_TEXT_MAX];

	flowspec_address_text(&p->addr, family, address);
	text_printf(out, "%s/%u", address, p->len);
	if (p->offset)
		text_printf(out, " offset %u", p->offset);
}

void flowspec_rd_text(uint64_t rd, struct text *out)
{
	unsigned type = (unsigned)(rd >> 48);
	uint32_t low = (uint32_t)rd;
	char address[IP_TEXT_MAX];
	struct ip ip = ip_from_v4((uint32_t)(rd >> 16));

	if (type == 0) /* RFC 4364 section 4.2 */
		text_printf(out, "%u:%u", (unsigned)(rd >> 32 & 0xffff), low);
	else if (type == 1)
		text_printf(out, "%s:%u", ip_format(&ip, address), low & 0xffff);
	else if (type == 2)
		text_printf(out, "%u:%u", (unsigned)(rd >> 16 & 0xffffffff), low & 0xffff);
	else
		text_printf(out, "0x%016llx", (unsigned long long)rd);
}

void flowspec_text(const struct flowspec *f, struct text *out)
{
	const char *between = "";

	if (f->vpn) {
		text_add(out, "rd ");
		flowspec_rd_text(f->rd, out);
		between = " ";
	}
	for (unsigned type = FLOWSPEC_DESTINATION; type < FLOWSPEC_TYPES; type++) {
		if (!(f->has & 1u << type))
			continue;
		text_printf(out, "%s%s ", between, flowspec_type_name(type));
		if (type == FLOWSPEC_DESTINATION)
			prefix_text(&f->destination, f->family, out);
		else if (type == FLOWSPEC_SOURCE)
			prefix_text(&f->source, f->family, out);
		else
			flowspec_list_text(f, type, out);
		between = " ";
	}
}
