/* SPDX-License-Identifier: ISC */
/*
 * NetFlow v9 (RFC 3954) and IPFIX (RFC 7011): the same idea in two dialects. Templates are rows of
 * {element, length, writer}, from which both the template and the records are made. Sampling is
 * told by options data, as routers do; each record names its sampler.
 */
#include "drill/datagram.h"

#define TEMPLATE_V4	 256
#define TEMPLATE_V6	 257
#define TEMPLATE_OPTIONS 258
#define REFRESH_US	 (60 * US_PER_S)
#define SAMPLER		 1

enum field {
	F_SRC4,
	F_DST4,
	F_SRC6,
	F_DST6,
	F_BYTES,
	F_PACKETS,
	F_FIRST_UPTIME,
	F_LAST_UPTIME,
	F_FIRST_MS,
	F_LAST_MS,
	F_SPORT,
	F_DPORT,
	F_IN,
	F_OUT,
	F_PROTO,
	F_TOS,
	F_FLAGS,
	F_TTL,
	F_ICMP,
	F_FRAGMENT,
	F_SAMPLER,
	F_DIRECTION,
	F_SAMPLER_MODE,
	F_INTERVAL,
	F_ALGORITHM,
	F_PACKET_INTERVAL,
	F_PACKET_SPACE,
	F_SIZE,
	F_POPULATION,
	F_ACTIVE,
	F_INACTIVE,
	F_SYSTEM
};

struct element {
	uint16_t id, len;
	uint8_t field;
};

static const struct element v9_v4[] = {
	{8, 4, F_SRC4},		 {12, 4, F_DST4},	 {1, 4, F_BYTES}, {2, 4, F_PACKETS},
	{22, 4, F_FIRST_UPTIME}, {21, 4, F_LAST_UPTIME}, {7, 2, F_SPORT}, {11, 2, F_DPORT},
	{10, 2, F_IN},		 {14, 2, F_OUT},	 {4, 1, F_PROTO}, {5, 1, F_TOS},
	{6, 1, F_FLAGS},	 {52, 1, F_TTL},	 {32, 2, F_ICMP}, {88, 2, F_FRAGMENT},
	{48, 1, F_SAMPLER},	 {61, 1, F_DIRECTION}};

static const struct element v9_v6[] = {
	{27, 16, F_SRC6},	 {28, 16, F_DST6},	 {1, 4, F_BYTES},  {2, 4, F_PACKETS},
	{22, 4, F_FIRST_UPTIME}, {21, 4, F_LAST_UPTIME}, {7, 2, F_SPORT},  {11, 2, F_DPORT},
	{10, 2, F_IN},		 {14, 2, F_OUT},	 {4, 1, F_PROTO},  {5, 1, F_TOS},
	{6, 1, F_FLAGS},	 {52, 1, F_TTL},	 {139, 2, F_ICMP}, {48, 1, F_SAMPLER},
	{61, 1, F_DIRECTION}};

static const struct element ipfix_v4[] = {
	{152, 8, F_FIRST_MS}, {153, 8, F_LAST_MS}, {1, 8, F_BYTES}, {2, 8, F_PACKETS},
	{8, 4, F_SRC4},	      {12, 4, F_DST4},	   {7, 2, F_SPORT}, {11, 2, F_DPORT},
	{10, 4, F_IN},	      {14, 4, F_OUT},	   {4, 1, F_PROTO}, {5, 1, F_TOS},
	{6, 2, F_FLAGS},      {52, 1, F_TTL},	   {32, 2, F_ICMP}, {88, 2, F_FRAGMENT},
	{302, 8, F_SAMPLER},  {61, 1, F_DIRECTION}};

static const struct element ipfix_v6[] = {
	{152, 8, F_FIRST_MS}, {153, 8, F_LAST_MS}, {1, 8, F_BYTES},  {2, 8, F_PACKETS},
	{27, 16, F_SRC6},     {28, 16, F_DST6},	   {7, 2, F_SPORT},  {11, 2, F_DPORT},
	{10, 4, F_IN},	      {14, 4, F_OUT},	   {4, 1, F_PROTO},  {5, 1, F_TOS},
	{6, 2, F_FLAGS},      {52, 1, F_TTL},	   {139, 2, F_ICMP}, {302, 8, F_SAMPLER},
	{61, 1, F_DIRECTION}};

/* The first row of options is their scope. */
static const struct element v9_options[] = {{1, 4, F_SYSTEM},	     {48, 1, F_SAMPLER},
					    {49, 1, F_SAMPLER_MODE}, {50, 4, F_INTERVAL},
					    {36, 2, F_ACTIVE},	     {37, 2, F_INACTIVE}};

