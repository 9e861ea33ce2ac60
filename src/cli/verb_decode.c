/* SPDX-License-Identifier: ISC */
#include "cli/decode.h"
#include "cli/verb.h"

struct decode_options {
	bool json;
};

static int decode_main(struct cli *cli)
{
	const struct decode_options *o = cli->options;

	return decode_files(cli->operands, cli->n_operands, o->json, cli->out, cli->err);
}

static const struct option_row options[] = {OPTION_JSON(struct decode_options), {0}};

extern const struct verb verb_decode;
const struct verb verb_decode = {
	.name = "decode",
	.args = "FILE...",
	.min_args = 1,
	.max_args = -1,
	.help = PHRASE("print flow exports record by record, element by element",
		       "フローエクスポートをレコードと要素ごとに表示する"),
	.more = PHRASE(
		"Data and option records are printed in the order of the wire, each element under "
		"its "
		"IANA name with the value as sent, and the flow made of it. Several raw files are "
		"one "
		"exporter and keep its templates from file to file.",
		"データとオプションのレコードを届いた順に、各要素を IANA の名前と送られた値のまま、"
		"そこから作ったフローとともに表示する。複数の生ファイルは 1 "
		"台のエクスポーターと見なし、"
		"テンプレートを引き継ぐ。"),
	.options = options,
	.options_size = sizeof(struct decode_options),
	.run = decode_main,
};
