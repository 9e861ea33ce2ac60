#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The long tests, in slices.

long.py drill|fuzz|soak|sanitize|fault|fresh [--minutes 50] [--restart] [--list]

A part is a list of units. A slice runs the units that are not done yet until the time is nearly up
and keeps what each gave in test/long.state/, so that the next call goes on; a change of the code
begins anew, since figures of two programs are not one result; only a unit that says which files it is
about stays as long as those are the same to a byte. The same is kept, packed, in test/long/, to be
committed, so that another machine goes on with it. What is known so far goes into test/long.json
(see doc/testing.md): commit, seeds, figures. The last line is the plain line."""
import argparse
import datetime
import hashlib
import importlib
import json
import lzma
import os
import subprocess
import sys
import time
import traceback
from collections import Counter

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tally import ROOT, Tally  # noqa: E402

PARTS = ['drill', 'fuzz', 'soak', 'sanitize', 'fault', 'fresh']
STATE = os.path.join(ROOT, 'test', 'long.state')
KEPT = os.path.join(ROOT, 'test', 'long')
RESULT = os.path.join(ROOT, 'test', 'long.json')
# A change of these begins a part anew; documents and figures do not.
CODE = ['src', 'data', 'fuzz', 'test', 'meson.build', 'meson_options.txt', 'Makefile', 'packages.txt',
        'tools']


class Unit:
    """One piece of a part: done wholly or not at all. run() gives a dict with `good`, and whatever
    figures it found; `cases` counts passed and failed where the unit holds several. @of: the files
    that decide what it finds, or the digest of them, where a change of the rest of the code does not
    make it another."""

    def __init__(self, name, minutes, run, of=()):
        self.name, self.minutes, self.run = name, minutes, run
        self.of = of if not of or isinstance(of, str) else digest_of(of)


def git(*args):
    done = subprocess.run(['git', '-c', 'safe.directory=*', *args], cwd=ROOT, capture_output=True,
                          text=True)
    return done.stdout if done.returncode == 0 else ''


def is_figure(path):
    """What a long test leaves is not what it is a test of."""
    return path == RESULT or os.path.dirname(path) == KEPT


def digest_of(paths):
    digest = hashlib.sha256()
    for path in paths:
        with open(path, 'rb') as file:
            digest.update(file.read())
    return digest.hexdigest()[:16]


def tree_digest():
    """A short digest of the code as it lies there, committed or not."""
    digest = hashlib.sha256()
    names = git('ls-files', '-z', '--cached', '--others', '--exclude-standard', *CODE).split('\0')
    for name in sorted(set(names)):
        path = os.path.join(ROOT, name)
        if name and not is_figure(path) and os.path.isfile(path):
            with open(path, 'rb') as file:
                digest.update(name.encode() + b'\0' + file.read())
    return digest.hexdigest()[:16]


def load(path, otherwise):
    try:
        with open(path, encoding='utf-8') as file:
            return json.load(file)
    except (FileNotFoundError, ValueError):
        return otherwise


def save(path, value):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + '.new', 'w', encoding='utf-8') as file:
        json.dump(value, file, indent='\t', sort_keys=True, ensure_ascii=False)
        file.write('\n')
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + '.new', path)


def pack(part, state):
    """For another machine; the same state gives the same bytes."""
    os.makedirs(KEPT, exist_ok=True)
    text = json.dumps(state, sort_keys=True, ensure_ascii=False).encode()
    with open(os.path.join(KEPT, f'{part}.json.xz'), 'wb') as file:
        file.write(lzma.compress(text))


def unpack(part):
    """What another machine knew, or {}."""
    try:
        with lzma.open(os.path.join(KEPT, f'{part}.json.xz')) as file:
            return json.load(file)
    except (FileNotFoundError, lzma.LZMAError, EOFError, ValueError):
        return {}


def tally_of(results):
    total = Tally()
    for name, result in results.items():
        passed, failed = result.get('cases') or (int(result['good']), int(not result['good']))
        if not result['good'] and not failed:
            failed = 1
        total.add(Tally(passed, failed))
        if failed:
            total.failures.append(name)
    return total


def publish(part, module, state, units):
    """Writes what is known of a part into test/long.json."""
    everything = load(RESULT, {})
    done = {u.name: state['done'][u.name] for u in units if u.name in state['done']}
    total = tally_of(done)
    if len(done) == len(units) and hasattr(module, 'overall'):
        missed = module.overall(done)
        total.add(Tally(int(not missed), len(missed)))
        total.failures += missed
    everything[part] = {
        'commit': state['commit'], 'changed_since_commit': state['changed'], 'tree': state['tree'],
        'at': datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ'),
        'units': len(units), 'units_done': len(done), 'complete': len(done) == len(units),
        'passed': total.passed, 'failed': total.failed, 'failures': total.failures[:50],
        'seconds': round(sum(r['seconds'] for r in done.values())),
        'units_of_other_commits': dict(Counter(r['commit'] for r in done.values() if 'commit' in r)),
        'seeds': getattr(module, 'SEEDS', []), 'figures': module.figures(done),
    }
    save(RESULT, everything)
    pack(part, state)
    return total, len(done)


def run_unit(unit):
    start = time.monotonic()
    try:
        result = unit.run()
    except Exception as error:  # pylint: disable=broad-except # a broken unit is a result too
        traceback.print_exc()
        result = {'good': False, 'why': f'{type(error).__name__}: {error}'}
    result['seconds'] = round(time.monotonic() - start, 2)
    if unit.of:
        result['of'] = unit.of
    return result


def still_so(state, units):
    """What a change of the code leaves of @state: the units that are about the same bytes."""
    done = state.get('done', {})
    return {u.name: {**done[u.name], 'commit': done[u.name].get('commit', state['commit'])}
            for u in units if u.of and done.get(u.name, {}).get('of') == u.of}


def run_slice(part, module, units, minutes):
    path = os.path.join(STATE, f'{part}.json')
    tree = tree_digest()
    state = load(path, {})
    if state.get('tree') != tree:
        state = unpack(part) or state
    if state.get('tree') != tree:
        kept = still_so(state, units)
        if state:
            print('the code has changed since the last slice: this part begins anew' +
                  (f', but for {len(kept)} units' if kept else ''))
        state = {'tree': tree, 'commit': git('rev-parse', 'HEAD').strip(), 'done': kept,
                 'changed': bool(git('status', '--porcelain', '--', *CODE).strip())}
    began = time.monotonic()
    for unit in units:
        if unit.name in state['done']:
            continue
        left = minutes - (time.monotonic() - began) / 60
        if unit.minutes > left:
            continue    # a shorter one may fit yet
        result = run_unit(unit)
        state['done'][unit.name] = result
        save(path, state)
        why = '' if result['good'] else f"  {result.get('why', '')}"
        print(f"{'good' if result['good'] else 'BAD':4s} {unit.name} ({result['seconds']} s){why}",
              flush=True)
    return state


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('part', nargs='?', choices=PARTS)
    parser.add_argument('--minutes', type=float, default=50)
    parser.add_argument('--restart', action='store_true', help='forget the slices so far')
    parser.add_argument('--list', action='store_true', help='print the units and stop')
    args = parser.parse_args()
    if not args.part:
        print('usage: make test-long PART=' + '|'.join(PARTS), file=sys.stderr)
        return 2
    module = importlib.import_module(f'long_{args.part}')
    for path in (os.path.join(STATE, f'{args.part}.json'), os.path.join(KEPT, f'{args.part}.json.xz')):
        if args.restart and os.path.exists(path):
            os.remove(path)
    if not args.list:
        module.prepare()
    units = module.units()
    twice = [name for name, n in Counter(u.name for u in units).items() if n > 1]
    if twice:
        # The second would be taken for done, and never run.
        sys.exit(f'{len(twice)} names stand for two units each, {twice[0]} is one')
    if args.list:
        print('\n'.join(f'{u.minutes:6.1f} min  {u.name}' for u in units))
        return 0
    state = run_slice(args.part, module, units, args.minutes)
    total, done = publish(args.part, module, state, units)
    for name in total.failures:
        print(f'failed: {name}')
    if done < len(units):
        print(f'{done} of {len(units)} units are done: run `make test-long PART={args.part}` again')
    if not units:
        print('failed: this part has no unit')
        total.failed = 1
    print(total.line())
    return 1 if total.failed else 0


if __name__ == '__main__':
    sys.exit(main())
