#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Every drill scenario through the whole house with one seed: what was sent is what was found.

test_drill.py DRILL_RUN [--seed N] [--few] [--only TEXT] [--jobs N]

One line per case with its figures, and with the command that shows it again where a bar was missed.
Ends with the plain line."""
import argparse
import concurrent.futures
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import drill_bars  # noqa: E402
from tally import Tally  # noqa: E402


def show(row):
    """A line per case; what was missed stands before what was measured."""
    if row['broken']:
        print(f"BAD  {row['name']}: {'; '.join(row['broken'])} | {'; '.join(row['figures'])}\n"
              f"     {row['command']}", flush=True)
    else:
        print(f"good {row['name']}: {'; '.join(row['figures'])}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('program')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--few', action='store_true', help='for slow builds')
    parser.add_argument('--only', default='')
    parser.add_argument('--jobs', type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    chosen = [c for c in drill_bars.cases(args.program, args.few) if args.only in c.name]
    total, began = Tally(), time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(max_workers=args.jobs) as pool:
        for row in pool.map(lambda c: drill_bars.run_case(args.program, c, args.seed), chosen):
            good = not row['broken']
            total.add(Tally(int(good), int(not good)))
            show(row)
    if not chosen:
        print('BAD  no case was chosen')
        total.failed = 1
    print(f'{len(chosen)} cases with seed {args.seed} took {time.monotonic() - began:.0f} s')
    print(total.line())
    return 1 if total.failed else 0


if __name__ == '__main__':
    sys.exit(main())
