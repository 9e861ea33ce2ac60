/* SPDX-License-Identifier: ISC */
/* What to say to somebody who wrote a word that is not there. */
#pragma once

#include "base/text.h"
#include "conf/schema.h"

/** suggest_key() - append "; did you mean ...?", or else the keys that @map may have. */
void suggest_key(const struct conf_map *map, const char *word, struct text *out);

/**
 * suggest_vector() - append "; did you mean ...?" for a word that should name a vector, a port's
 * amplification, "any", "any_bits" or "all"; nothing where none is near.
 */
void suggest_vector(const char *word, struct text *out);
