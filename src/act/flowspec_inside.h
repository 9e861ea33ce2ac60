/* SPDX-License-Identifier: ISC */
/* What the files of FlowSpec share among themselves. */
#pragma once

#include "act/flowspec.h"

#define FLOWSPEC_LONG_FROM 240 /* lengths from here on take two octets (RFC 8955 section 4.1) */

/** flowspec_type_octets() - that a value of @type may take at most; 0 for prefixes. */
unsigned flowspec_type_octets(unsigned type);

/** flowspec_type_known() - may @type stand in an NLRI of @family? */
bool flowspec_type_known(unsigned type, unsigned family);

/** flowspec_value_octets() - that @value takes in canonical form. */
unsigned flowspec_value_octets(unsigned type, uint32_t value);

/** flowspec_pattern_mask() - @addr with all bits outside of offset..len cleared; lengths as the
 * family counts them. */
struct ip flowspec_pattern_mask(const struct ip *addr, unsigned family, unsigned offset,
				unsigned len);

/** flowspec_address_text() - into @buf of IP_TEXT_MAX bytes, in the family's own form. */
void flowspec_address_text(const struct ip *addr, unsigned family, char *buf);

/** flowspec_rd_text() - a route distinguisher: "65535:65536", "192.0.2.1:7" (RFC 4364 4.2). */
void flowspec_rd_text(uint64_t rd, struct text *out);
