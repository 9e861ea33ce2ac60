/* SPDX-License-Identifier: ISC */
/*
 * What people write as purpose, necessity and comparison, looked at as far as a program can: that
 * something is said at all, and that it does not speak of what no measure here is for. The lists
 * are no lock, only a mirror: whoever means well and picked the wrong tool is told so, and a text
 * about an attack is let through even where those words occur in it.
 */
#include <string.h>

#include "act/law.h"

#define WORDS_LEAST	 3
#define CHARACTERS_LEAST 8 /* of a text in Japanese */
#define DIFFERENT_LEAST	 5 /* letters of it that are not the same */

/* ---- characters ---- */

/* One character of valid UTF-8; *@p moves on. */
static uint32_t next_char(const char **p)
{
	const unsigned char *s = (const unsigned char *)*p;
	unsigned n = *s < 0x80 ? 1 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;
	uint32_t c = n == 1 ? *s : *s & (0x7fu >> n);

	for (unsigned i = 1; i < n; i++)
		c = c << 6 | (s[i] & 0x3fu);
	*p += n;
	return c;
}

/* Full-width forms of ASCII, and other dashes and spaces, as ASCII has them; 0: not seen at all. */
static uint32_t plain(uint32_t c)
{
	if (c >= 0xff01 && c <= 0xff5e)
		c -= 0xfee0;
	if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212)
		return '-';
	if (c == 0x3000 || c == 0xa0 || c == '\t' || (c >= 0x2000 && c <= 0x200a))
		return ' ';
	if ((c >= 0x200b && c <= 0x200f) || c == 0xad || c == 0xfeff || c == 0x2060)
		return 0;
	if (c >= 'A' && c <= 'Z')
		c |= 32;
	return c;
}

/* Kana and Han, of which a few characters say what takes several words elsewhere. */
static bool is_japanese(uint32_t c)
{
	return (c >= 0x3041 && c <= 0x30fa) || c == 0x3005 || (c >= 0x3400 && c <= 0x9fff) ||
	       (c >= 0xf900 && c <= 0xfaff) || (c >= 0xff66 && c <= 0xff9d) ||
	       (c >= 0x20000 && c <= 0x3ffff);
}

static bool is_letter(uint32_t c)
{
	return (c >= 'a' && c <= 'z') ||
	       (c >= 0xc0 && c != 0xd7 && c != 0xf7 && !(c >= 0x2000 && c <= 0x2bff) &&
		!(c >= 0x3000 && c <= 0x3040) && !(c >= 0xfe00 && c <= 0xff65));
}

/* ---- is something said ---- */

struct count {
	uint32_t seen[DIFFERENT_LEAST]; /* different letters, as far as they matter */
	unsigned n_seen, japanese;
	uint64_t word[WORDS_LEAST]; /* hashes of different words */
	unsigned n_words;
	uint64_t hash; /* of the word at hand; 0: none */
	bool letter;   /* it has one */
};

static void count_letter(struct count *n, uint32_t c)
{
	for (unsigned i = 0; i < n->n_seen; i++)
		if (n->seen[i] == c)
			return;
	if (n->n_seen < DIFFERENT_LEAST)
		n->seen[n->n_seen++] = c;
}

static void end_word(struct count *n)
{
	bool again = !n->letter;

	for (unsigned i = 0; i < n->n_words; i++)
		again |= n->word[i] == n->hash;
	if (!again && n->n_words < WORDS_LEAST)
		n->word[n->n_words++] = n->hash;
	n->hash = 0;
	n->letter = false;
}

static void count_char(struct count *n, uint32_t c)
{
	if (c == ' ' || c == '\n' || c == '\r') {
		end_word(n);
		return;
	}
	if (is_letter(c)) {
		count_letter(n, c);
		n->japanese += is_japanese(c);
		n->letter = true;
	}
	if (is_letter(c) || (c >= '0' && c <= '9'))
		n->hash = (n->hash ^ c) * UINT64_C(1099511628211) + 1; /* FNV-1a's prime */
}

