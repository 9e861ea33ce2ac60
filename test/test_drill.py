#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Every drill scenario with one seed through the built program: what was sent is what was found.

test_drill.py PROGRAM [--seed N] [--all] [--only TEXT]

Packets and IPFIX of each scenario; --all takes every format and sampling (PART=drill does so with
twenty seeds). Ends with the plain line."""
import argparse
import concurrent.futures
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import drill_bars  # noqa: E402
from tally import Tally  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('program')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--all', action='store_true')
    parser.add_argument('--only', default='')
    args = parser.parse_args()
    chosen = [c for c in drill_bars.cases(args.program, few=not args.all) if args.only in c.name]
    total = Tally()
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        rows = pool.map(lambda c: drill_bars.run_case(args.program, c, args.seed), chosen)
        for row in rows:
            good = not row['broken']
            total.add(Tally(int(good), int(not good)))
            print(f"{'good' if good else 'BAD':4s} {row['name']}" +
                  (f": {'; '.join(row['broken'])}" if row['broken'] else ''), flush=True)
    if not chosen:
        print('BAD  no case was chosen')
        total.failed = 1
    print(total.line())
    return 1 if total.failed else 0


if __name__ == '__main__':
    sys.exit(main())
