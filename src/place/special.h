/* SPDX-License-Identifier: ISC */
#pragma once

#include "base/ip.h"

/**
 * place_is_special() - no packet over the Internet honestly comes from here: the IANA registries of
 * special-purpose addresses (RFC 6890, rows that are not globally reachable as a source, as of
 * 2025-10), multicast (RFC 5771, RFC 4291 section 2.7) and 240.0.0.0/4 (RFC 1112).
 */
bool place_is_special(const struct ip *ip);
