/* SPDX-License-Identifier: ISC */
/*
 * Three ways to run a permutation; the test holds them against each other. None reads outside the
 * records: moves are within one by the template's own length, a window of 16 bytes was laid within
 * it when it was compiled, and AVX-512 loads with a mask of as many bytes as the record has.
 *
 * From datagram to batch, 227,165 records of NetFlow v9, on a Xeon with AVX-512 VBMI, medians of 3
 * alternating series on a busy machine: over the slots 196 ns a record, moves 78, windows 54, one
 * permutation 26. v5, whose slow way has no slots: 52, 64, 42 and 20.
 */
#include "observe/plain.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* The lengths that elements have in practice by one load and one store; the others byte by byte. */
static void move(uint8_t *to, const uint8_t *from, const struct plain_move *m)
{
	uint64_t number;
	uint32_t half;

	if (!m->number) {
		if (m->len == 4)
			memcpy(to, from, 4);
		else
			memcpy(to, from, m->len);
		return;
	}
	switch (m->len) {
	case 1:
		*to = *from;
		return;
	case 2:
		to[0] = from[1];
		to[1] = from[0];
		return;
	case 4:
		memcpy(&half, from, 4);
		half = __builtin_bswap32(half);
		memcpy(to, &half, 4);
		return;
	case 8:
		memcpy(&number, from, 8);
		number = __builtin_bswap64(number);
		memcpy(to, &number, 8);
		return;
	default:
		for (unsigned k = 0; k < m->len; k++)
			to[k] = from[m->len - 1 - k];
	}
}

static void place_portable(const struct plain *p, const struct plain_image *base,
			   const uint8_t *records, uint32_t n, struct flow *flow,
			   struct flow_side *side, struct plain_raw *raw)
{
	struct plain_image image;

	for (uint32_t r = 0; r < n; r++, records += p->record_len) {
		image = *base;
		for (size_t i = 0; i < p->n_moves; i++)
			move((uint8_t *)&image + p->moves[i].to, records + p->moves[i].from,
			     &p->moves[i]);
		flow[r] = image.flow;
		side[r] = image.side;
		raw[r] = image.raw;
	}
}

#if defined(__x86_64__)

#define LANES_OF(x) (sizeof(x) / PLAIN_LANE)

/* Lanes first .. first + n of one record; its windows follow each other. */
__attribute__((target("ssse3"))) static inline const struct plain_window *
lanes_ssse3(const struct plain *p, const struct plain_image *base, const uint8_t *record,
	    size_t first, size_t n, const struct plain_window *w, void *to)
{
	const __m128i *under = (const __m128i *)(const void *)base;

	for (size_t lane = first; lane < first + n; lane++) {
		__m128i v = _mm_loadu_si128(under + lane);

		for (unsigned i = p->windows_of[lane]; i; i--, w++) {
			__m128i from = _mm_loadu_si128((const void *)(record + w->at));
			__m128i mask = _mm_loadu_si128((const void *)w->mask);

			v = _mm_or_si128(v, _mm_shuffle_epi8(from, mask));
		}
		_mm_storeu_si128((__m128i *)to + (lane - first), v);
	}
	return w;
}

__attribute__((target("ssse3"))) static void
place_ssse3(const struct plain *p, const struct plain_image *base, const uint8_t *records,
	    uint32_t n, struct flow *flow, struct flow_side *side, struct plain_raw *raw)
{
	for (uint32_t r = 0; r < n; r++, records += p->record_len) {
		const struct plain_window *w = p->windows;

		w = lanes_ssse3(p, base, records, 0, LANES_OF(*flow), w, &flow[r]);
		w = lanes_ssse3(p, base, records, LANES_OF(*flow), LANES_OF(*side), w, &side[r]);
		lanes_ssse3(p, base, records, LANES_OF(*flow) + LANES_OF(*side), LANES_OF(*raw), w,
			    &raw[r]);
	}
}

/* One permutation of up to 128 bytes fills 64: three of them are the whole image. */
__attribute__((target("avx512f,avx512bw,avx512vbmi"))) static void
place_avx512(const struct plain *p, const struct plain_image *base, const uint8_t *records,
	     uint32_t n, struct flow *flow, struct flow_side *side, struct plain_raw *raw)
{
	unsigned len = p->record_len;
	__mmask64 low = len >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << len) - 1;
	__mmask64 high = len <= 64    ? 0
			 : len >= 128 ? ~UINT64_C(0)
				      : (UINT64_C(1) << (len - 64)) - 1;
	size_t up = len > 64 ? 64 : 0; /* where the second half begins, if there is one */
	const uint8_t *under = (const uint8_t *)base;
	__m512i index[3], bottom[3];

	for (unsigned i = 0; i < 3; i++) {
		index[i] = _mm512_loadu_si512(p->index + 64 * i);
		bottom[i] = _mm512_loadu_si512(under + 64 * i);
	}
	for (uint32_t r = 0; r < n; r++, records += len) {
		__m512i a = _mm512_maskz_loadu_epi8(low, records);
		__m512i b = _mm512_maskz_loadu_epi8(high, records + up);
		void *const to[3] = {&flow[r], &side[r], &raw[r]};

		for (unsigned i = 0; i < 3; i++) {
			__m512i v = _mm512_maskz_permutex2var_epi8(p->moved[i], a, index[i], b);

			_mm512_storeu_si512(to[i], _mm512_or_si512(v, bottom[i]));
		}
	}
}

plain_place_fn plain_place(enum plain_way way)
{
	switch (way) {
	case PLAIN_SSSE3:
		return __builtin_cpu_supports("ssse3") ? place_ssse3 : NULL;
	case PLAIN_AVX512:
		return __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bw")
			       ? place_avx512
			       : NULL;
	default:
		return place_portable;
	}
}

#else

plain_place_fn plain_place(enum plain_way way)
{
	return way == PLAIN_PORTABLE ? place_portable : NULL;
}

#endif

plain_place_fn plain_place_best(void)
{
	for (int way = PLAIN_WAYS - 1; way > PLAIN_PORTABLE; way--)
		if (plain_place((enum plain_way)way))
			return plain_place((enum plain_way)way);
	return place_portable;
}
