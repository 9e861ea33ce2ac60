# SPDX-License-Identifier: ISC
"""Counting what tests said. A test program is counted by its cases where its output names them, and
as one case where it does not; a program that failed without naming a failed case is one failure, so
that a crash can never be counted away."""
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

CMOCKA = re.compile(r'^\[\s+(OK|FAILED|SKIPPED)\s+\] (\S+)$', re.M)
UNITTEST_RAN = re.compile(r'^Ran (\d+) tests? in ', re.M)
UNITTEST_END = re.compile(r'^(?:OK|FAILED)(?: \((.*)\))?$', re.M)
UNITTEST_SKIP = re.compile(r'^(.+?) \.\.\. skipped (.*)$', re.M)
NAMED = re.compile(r'^(?:BAD|failed:) +(.+)$', re.M)
PLAIN = re.compile(r'^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$', re.M)
EXIT_SKIP = 77


class Tally:
    """passed, failed, skipped, and the names of what did not pass."""

    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed, self.failed, self.skipped = passed, failed, skipped
        self.failures, self.skips = [], []

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.failures += other.failures
        self.skips += other.skips

    def line(self):
        """The plain line that scripts look for."""
        tail = f', {self.skipped} skipped' if self.skipped else ''
        return f'{self.passed} passed, {self.failed} failed{tail}'


def _from_cmocka(stdout):
    tally = Tally()
    for word, name in CMOCKA.findall(stdout):
        if word == 'OK':
            tally.passed += 1
        elif word == 'FAILED':
            tally.failed += 1
            tally.failures.append(name)
        else:
            tally.skipped += 1
            tally.skips.append(name)
    return tally


def _from_unittest(output):
    tally = Tally()
    ends = UNITTEST_END.findall(output)
    for ran, end in zip(UNITTEST_RAN.findall(output), ends):
        told = dict(re.findall(r'(\w[\w ]*)=(\d+)', end))
        bad = int(told.get('failures', 0)) + int(told.get('errors', 0)) + \
            int(told.get('unexpected successes', 0))
        skipped = int(told.get('skipped', 0))
        tally.add(Tally(max(0, int(ran) - bad - skipped), bad, skipped))
    tally.failures += re.findall(r'^(?:FAIL|ERROR): (\S+)', output, re.M)
    tally.skips += [f'{name}: {why}' for name, why in UNITTEST_SKIP.findall(output)]
    return tally


def count(name, returncode, stdout, stderr):
    """Tally of one test program, from its exit code and what it printed."""
    output = stdout + '\n' + stderr
    plain = PLAIN.findall(output)
    if plain:
        tally = Tally(*(int(n or 0) for n in plain[-1]))
        tally.failures = [name[:300] for name in NAMED.findall(output)] if tally.failed else []
    elif UNITTEST_RAN.search(output):
        tally = _from_unittest(output)
    else:
        tally = _from_cmocka(stdout)
    said = tally.passed + tally.failed + tally.skipped
    if returncode == EXIT_SKIP:
        if not said:
            tally.skipped = 1
    elif returncode != 0 and not tally.failed:
        tally.failed = 1
        tally.failures.append(f'exit status {returncode}')
    elif returncode == 0 and not said:
        tally.passed = 1
    tally.failures = [f'{name}: {case}' for case in tally.failures]
    if tally.failed and not tally.failures:
        tally.failures = [f'{name}: {tally.failed} not named']
    tally.skips = [f'{name}: {case}' for case in tally.skips]
    if tally.skipped and not tally.skips:
        reason = [line for line in output.splitlines() if 'skip' in line.lower()]
        tally.skips = [f'{name}: {(reason or ["no reason given"])[-1].strip()}']
    return tally


def corpus_dir():
    """Where the public test data lies: beside the checkout unless the environment says else."""
    return os.environ.get('NOROSHI_CORPUS') or os.path.join(os.path.dirname(ROOT), 'shared', 'corpus')
