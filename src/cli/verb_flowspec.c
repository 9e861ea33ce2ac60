/* SPDX-License-Identifier: ISC */
/*
 * `flowspec`: FlowSpec NLRI in hexadecimal, from the command line, a file of lines or standard
 * input: what they mean, and whether they may be. Nothing is sent to anybody.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "cli/flowspec_print.h"

#define OCTETS_MAX 65536 /* what one line may hold: a BGP message is no longer */
#define LINE_MAX_  (3 * OCTETS_MAX + 64)

enum framing { FRAMING_AUTO = 1, FRAMING_YES, FRAMING_NO };

struct flowspec_options {
	bool json, vpn, strict, add_path;
	int family; /* 1 + index of "4 6"; 0 not said */
	int framing;
	struct option_list communities;
};

struct job {
	struct cli *cli;
	const struct flowspec_options *o;
	unsigned family;
	bool check;
	struct flowspec_actions then;
	struct flowspec spec;
	uint8_t octets[OCTETS_MAX];
	char line[LINE_MAX_];
	bool refused;
	int status; /* of what stops the run, else EXIT_GOOD */
};

/* Pairs of digits; spaces and colons between them, and "0x" before them, do not matter. */
static bool read_hex(const char *s, uint8_t *out, size_t room, size_t *n)
{
	static const char digits[] = "0123456789abcdef";
	bool high = true;

	*n = 0;
	s += strspn(s, " \t");
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		s += 2;
	for (; *s; s++) {
		const char *d = strchr(digits, tolower((unsigned char)*s));

		if (high && strchr(": \t\r", *s))
			continue;
		if (!d || *n == room)
			return false;
		out[*n] = (uint8_t)(high ? (d - digits) << 4 : out[*n] | (d - digits));
		*n += !high;
		high = !high;
	}
	return high;
}

static void print_json(struct job *j, const struct flowspec_answer *a)
{
	json_t *o = flowspec_answer_json(a);

	if (!o || json_dumpf(o, j->cli->out, JSON_COMPACT))
		text_note_lost();
	json_decref(o);
	fputc('\n', j->cli->out);
}

/* `decode` prints what was decoded; a refusal goes where errors go. */
static void print_text(struct job *j, const struct flowspec_answer *a)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	bool plain = !j->check && a->state != FLOWSPEC_REFUSED;

	if (plain) {
		flowspec_answer_packets(a, &t);
		text_add(&t, "\n");
	} else {
		flowspec_answer_say(j->cli, a, &t);
	}
	fputs(text_str(&t), j->check || plain ? j->cli->out : j->cli->err);
	text_clear(&t);
	flowspec_answer_doubt(j->cli, a, &t);
	fputs(text_str(&t), j->check ? j->cli->out : j->cli->err);
}

static void answer(struct job *j, const struct flowspec_answer *a)
{
	j->refused = j->refused || a->state == FLOWSPEC_REFUSED;
	if (j->o->json)
		print_json(j, a);
	else
		print_text(j, a);
}

static void refuse(struct job *j, enum flowspec_reason why)
{
	struct flowspec_answer a = {0};

	flowspec_answer_refuse(&a, why);
	answer(j, &a);
}

/* One NLRI: where it stands, and how it is read. */
struct piece {
	bool framed, ambiguous, has_path;
	uint32_t path;
	const uint8_t *given;
	size_t n;
};

static void decoded(struct job *j, bool good, const struct flowspec_verdict *v,
		    const struct piece *p)
{
	_cleanup_flowspec_answer_ struct flowspec_answer a = {.framed = p->framed,
							      .ambiguous = p->ambiguous,
							      .has_path = p->has_path,
							      .path = p->path,
							      .then = &j->then,
							      .verdict = *v,
							      .given = p->given,
							      .n_given = p->n};

	if (flowspec_answer_make(&j->spec, good, j->check && j->o->strict, &a)) {
		text_note_lost();
		j->status = EXIT_BROKEN;
		return;
	}
	answer(j, &a);
}

/*
 * One NLRI at @data, with its path identifier where they have one, and into *p what it took: with
 * its length, or all that is left as components. Octets of the verdict count from @data.
 */
static bool read_one(struct job *j, const uint8_t *data, size_t n, struct flowspec_verdict *v,
		     struct piece *p)
{
	size_t head = 0;
	bool good;

	p->given = data;
	p->n = n;
	p->has_path = false;
	if (j->o->add_path) {
		head = flowspec_path(data, n, &p->path);
		if (!head) {
			*v = (struct flowspec_verdict){.refused = FLOWSPEC_NOT_COMPLETE,
						       .at = (uint16_t)n};
			return false;
		}
		p->has_path = true;
	}
	if (p->framed) {
		good = flowspec_next(data + head, n - head, j->family, j->o->vpn, &j->spec, v,
				     &p->n);
		p->n += head;
	} else {
		good = flowspec_decode(data + head, n - head, j->family, j->o->vpn, &j->spec, v);
	}
	v->at = (uint16_t)(v->at + head);
	v->first_at = (uint16_t)(v->first_at + head);
	return good;
}

