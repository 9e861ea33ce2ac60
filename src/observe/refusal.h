/* SPDX-License-Identifier: ISC */
/*
 * Why bytes were refused. What a sensor cannot use is never silently lost: it is counted here by
 * reason, per sensor or exporter, and shown by `noroshi status` and at the end of `noroshi read`.
 */
#pragma once

#include <stdint.h>

#define REFUSAL_LIST(X)                                                                            \
	X(TRUNCATED, "truncated", "ends before its own lengths say",                               \
	  "自身の長さより前で終わっている")                                                        \
	X(BAD_VERSION, "bad-version", "no known export version", "知らないエクスポート形式の番号") \
	X(BAD_LENGTH, "bad-length", "a length that contradicts its container",                     \
	  "入れ物と矛盾する長さ")                                                                  \
	X(BAD_COUNT, "bad-count", "a record count that contradicts the bytes",                     \
	  "バイト数と矛盾するレコード数")                                                          \
	X(NO_TEMPLATE, "no-template", "data before its template",                                  \
	  "テンプレートより先に届いたデータ")                                                      \
	X(BAD_TEMPLATE, "bad-template", "template that cannot be used", "使えないテンプレート")    \
	X(TEMPLATE_LIMIT, "template-limit", "more templates than an exporter may hold",            \
	  "1 台が持てる数を超えたテンプレート")                                                    \
	X(DOMAIN_LIMIT, "domain-limit", "more observation domains than an exporter may hold",      \
	  "1 台が持てる数を超えた観測ドメイン")                                                    \
	X(TRAILING, "trailing", "bytes after the last whole record",                               \
	  "最後の完全なレコードの後ろのバイト")                                                    \
	X(UNKNOWN_EXPORTER, "unknown-exporter", "sender is not on the allow-list",                 \
	  "許可リストにない送信元")                                                                \
	X(EXPORTER_LIMIT, "exporter-limit", "more exporters than the table may hold",              \
	  "表に入りきらないエクスポーター")                                                        \
	X(UNSUPPORTED, "unsupported", "well-formed, but nothing here reads it",                    \
	  "正しい形だが読む機能がない")                                                            \
	X(NOT_IP, "not-ip", "frame without an IP packet", "IP パケットのないフレーム")             \
	X(BAD_IP, "bad-ip", "IP header that contradicts itself", "自身と矛盾する IP ヘッダー")     \
	X(CAPTURE_CUT, "capture-cut",                                                              \
	  "captured bytes end inside the headers, or inside a datagram of exports",                \
	  "キャプチャがヘッダーやデータの途中で切れている")                                        \
	X(TOO_DEEP, "too-deep", "more nested headers than are followed",                           \
	  "たどれる段数を超えたヘッダーの入れ子")                                                  \
	X(BAD_CONTAINER, "bad-container", "capture file structure broken",                         \
	  "キャプチャファイルの構造が壊れている")                                                  \
	X(SWOLLEN, "swollen", "compressed data that unpack to over 4,000 times their size",        \
	  "展開すると元の 4,000 倍を超える圧縮データ")                                             \
	X(BAD_LINKTYPE, "bad-linktype", "link type that is not read", "読めないリンク層")          \
	X(BAD_SAMPLING, "bad-sampling", "sampling rate above 1:16777216, taken for unknown",       \
	  "1:16777216 を超えるサンプリング、不明として扱う")                                       \
	X(WITHDRAWAL, "withdrawal", "template withdrawal in a datagram, ignored (RFC 7011 8.4)",   \
	  "データグラムでのテンプレート取り消し、無視した (RFC 7011 8.4)")

enum refusal {
#define X(id, name, help, ja) REFUSED_##id,
	REFUSAL_LIST(X)
#undef X
		REFUSAL_COUNT
};

_Static_assert(REFUSAL_COUNT <= 32, "a set of reasons is a uint32_t");

struct refusals {
	uint64_t count[REFUSAL_COUNT];
	uint64_t bytes[REFUSAL_COUNT];
};

static inline void refuse(struct refusals *r, enum refusal why, uint64_t bytes)
{
	r->count[why]++;
	r->bytes[why] += bytes;
}

/** refusal_name() - "no-template"; refusal_help(), refusal_help_ja() - its sentence. */
const char *refusal_name(enum refusal why);
const char *refusal_help(enum refusal why);
const char *refusal_help_ja(enum refusal why);
uint64_t refusals_total(const struct refusals *r);
void refusals_add(struct refusals *to, const struct refusals *from);
