/* SPDX-License-Identifier: ISC */
/*
 * The words for what is wrong with FlowSpec bytes, in one table.
 */
#include <stddef.h>

#include "act/flowspec_reason.h"

static const struct {
	const char *name;
	bool refuses;
	const char *en, *ja;
} reasons[FLOWSPEC_REASONS] = {
	[FLOWSPEC_GOOD] = {"good", false, "nothing is wrong", "問題なし"},
	[FLOWSPEC_NOT_HEX] = {"not_hex", true, "it is not octets in hexadecimal",
			      "16 進数のオクテット列ではない"},
	[FLOWSPEC_EMPTY] = {"empty", true, "it has no component and would match every packet",
			    "要素がなく、全てのパケットに一致してしまう"},
	[FLOWSPEC_NOT_COMPLETE] = {"not_complete", true, "octets are missing at its end",
				   "末尾のオクテットが足りない"},
	[FLOWSPEC_TOO_LONG] = {"too_long", true, "it is longer than 4095 octets",
			       "4095 オクテットを超える"},
	[FLOWSPEC_UNKNOWN_COMPONENT] = {"unknown_component", true,
					"the component type is not known in this family",
					"このアドレスファミリーにない要素の型"},
	[FLOWSPEC_BAD_TYPE_ORDER] = {"bad_type_order", true,
				     "a component type comes twice, or after a higher one",
				     "要素の型が重複しているか、順序が逆"},
	[FLOWSPEC_EXCEED_MAX_PREFIX_LENGTH] = {"exceed_max_prefix_length", true,
					       "the prefix is longer than an address",
					       "プレフィックスがアドレスより長い"},
	[FLOWSPEC_EXCEED_MAX_PREFIX_OFFSET] = {"exceed_max_prefix_offset", true,
					       "the prefix's offset is not below its length",
					       "プレフィックスのオフセットが長さ以上"},
	[FLOWSPEC_EXCEED_MAX_VALUE_LENGTH] = {"exceed_max_value_length", true,
					      "a value takes more octets than its component allows",
					      "値のオクテット数が要素の上限を超える"},
	[FLOWSPEC_BAD_RATE] = {"bad_rate", true, "a traffic rate is not a number",
			       "レートが数値ではない"},
	[FLOWSPEC_BAD_COMMUNITIES] = {"bad_communities", true,
				      "the octets are not whole communities, or too many",
				      "コミュニティーとして長さが合わないか、多すぎる"},
	[FLOWSPEC_LONG_LENGTH] = {"long_length", false,
				  "its length takes two octets where one does",
				  "1 オクテットで済む長さが 2 オクテットで書かれている"},
	[FLOWSPEC_NONZERO_PADDING] = {"nonzero_padding", false,
				      "bits behind the prefix's length are not zero",
				      "プレフィックス長より後ろのビットが 0 でない"},
	[FLOWSPEC_FIRST_AND_BIT_SET] = {"first_and_bit_set", false,
					"the first operator of a list has the AND bit",
					"リスト先頭の演算子に AND ビットが立っている"},
	[FLOWSPEC_ZERO_BIT_SET] = {"zero_bit_set", false, "an operator has a reserved bit",
				   "演算子の予約ビットが立っている"},
	[FLOWSPEC_INVALID_TCP_FLAGS] = {"invalid_tcp_flags", false,
					"TCP flags have bits of the data offset",
					"TCP フラグにデータオフセットのビットがある"},
	[FLOWSPEC_INVALID_DSCP] = {"invalid_dscp", false, "a DSCP has more than six bits",
				   "DSCP が 6 ビットを超える"},
	[FLOWSPEC_INVALID_FRAGMENT] = {"invalid_fragment", false,
				       "a fragment has bits that this family does not have",
				       "このアドレスファミリーにないフラグメントのビット"},
	[FLOWSPEC_WHOLE_PREFIX] = {"whole_prefix", false,
				   "an IPv6 pattern stands with the bits before its offset",
				   "IPv6 のパターンにオフセットより前のビットも書かれている"},
	[FLOWSPEC_NO_RULE] = {"no_rule", true, "it cannot be said as a rule",
			      "ルールとして表せない"},
};

const char *flowspec_reason_name(enum flowspec_reason r)
{
	return (unsigned)r < FLOWSPEC_REASONS ? reasons[r].name : "unknown";
}

const char *flowspec_reason_say(enum flowspec_reason r, bool ja)
{
	if ((unsigned)r >= FLOWSPEC_REASONS)
		r = FLOWSPEC_NO_RULE;
	return ja ? reasons[r].ja : reasons[r].en;
}

bool flowspec_reason_refuses(enum flowspec_reason r)
{
	return (unsigned)r >= FLOWSPEC_REASONS || reasons[r].refuses;
}
