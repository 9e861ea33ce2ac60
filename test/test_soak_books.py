#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The books of the soak by themselves: a status that balances passes, and each figure that does not
is seen."""
import copy
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from soak_books import (ERRORS, EXPORTERS, LOAD, MISFIT, Books, configuration,  # noqa: E402
                        errors)

SENT = 600
PIECE = {'datagrams': 1000, 'records': 26180}


def account(book, reasons):
    fates = {k: book[k] for k in ('decoded', 'waiting', 'refused')}
    return {'delivered': sum(fates.values()), **fates, 'refused_by': dict(reasons), 'ring_drops': 0,
            'last_minute': {'from': None, 'delivered': sum(fates.values()), **fates}}


def status_of(books):
    """What a watch that lost nothing says."""
    known = [a for a in EXPORTERS + [LOAD, MISFIT] if books.total[a]]
    rows = [{'address': a, 'lost': {'datagrams': 0, 'records': 0}, 'clock': {'epochs': 0},
             'records': books.load_records if a == LOAD else 0, 'account': account(books.total[a], books.reasons if a == MISFIT else {})} for a in known]
    unknown = books.sent() - sum(row['account']['delivered'] for row in rows)
    return {'exporters': rows,
            'listeners': [{'datagrams': books.sent(), 'unknown': unknown, 'kernel_drops': 0,
                           'ring_drops': 0, 'truncated': 0, 'errors': 0}],
            'receive': {'threads': 1, 'handed': books.sent() - unknown, 'waiting': 0,
                        'out_of_order': 0},
            'unknown_exporters': {'datagrams': unknown},
            'detect': {'hot_refused': 0, 'late_records': 0, 'epochs': 0}, 'incidents': {'refused': 0},
            'store': {'dropped': 0, 'failures': 0}}


class SoakBooks(unittest.TestCase):
    def setUp(self):
        # Port 9 discards; nobody listens, and nobody needs to.
        self.books = Books(9, None)
        self.addCleanup(self.books.close)
        for n in range(SENT):
            self.books.send(n, b'x')
        self.books.add_load(PIECE)
        self.books.add_load(PIECE)
        self.status = status_of(self.books)

    def wrong(self, status, minute=False):
        self.books.wrong = []
        if minute:
            self.books.compare_minute(status)
        self.books.compare_total(status)
        return self.books.wrong

    def test_sends_something_of_each_fate(self):
        misfit = self.books.total[MISFIT]
        for fate in ('decoded', 'waiting', 'refused'):
            self.assertGreater(misfit[fate], 0)
        self.assertGreater(self.books.total['127.0.0.77']['unknown'], 0)

    def test_balanced(self):
        self.assertEqual(self.wrong(self.status, minute=True), [])

    def test_each_figure_counts(self):
        places = [('exporters', n, 'account', key) for n in range(len(self.status['exporters']))
                  for key in ('delivered', 'decoded', 'waiting', 'refused', 'ring_drops')]
        places += [('listeners', 0, key) for key in self.status['listeners'][0]]
        places += [('receive', 'handed'), ('receive', 'waiting'), ('receive', 'out_of_order'),
                   ('unknown_exporters', 'datagrams'), ('detect', 'late_records'),
                   ('store', 'dropped'), ('incidents', 'refused')]
        for place in places:
            for by in (1, -1):
                self.assertTrue(self.wrong(self.changed(place, by)), (place, by))

    def test_each_figure_of_the_minute_counts(self):
        for key in ('delivered', 'decoded', 'waiting', 'refused'):
            status = self.changed(('exporters', 0, 'account', 'last_minute', key), 1)
            self.assertEqual(self.wrong(status), [])
            self.assertTrue(self.wrong(status, minute=True), key)

    def test_records_of_the_load_count(self):
        at = [row['address'] for row in self.status['exporters']].index(LOAD)
        for by in (1, -1):
            self.assertTrue(self.wrong(self.changed(('exporters', at, 'records'), by)), by)

    def test_lost_datagram_is_seen(self):
        """One that was sent and that nobody has, of any sender."""
        for address in EXPORTERS + [LOAD, MISFIT, '127.0.0.77']:
            self.books.total[address]['sent'] += 1
            self.assertTrue(self.wrong(self.status), address)
            self.books.total[address]['sent'] -= 1

    def test_dropped_by_the_kernel_is_accounted(self):
        """It is an error, and no other sentence is said; but where more is missing, it is."""
        for address in EXPORTERS + [LOAD, MISFIT]:
            self.books.kernel_drops = 0
            status = copy.deepcopy(self.status)
            status['listeners'][0]['kernel_drops'] = 1
            for book in (self.books.total, self.books.minute):
                book[address]['sent'] += 1
                book[address]['decoded'] += 1
            self.assertEqual([s[9:] for s in self.wrong(status, minute=True)],
                             ['listeners.0.kernel_drops is 1'], address)
            self.books.total[address]['sent'] += 1
            self.assertGreater(len(self.wrong(status)), 1)
            self.books.total[address].subtract(sent=2, decoded=1)
            self.books.minute[address].subtract(sent=1, decoded=1)

    def test_configuration_has_each_sender(self):
        world = 'own:\n  - x\nexporters:\n' + ''.join(
            f'  - name: router-{n}\n    address: 192.0.2.{n}\n' for n in (1, 2, 3))
        for address in EXPORTERS + [LOAD, MISFIT]:
            self.assertEqual(configuration(world).count(f'address: {address}\n'), 1)

    def test_another_reason_is_seen(self):
        status = copy.deepcopy(self.status)
        refused_by = status['exporters'][-1]['account']['refused_by']
        refused_by['trailing'] = refused_by.pop('truncated')
        self.assertTrue(self.wrong(status))

    def test_missing_counter_is_seen(self):
        for path in ERRORS:
            status = copy.deepcopy(self.status)
            self.remove(status, path.split('.'))
            self.assertIn(f'the status has no {path}', errors(status))

    def changed(self, place, by):
        status = copy.deepcopy(self.status)
        at = status
        for key in place[:-1]:
            at = at[key]
        at[place[-1]] += by
        return status

    def remove(self, at, keys):
        if keys[0] == '*':
            for one in at:
                self.remove(one, keys[1:])
        elif len(keys) == 1:
            del at[keys[0]]
        else:
            self.remove(at[keys[0]], keys[1:])


if __name__ == '__main__':
    unittest.main()