static const struct element ipfix_count_options[] = {
	{302, 8, F_SAMPLER},	  {304, 2, F_ALGORITHM}, {305, 4, F_PACKET_INTERVAL},
	{306, 4, F_PACKET_SPACE}, {36, 2, F_ACTIVE},	 {37, 2, F_INACTIVE}};

static const struct element ipfix_random_options[] = {{302, 8, F_SAMPLER}, {304, 2, F_ALGORITHM},
						      {309, 4, F_SIZE},	   {310, 4, F_POPULATION},
						      {36, 2, F_ACTIVE},   {37, 2, F_INACTIVE}};

#define LIST(x)		  (x), (unsigned)ARRAY_LEN(x)
#define UNTOLD_SKIP(x, e) ((x)->untold && (e)->field == F_SAMPLER)

static bool is_ipfix(const struct datagram_out *x)
{
	return x->format == &format_ipfix;
}

static uint64_t option_value(const struct datagram_out *x, enum field field)
{
	switch (field) {
	case F_SAMPLER:
		return SAMPLER;
	case F_SAMPLER_MODE:
		return x->random ? 2 : 1;
	case F_ALGORITHM: /* RFC 5477: 1 systematic count-based, 3 random n-out-of-N */
		return x->random ? 3 : 1;
	case F_INTERVAL:
	case F_POPULATION:
		return x->sampling;
	case F_PACKET_INTERVAL:
	case F_SIZE:
		return 1;
	case F_PACKET_SPACE:
		return x->sampling - 1;
	case F_ACTIVE:
		return x->active_s;
	case F_INACTIVE:
		return x->inactive_s;
	default:
		return 0;
	}
}

static uint64_t flow_value(const struct datagram_out *x, const struct cached_flow *f,
			   enum field field)
{
	switch (field) {
	case F_BYTES:
		return f->bytes;
	case F_PACKETS:
		return f->packets;
	case F_FIRST_UPTIME:
		return uptime_ms(x, f->first_us);
	case F_LAST_UPTIME:
		return uptime_ms(x, f->last_us);
	case F_FIRST_MS:
		return (uint64_t)(own_us(x, f->first_us) / 1000);
	case F_LAST_MS:
		return (uint64_t)(own_us(x, f->last_us) / 1000);
	case F_SPORT:
		return f->key.sport;
	case F_DPORT:
		return f->key.dport;
	case F_IN:
		return f->key.in;
	case F_OUT:
		return f->key.out;
	case F_PROTO:
		return f->key.proto;
	case F_TOS:
		return f->key.tos;
	case F_FLAGS:
		return f->flags;
	case F_TTL:
		return f->ttl;
	case F_ICMP:
		return (uint64_t)f->key.icmp_type << 8 | f->key.icmp_code;
	case F_FRAGMENT:
		return f->fragment_offset;
	default:
		return option_value(x, field);
	}
}

static uint8_t *put_value(uint8_t *o, uint64_t v, unsigned len)
{
	for (unsigned i = len; i-- > 0; v >>= 8)
		o[i] = (uint8_t)v;
	return o + len;
}

static void set_close(struct datagram_out *x)
{
	if (!x->set_at)
		return;
	while (x->len % 4)
		x->b[x->len++] = 0;
	put_be16(x->b + x->set_at + 2, (uint16_t)(x->len - x->set_at));
	x->set_at = 0;
}

static void set_open(struct datagram_out *x, uint16_t id)
{
	set_close(x);
	x->set_at = x->len;
	x->set_id = id;
	put_be16(put_be16(datagram_end(x), id), 0);
	x->len += 4;
}

static unsigned count_told(const struct datagram_out *x, const struct element *e, unsigned n)
{
	unsigned told = 0;

	for (unsigned i = 0; i < n; i++)
		told += !UNTOLD_SKIP(x, &e[i]);
	return told;
}

static uint8_t *put_elements(const struct datagram_out *x, uint8_t *o, const struct element *e,
			     unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (!UNTOLD_SKIP(x, &e[i]))
			o = put_be16(put_be16(o, e[i].id), e[i].len);
	return o;
}

static void put_template(struct datagram_out *x, uint16_t id, const struct element *e, unsigned n)
{
	uint8_t *o = put_be16(put_be16(datagram_end(x), id), (uint16_t)count_told(x, e, n));

	x->len = (size_t)(put_elements(x, o, e, n) - x->b);
	x->templates_in_this++;
}

