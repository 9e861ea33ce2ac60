#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Kinds of sources and scope against the drill with one seed; whose_bars.py states the bars.

test_whose.py WHOSE_DRILL [--seed N[-M]] [--all] [--only TEXT] [--jobs N]

One line per run, with the command that shows it again where a bar was missed. Ends with the plain
line."""
import argparse
import concurrent.futures
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import whose_bars  # noqa: E402
from tally import Tally  # noqa: E402


def show(row):
    word = 'BAD ' if row['broken'] else 'good'
    print(f"{word} {row['name']} seed {row['seed']}: "
          f"{'; '.join(row['broken']) or 'as it should be'} | found {row['found']} of {row['due']}, "
          f"kinds {row['right']} of {row['told']} told, scopes {row['scopes_right']} of "
          f"{row['scopes']}", flush=True)
    if row['broken']:
        print(f"     {row['command']}", flush=True)


def seeds(text):
    first, _, last = text.partition('-')
    return range(int(first), int(last or first) + 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('program')
    parser.add_argument('--seed', default='1')
    parser.add_argument('--all', action='store_true', help='every format and sampling')
    parser.add_argument('--only', default='')
    parser.add_argument('--jobs', type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    chosen = whose_bars.cases(args.program) if args.all else whose_bars.few(args.program)
    runs = [(c, s) for c in chosen for s in seeds(args.seed) if args.only in c.name]
    total, rows, began = Tally(), [], time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(max_workers=args.jobs) as pool:
        for row in pool.map(lambda r: whose_bars.run(args.program, *r), runs):
            rows.append(row)
            total.add(Tally(int(not row['broken']), int(bool(row['broken']))))
            show(row)
    told, right = sum(r['told'] for r in rows), sum(r['right'] for r in rows)
    good = told and right / told >= whose_bars.PRECISION
    total.add(Tally(int(bool(good)), int(not good)))
    print(f"{'good' if good else 'BAD '} precision of kinds: {right} of {told}; "
          f"{sum(r['unknown'] for r in rows)} incidents of unknown kind; scopes "
          f"{sum(r['scopes_right'] for r in rows)} of {sum(r['scopes'] for r in rows)}; found "
          f"{sum(r['found'] for r in rows)} of {sum(r['due'] for r in rows)}")
    print(f'{len(runs)} runs took {time.monotonic() - began:.0f} s')
    print(total.line())
    return 1 if total.failed else 0


if __name__ == '__main__':
    sys.exit(main())