bool law_says_something(const char *text)
{
	struct count n = {.n_seen = 0};
	size_t len = text ? strlen(text) : 0;

	if (len == 0 || len >= LAW_WORDS_MAX || !text_is_utf8(text, len))
		return false;
	for (const char *p = text; *p;) {
		uint32_t c = plain(next_char(&p));

		if (c)
			count_char(&n, c);
	}
	end_word(&n);
	return n.n_seen == DIFFERENT_LEAST &&
	       (n.n_words == WORDS_LEAST || n.japanese >= CHARACTERS_LEAST);
}

/* ---- what no measure is for ---- */

/* Latin words are looked for from their first letter on: "block" is "blocking", not "unblock". */
/* clang-format off */
static const char *const p2p[] = {
	"p2p", "peer-to-peer", "peer to peer", "peer2peer", "bittorrent", "utorrent", "torrents",
	"torrenting", "torrent traffic", "torrent client", "torrent user", "torrent download",
	"emule", "edonkey", "gnutella", "limewire", "winny", "file sharing", "file-sharing",
	"filesharing", "ピアツーピア", "ピア・ツー・ピア", "ファイル共有", "ファイル交換", "ビットトレント", "トレント", "ウィニー", NULL};
static const char *const phishing[] = {
	"phish", "fake login", "fake bank", "fraudulent page", "fraudulent site",
	"fraudulent web", "フィッシング", "偽サイト", "詐欺サイト", "偽のログイン", NULL};

/* An attack on somebody's service: of that one may speak, whatever else is named. */
static const char *const attack[] = {
	"flood", "ddos", "dos attack", "dos-attack", "denial of service", "denial-of-service",
	"amplif", "reflection", "reflector", "spoofed source", "spoofed packet",
	"spoofed address", "syn packet", "carpet bomb", "pps", "フラッド", "洪水", "dos攻撃", "dos 攻撃",
	"サービス妨害", "サービス不能", "増幅", "リフレクション", "リフレクタ", "反射型", "踏み台", "送信元詐称", "送信元を詐称", "送信元偽装",
	"送信元を偽", NULL};
/* "Phishing attack" is a common name for a page, so the bare word helps only the other list. */
static const char *const any_attack[] = {"attack", "攻撃", NULL};

static const char *const action[] = {
	"block", "filter", "limit", "throttl", "shap", "restrict", "suppress", "curb", "slow",
	"policing", "police", "drop", "stop", "reduc", "cut", "prevent", "deny", "ban",
	"take down", "takedown", "take-down", "taken down", "shut", "close", "null-rout",
	"blackhol", "remov", "hide", "遮断", "制限", "規制", "抑制", "抑え", "制御", "ブロック", "フィルタ", "破棄",
	"停止", "閉鎖", "止め", "禁止", "減ら", "落と", "閉じ", "削除", NULL};

/* It is named to say that it is not meant. */
static const char *const aside[] = {
	"unrelated", "nothing to do with", "no relation", "non-p2p", "untouched", "unaffected",
	"spared", "except", "anti-phish", "keeps access", "keep access", "keeps its access",
	"rather than", "無関係", "関係ない", "関係のない", "関係しない", "関係はない", "対象外", "対象としない", "対象にしない",
	"対象ではない", "除く", "除き", "除外", "影響しない", "影響を与えない", "影響なく", "影響はない", "触れない", "制限しない", "遮断しない",
	"規制しない", "止めない", "フィッシング対策", NULL};
static const char *const negation[] = {"neither", "never", "not", "nor", "no", "without", NULL};
static const char *const kinds_of[] = {"通信", "トラフィック", "ページ", "サイト", NULL};
static const char *const is_none[] = {"ではな", "でな", "とは別", NULL};
static const char *const touched[] = {"touch", "affect", "concern", "hit", "mean", "name", NULL};
/* clang-format on */

