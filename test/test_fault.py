#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A few calls that fail, of each kind and run: the quick form of PART=fault, which tries them all.

test_fault.py PROGRAM LIBRARY     ends with the plain line"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import long_fault  # noqa: E402
from tally import Tally  # noqa: E402


def main():
    long_fault.PROGRAM, long_fault.LIBRARY = sys.argv[1:3]
    # The first calls, where starting up fails, and some spread over the rest of the run.
    long_fault.FIRST, long_fault.EVENLY = 12, 12
    total = Tally()
    for unit in long_fault.units():
        result = unit.run()
        total.add(Tally(int(result['good']), int(not result['good'])))
        print(f"{'good' if result['good'] else 'BAD':4s} {unit.name}: "
              f"{result.get('calls', 0)} calls {result['why']}", flush=True)
    print(total.line())
    return 1 if total.failed else 0


if __name__ == '__main__':
    sys.exit(main())