/* How all octets read, one way. */
struct reading {
	bool good, clean; /* nothing in it has to be ignored */
};

static struct reading read_all(struct job *j, size_t n, bool framed)
{
	struct reading r = {.good = n > 0, .clean = true};
	struct piece p = {.framed = framed};
	struct flowspec_verdict v;

	for (size_t at = 0; at < n && r.good; at += p.n) {
		r.good = read_one(j, j->octets + at, n - at, &v, &p);
		r.clean = r.clean && !v.ignored;
	}
	return r;
}

/* Is the first octet a length, where neither reading holds? It is where it can be no component
 * type, or is the length of the rest; no component has a single octet. */
static bool looks_framed(const struct job *j, size_t n)
{
	uint32_t path;
	size_t value, skip = j->o->add_path ? flowspec_path(j->octets, n, &path) : 0;
	size_t head = flowspec_frame(j->octets + skip, n - skip, &value);

	if (!head)
		return false;
	if (!j->o->vpn && j->octets[skip] >= FLOWSPEC_TYPES)
		return true;
	return value == n - skip - head && value != 1;
}

/*
 * Where it is not said whether a length stands first: as all octets can be read, as whole NLRIs or
 * as the components of one; where both can be, as the one that needs no change, else with lengths:
 * of 60,000 random NLRIs with their length 1,665 read without one as well, of as many component
 * lists 31 with one.
 */
static bool guess_framed(struct job *j, size_t n, bool *ambiguous)
{
	struct reading framed = read_all(j, n, true), bare = read_all(j, n, false);

	if (framed.good != bare.good)
		return framed.good;
	if (!framed.good)
		return looks_framed(j, n);
	*ambiguous = framed.clean == bare.clean;
	return framed.clean || !bare.clean;
}

static void take_octets(struct job *j, size_t n)
{
	struct flowspec_verdict v;
	struct piece p = {.framed = j->o->framing == FRAMING_YES};

	if (n == 0) {
		refuse(j, FLOWSPEC_NOT_COMPLETE);
		return;
	}
	if (j->o->framing != FRAMING_YES && j->o->framing != FRAMING_NO)
		p.framed = guess_framed(j, n, &p.ambiguous);
	for (size_t at = 0; at < n && !j->status; at += p.n) {
		bool good = read_one(j, j->octets + at, n - at, &v, &p);

		decoded(j, good, &v, &p);
	}
}

static void take_line(struct job *j, const char *s)
{
	size_t n;

	if (read_hex(s, j->octets, sizeof(j->octets), &n))
		take_octets(j, n);
	else
		refuse(j, n == sizeof(j->octets) ? FLOWSPEC_TOO_LONG : FLOWSPEC_NOT_HEX);
}

/* A line of any length; what is over the room is passed and refused. Return: false at the end. */
static bool next_line(struct job *j, FILE *f, bool *whole)
{
	size_t n = 0;
	int c;

	*whole = true;
	while ((c = getc(f)) != EOF && c != '\n') {
		if (n + 1 < sizeof(j->line))
			j->line[n++] = (char)(c ? c : '?');
		else
			*whole = false;
	}
	j->line[n] = '\0';
	j->line[strcspn(j->line, "#")] = '\0';
	return c != EOF || n > 0;
}

static void take_file(struct job *j, const char *path)
{
	_cleanup_fclose_ FILE *own = NULL;
	FILE *f = stdin;
	bool whole;

	if (strcmp(path, "-") != 0)
		f = own = fopen(path, "re");
	if (!f) {
		j->status = cli_fail(j->cli, EXIT_USAGE, "%s: %s: %s", path, strerror(errno),
				     tr(j->cli, "nor is it hexadecimal", "16 進数でもありません"));
		return;
	}
	while (!j->status && next_line(j, f, &whole)) {
		if (!whole)
			refuse(j, FLOWSPEC_TOO_LONG);
		else if (j->line[strspn(j->line, " \t\r")])
			take_line(j, j->line);
	}
	if (ferror(f))
		j->status = cli_fail(j->cli, EXIT_USAGE, "%s: %s", path, strerror(errno));
}

/* Digits in hexadecimal are taken for octets, even a file of that name; "./NAME" is the file. */
static bool is_hex(const char *s)
{
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		s += 2;
	return *s && s[strspn(s, "0123456789abcdefABCDEF: \t")] == '\0';
}