static bool alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Where one of @words begins in @s, NULL for none. */
static const char *find(const char *s, const char *const *words)
{
	for (; *words; words++)
		for (const char *p = strstr(s, *words); p; p = strstr(p + 1, *words))
			if (!alnum(**words) || p == s || !alnum(p[-1]))
				return p;
	return NULL;
}

static const char *begins(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (strncmp(s, *words, strlen(*words)) == 0)
			return *words;
	return NULL;
}

/* Behind a negation at @s: within three words an act, or what is spoken of. */
static bool denies(const char *s, const char *const *object)
{
	for (int i = 0; i < 3 && *s; i++) {
		s += strcspn(s, " ");
		s += strspn(s, " ");
		if (begins(s, object) || begins(s, action) || begins(s, touched))
			return true;
	}
	return false;
}

/* "P2P 通信ではない": behind what is spoken of. */
static bool denied_behind(const char *s, const char *const *object)
{
	const char *word = begins(s, object), *kind;

	s += strlen(word);
	s += strspn(s, " ");
	kind = begins(s, kinds_of);
	return begins(s + (kind ? strlen(kind) : 0), is_none) != NULL;
}

/* "Never limits P2P", "no ordinary P2P", "P2P ではない". */
static bool is_denied(const char *s, const char *const *object)
{
	for (const char *p = s; *p; p++) {
		const char *word = p == s || !alnum(p[-1]) ? begins(p, negation) : NULL;

		/* "not" is listed before "no", with which it begins. */
		if (word && !alnum(p[strlen(word)]) && denies(p, object))
			return true;
	}
	return denied_behind(find(s, object), object);
}

static bool speaks_of_attack(const char *s, const char *const *object)
{
	return find(s, attack) || (object == p2p && find(s, any_attack));
}

static bool sentence_barred(const char *s, const char *const *object, bool text_of_attack)
{
	if (!find(s, object) || speaks_of_attack(s, object) || find(s, aside) ||
	    is_denied(s, object))
		return false;
	return find(s, action) != NULL || !text_of_attack;
}

/* The bytes at the end of a sentence, 0 where it goes on: "8.8.8.8" is one word. */
static bool ends_sentence(const char *s)
{
	return *s == '\n' || *s == ';' || *s == '!' || *s == '?' ||
	       (*s == '.' && (s[1] == ' ' || s[1] == '\n' || s[1] == '\0')) ||
	       strncmp(s, "。", 3) == 0;
}

static bool barred(const char *text, const char *const *object)
{
	bool of_attack = speaks_of_attack(text, object);
	char one[LAW_WORDS_MAX];
	size_t n = 0;

	for (const char *p = text;; p++) {
		if (*p && !ends_sentence(p)) {
			one[n++] = *p;
			continue;
		}
		one[n] = '\0';
		if (sentence_barred(one, object, of_attack))
			return true;
		n = 0;
		if (!*p)
			return false;
		if (*p & 0x80)
			p += 2;
	}
}

static size_t put_char(char *to, uint32_t c)
{
	unsigned n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	if (n == 1) {
		*to = (char)c;
		return 1;
	}
	for (unsigned i = n; --i > 0; c >>= 6)
		to[i] = (char)(0x80 | (c & 0x3f));
	to[0] = (char)((0xf00 >> n & 0xff) | c);
	return n;
}

bool law_purpose_barred(const char *text)
{
	size_t len = text ? strlen(text) : 0, n = 0;
	char s[LAW_WORDS_MAX];

	/* No plain character is longer than what it was. What cannot be kept was refused before. */
	if (len == 0 || len >= sizeof(s) || !text_is_utf8(text, len))
		return false;
	for (const char *p = text; *p;) {
		uint32_t c = plain(next_char(&p));

		if (c)
			n += put_char(s + n, c);
	}
	s[n] = '\0';
	return barred(s, p2p) || barred(s, phishing);
}