static void put_options(struct datagram_out *x, const struct element *e, unsigned n)
{
	uint8_t *o;

	set_open(x, is_ipfix(x) ? 3 : 1);
	o = put_be16(datagram_end(x), TEMPLATE_OPTIONS);
	if (is_ipfix(x))
		o = put_be16(put_be16(o, (uint16_t)n), 1);
	else
		o = put_be16(put_be16(o, 4), (uint16_t)(4 * (n - 1)));
	x->len = (size_t)(put_elements(x, o, e, n) - x->b);
	x->templates_in_this++;
	set_open(x, TEMPLATE_OPTIONS);
	o = datagram_end(x);
	for (unsigned i = 0; i < n; i++)
		o = put_value(o, option_value(x, e[i].field), e[i].len);
	x->len = (size_t)(o - x->b);
	x->options_in_this++;
}

static void put_templates(struct datagram_out *x)
{
	bool ipfix = is_ipfix(x);

	set_open(x, ipfix ? 2 : 0);
	if (ipfix) {
		put_template(x, TEMPLATE_V4, LIST(ipfix_v4));
		put_template(x, TEMPLATE_V6, LIST(ipfix_v6));
	} else {
		put_template(x, TEMPLATE_V4, LIST(v9_v4));
		put_template(x, TEMPLATE_V6, LIST(v9_v6));
	}
	if (x->untold)
		return;
	if (!ipfix)
		put_options(x, LIST(v9_options));
	else if (x->random)
		put_options(x, LIST(ipfix_random_options));
	else
		put_options(x, LIST(ipfix_count_options));
}

static void template_open(struct datagram_out *x, int64_t now_us)
{
	x->len = is_ipfix(x) ? 16 : 20;
	if (x->templates_us != TIME_NONE && now_us - x->templates_us < REFRESH_US)
		return;
	x->templates_us = now_us;
	put_templates(x);
}

static uint8_t *put_record(struct datagram_out *x, uint8_t *o, const struct cached_flow *f,
			   const struct element *e, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (UNTOLD_SKIP(x, &e[i]))
			continue;
		switch (e[i].field) {
		case F_SRC4:
			o = put_bytes(o, &f->key.src.b[12], 4);
			break;
		case F_DST4:
			o = put_bytes(o, &f->key.dst.b[12], 4);
			break;
		case F_SRC6:
			o = put_bytes(o, f->key.src.b, 16);
			break;
		case F_DST6:
			o = put_bytes(o, f->key.dst.b, 16);
			break;
		default:
			o = put_value(o, flow_value(x, f, e[i].field), e[i].len);
		}
	}
	return o;
}

static void template_put(struct datagram_out *x, const struct cached_flow *f)
{
	bool v4 = ip_is_v4(&f->key.src), ipfix = is_ipfix(x);
	uint16_t id = v4 ? TEMPLATE_V4 : TEMPLATE_V6;
	uint8_t *o;

	if (!x->set_at || x->set_id != id)
		set_open(x, id);
	o = datagram_end(x);
	if (ipfix)
		o = v4 ? put_record(x, o, f, LIST(ipfix_v4)) : put_record(x, o, f, LIST(ipfix_v6));
	else
		o = v4 ? put_record(x, o, f, LIST(v9_v4)) : put_record(x, o, f, LIST(v9_v6));
	x->len = (size_t)(o - x->b);
}

static void v9_seal(struct datagram_out *x, int64_t now_us)
{
	/* "Total number of records in the export packet" (RFC 3954 section 5.1), templates
	 * included. */
	uint8_t *o = x->b;

	set_close(x);
	o = put_be16(put_be16(o, 9),
		     (uint16_t)(x->in_this + x->options_in_this + x->templates_in_this));
	o = put_be32(o, uptime_ms(x, now_us));
	o = put_be32(o, (uint32_t)time_floor_s(own_us(x, now_us)));
	put_be32(put_be32(o, x->seq++), 100 + x->index);
}

static void ipfix_seal(struct datagram_out *x, int64_t now_us)
{
	uint8_t *o = x->b;

	set_close(x);
	o = put_be16(put_be16(o, 10), (uint16_t)x->len);
	o = put_be32(o, (uint32_t)time_floor_s(own_us(x, now_us)));
	put_be32(put_be32(o, x->seq), 200 + x->index);
	x->seq += x->in_this +
		  x->options_in_this; /* RFC 7011 section 3.1: data records, options too */
}

const struct format format_v9 = {
	.record_max = 72, .open = template_open, .put = template_put, .seal = v9_seal};
const struct format format_ipfix = {
	.record_max = 104, .open = template_open, .put = template_put, .seal = ipfix_seal};