/* Of attribute 16, 8 octets each; or one of attribute 25, of 20 octets. */
static int take_communities(struct job *j)
{
	const struct option_list *list = &j->o->communities;

	for (unsigned i = 0; i < list->n; i++) {
		enum flowspec_reason r = FLOWSPEC_NOT_HEX;
		size_t n;

		if (read_hex(list->value[i], j->octets, sizeof(j->octets), &n))
			r = flowspec_actions_decode(j->octets, n,
						    n == FLOWSPEC_COMMUNITY_IPV6
							    ? FLOWSPEC_COMMUNITY_IPV6
							    : FLOWSPEC_COMMUNITY,
						    &j->then);
		if (r != FLOWSPEC_GOOD)
			return cli_fail(j->cli, EXIT_REFUSED, "--communities %s: %s: %s",
					list->value[i], flowspec_reason_name(r),
					flowspec_reason_say(r, j->cli->language == LANGUAGE_JA));
	}
	return EXIT_GOOD;
}

static int run(struct cli *cli, bool check)
{
	const struct flowspec_options *o = cli->options;
	_cleanup_free_ struct job *j = calloc(1, sizeof(*j));
	int r;

	if (!j)
		return EXIT_BROKEN;
	j->cli = cli;
	j->o = o;
	j->check = check;
	j->family = o->family == 2 ? 6 : 4;
	r = take_communities(j);
	if (r)
		return r;
	for (int i = 0; i < cli->n_operands && !j->status; i++) {
		if (is_hex(cli->operands[i]))
			take_line(j, cli->operands[i]);
		else
			take_file(j, cli->operands[i]);
	}
	return j->status ? j->status : j->refused ? EXIT_REFUSED : EXIT_GOOD;
}

static int decode_run(struct cli *cli)
{
	return run(cli, false);
}

static int check_run(struct cli *cli)
{
	return run(cli, true);
}

#define OPTIONS_FLOWSPEC                                                                           \
	OPTION_CHOICE("family", 'f', "FAMILY", "4 6", offsetof(struct flowspec_options, family),   \
		      "address family; without it 4", "アドレスファミリー。なければ 4"),           \
		OPTION_SWITCH("vpn", 0, offsetof(struct flowspec_options, vpn),                    \
			      "a route distinguisher stands first (SAFI 134)",                     \
			      "先頭に経路識別子がある (SAFI 134)"),                                \
		OPTION_SWITCH("add-path", 0, offsetof(struct flowspec_options, add_path),          \
			      "a path identifier stands before each NLRI (RFC 7911)",              \
			      "各 NLRI の前に経路識別子 (RFC 7911) がある"),                       \
		OPTION_CHOICE("length", 0, "WHETHER", "auto yes no",                               \
			      offsetof(struct flowspec_options, framing),                          \
			      "does each NLRI begin with its length; without it auto",             \
			      "各 NLRI の先頭に長さがあるか。なければ auto"),                      \
		OPTION_ARG("communities", 0, "HEX", option_list,                                   \
			   offsetof(struct flowspec_options, communities),                         \
			   "extended communities: 8 octets each, or one of 20 (repeatable)",       \
			   "拡張コミュニティー: 各 8 オクテット、または 20 を 1 つ (繰り返し可)"), \
		OPTION_JSON(struct flowspec_options)

static const struct option_row decode_options[] = {OPTIONS_FLOWSPEC, {0}};

static const struct option_row check_options[] = {
	OPTION_SWITCH("strict", 's', offsetof(struct flowspec_options, strict),
		      "refuse also what has to be ignored on reception",
		      "受信時に無視すべきものも拒否する"),
	OPTIONS_FLOWSPEC,
	{0}};

extern const struct verb verb_flowspec_decode, verb_flowspec_check;
const struct verb verb_flowspec_decode = {
	.name = "flowspec decode",
	.args = "HEX|FILE...",
	.min_args = 1,
	.max_args = -1,
	.help = PHRASE("say what packets FlowSpec NLRIs match",
		       "FlowSpec NLRI がどのパケットに一致するかを表示する"),
	.more = PHRASE("HEX is one NLRI or several in hexadecimal, with their lengths or only the "
		       "components; FILE (- is standard input) has one such line each. Nothing is "
		       "sent.",
		       "HEX は 16 進数の NLRI。長さ付きで複数並べても、要素だけでもよい。FILE "
		       "(- は標準入力) には 1 行に 1 件書く。何も送信しない。"),
	.options = decode_options,
	.options_size = sizeof(struct flowspec_options),
	.run = decode_run,
};
const struct verb verb_flowspec_check = {
	.name = "flowspec check",
	.args = "HEX|FILE...",
	.min_args = 1,
	.max_args = -1,
	.help = PHRASE("say whether FlowSpec NLRIs are accepted, normalised or refused",
		       "FlowSpec NLRI を受理、正規化、拒否のいずれとするかを表示する"),
	.more = PHRASE(
		"By RFC 8955 and RFC 8956. Normalised is what has bits that have to be "
		"ignored on reception; the line then has it without them. The status is 1 "
		"when something is refused.",
		"RFC 8955 と RFC 8956 による。受信時に無視すべきビットがあるものは正規化とし、"
		"それを除いた形を示す。拒否したものがあれば終了コードは 1。"),
	.options = check_options,
	.options_size = sizeof(struct flowspec_options),
	.run = check_run,
};
