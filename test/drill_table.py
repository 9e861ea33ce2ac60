#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The figures of doc/detection-figures.md, as Markdown.

drill_table.py DRILL_RUN [--seed N] [--jobs N]

Unsampled a cell is `found/there delay`, the delay noroshi_s at the 95th percentile in seconds.
Sampled it is `found/due of there` over v5, v9 and sFlow together: due are the attacks above the
blind spot, there is what the format shows. False incidents stand behind a `+`, wherever there are
any."""
import argparse
import concurrent.futures
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import drill_bars  # noqa: E402


def cell_exact(case, got):
    there = len(drill_bars.counted(got))
    told = len(drill_bars.found(got))
    false = f" +{got['false']}" if got['false'] else ''
    if not there:
        return '–' + false
    delay = f" {got['noroshi_s']['p95']:.2f}" if told else ''
    return f'{told}/{there}{delay}{false}'


def cell_sampled(pairs):
    due = [a for case, got in pairs for a in drill_bars.due(case, got)]
    there = sum(len(drill_bars.counted(got)) for _, got in pairs)
    false = sum(got['false'] for _, got in pairs)
    told = sum(a['outcome'] == 'found' for a in due)
    cell = f'{told}/{len(due)} of {there}' if there else '–'
    return cell + (f' +{false}' if false else '')


def worst_peak(pairs):
    errors = [abs(a['peak_pps_error']) for _, got in pairs for a in drill_bars.found(got)]
    return f'{100 * max(errors):.1f} %' if errors else '–'


def lines(rows):
    """@rows: {(scenario, format, sampling): (case, score)}."""
    formats = drill_bars.FORMATS
    yield '| scenario | ' + ' | '.join(formats) + ' | worst peak | 1:100 | 1:1000 |'
    yield '|---' * (len(formats) + 4) + '|'
    for name in dict.fromkeys(key[0] for key in rows):
        exact = [rows[name, fmt, 1] for fmt in formats]
        cells = [cell_exact(*pair) for pair in exact] + [worst_peak(exact)]
        cells += [cell_sampled([rows[name, fmt, n] for fmt in drill_bars.SAMPLED])
                  for n in drill_bars.SAMPLINGS]
        yield f'| {name} | ' + ' | '.join(cells) + ' |'


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('program')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--jobs', type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    cases = list(drill_bars.matrix(args.program))
    with concurrent.futures.ThreadPoolExecutor(max_workers=args.jobs) as pool:
        scores = pool.map(lambda c: c.run(args.program, args.seed, 600)[0], cases)
        rows = {(c.scenario, c.format, c.samplings[0]): (c, got) for c, got in zip(cases, scores)}
    print('\n'.join(lines(rows)))
    return 0


if __name__ == '__main__':
    sys.exit(main())
