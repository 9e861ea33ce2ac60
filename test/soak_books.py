# SPDX-License-Identifier: ISC
"""The sender's side of the books that `noroshi status` keeps. Who sends counts for each exporter and
minute what is sent and what must become of it; at the end of a minute it keeps still until the watch
has closed that minute too, so that nothing is under way and every equation is exact. The base load's
sender has an end before that, and then says itself what it sent:

    sent      = delivered by the kernel + dropped by it
    delivered = handed to the decoders + unknown senders + dropped in rings + waiting in rings
    handed    = decoded + waiting for a template + refused, by reason        (exporter and minute)
    records of the base load, as its sender counts them = records decoded of its exporter

Of what the kernel dropped it does not say whose it was: then sent - delivered of each exporter lies
between 0 and that number, and all of them together are it.

Every other counter of something that went wrong must be zero."""
import collections
import datetime
import socket
import struct
import time

STILL_BEFORE_S = 1.2    # before a minute ends; a datagram waits up to 25 ms for its decoding
CLOSED_WITHIN_S = 10    # after it has ended the status must tell of it: it is written each second
BURST, BREATH_S = 32, 0.001     # what was held back must fit the kernel's buffer
MISFIT_EVERY = 50       # datagrams of the drill
STRANGER, MISFIT, LOAD = '127.0.0.77', '127.0.0.9', '127.0.0.1'
EXPORTERS = ['127.0.0.2', '127.0.0.3', '127.0.0.4']

# What counts something gone wrong, in the status; '*' is every item of a list. All must be 0. Not here:
# what is meant (unknown, refused, waiting: compared), restarts (each round begins anew), evictions of
# the detectors' cells (a cache makes room).
ERRORS = [
    'exporters.*.lost.datagrams', 'exporters.*.lost.records', 'exporters.*.account.ring_drops',
    'exporters.*.clock.epochs', 'listeners.*.kernel_drops', 'listeners.*.ring_drops',
    'listeners.*.truncated', 'listeners.*.errors', 'detect.hot_refused', 'detect.late_records',
    'detect.epochs', 'incidents.refused', 'store.dropped', 'store.failures',
]


def configuration(world):
    """The drill's world with its routers at the addresses of this sender, and the others' beside.
    Bursts are not held for the next one: a round is judged when its attacks have closed."""
    for n, address in enumerate(EXPORTERS, 1):
        world = world.replace(f'address: 192.0.2.{n}\n', f'address: {address}\n')
    more = ''.join(f'  - name: {name}\n    address: {address}\n    sampling: 1\n'
                   for name, address in (('load', LOAD), ('misfit', MISFIT)))
    return world.replace('own:\n', 'own:\n  - 10.0.0.0/8\n').replace('exporters:\n',
                                                                   'exporters:\n' + more
                                                                   ) + 'duty:\n  fold: 60s\n'


def v5(count):
    """A v5 datagram of one record that says it has @count."""
    now = int(time.time())
    head = struct.pack('>HHIIIIBBH', 5, count, 60000, now, 0, 0, 0, 0, 0)
    record = struct.pack('>4s4s4sHHIIIIHHBBBBHHBBH', bytes([198, 51, 100, 7]), bytes([192, 0, 2, 7]),
                         bytes(4), 1, 2, 1, 100, 59000, 59500, 1000, 80, 0, 16, 6, 0, 0, 0, 0, 0, 0)
    return head + record


def v9_without_template():
    return struct.pack('>HHIIII', 9, 1, 60000, int(time.time()), 1, 9) + struct.pack('>HHQ', 999, 12, 1)


# (datagram, its fate, the reason of a refusal): sent in turn by the exporter MISFIT.
MISFITS = [
    (v9_without_template, 'waiting', None),
    (lambda: struct.pack('>HH', 77, 1) + bytes(60), 'refused', 'bad-version'),
    (lambda: b'\0', 'refused', 'truncated'),
]


def found(status, path):
    """[(where, value)] of all that @path means in a status; null is nothing."""
    at = [('', status)]
    for key in path.split('.'):
        step = []
        for where, value in at:
            if key == '*':
                step += [(f"{where}.{v.get('name', n)}", v) for n, v in enumerate(value)]
            elif key in value:
                step.append((f'{where}.{key}'.lstrip('.'), value[key]))
        at = step
    return [(where, value) for where, value in at if value is not None]


def errors(status):
    """Sentences for each counter of ERRORS that is not 0, or that no row of the status has."""
    wrong = []
    for path in ERRORS:
        rows = found(status, path)
        wrong += [f'{where} is {value}' for where, value in rows if value]
        if not rows:
            wrong.append(f'the status has no {path}')
    if status['receive']['threads'] < 2 and status['receive']['out_of_order']:
        wrong.append(f"{status['receive']['out_of_order']} out of order from one thread")
    return wrong


class Books:
    """Sends, and holds the status against what was sent. @status: gives the status anew."""

    def __init__(self, port, status):
        self.port, self.status = port, status
        self.total = collections.defaultdict(collections.Counter)   # address: Counter of fates
        self.minute = collections.defaultdict(collections.Counter)
        self.reasons = collections.Counter()
        self.ring_drops = collections.Counter()     # address: at the end of the last minute
        self.kernel_drops = 0                       # of all listeners, then
        self.load_records = 0
        self.began = self.minute_now()
        self.minutes, self.unseen, self.n = 0, 0, 0
        self.wrong = []
        self.sockets = {}
        for address in EXPORTERS + [MISFIT, STRANGER]:
            self.sockets[address] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.sockets[address].bind((address, 0))

    def close(self):
        for one in self.sockets.values():
            one.close()

    @staticmethod
    def minute_now():
        return int(time.time()) // 60

    def put(self, address, payload, fate):
        self.sockets[address].sendto(payload, ('127.0.0.1', self.port))
        for book in (self.total, self.minute):
            book[address]['sent'] += 1
            book[address][fate] += 1

    def send(self, exporter, payload):
        """One datagram that is good, and now and then one that is not."""
        self.put(EXPORTERS[exporter % len(EXPORTERS)], payload, 'decoded')
        self.n += 1
        if self.n % BURST == 0:
            time.sleep(BREATH_S)
        if self.n % MISFIT_EVERY:
            return
        make, fate, reason = MISFITS[self.n // MISFIT_EVERY % len(MISFITS)]
        self.put(MISFIT, make(), fate)
        self.put(MISFIT, v5(1), 'decoded')
        self.put(STRANGER, v5(1), 'unknown')
        if reason:
            self.reasons[reason] += 1

    def add_load(self, said):
        """A piece of the base load is over, and its sender has said what it sent."""
        self.load_records += said['records']
        for book in (self.total, self.minute):
            book[LOAD]['sent'] += said['datagrams']
            book[LOAD]['decoded'] += said['datagrams']

    def sent(self):
        return sum(of['sent'] for of in self.total.values())

    def still_from(self):
        """When this minute's stillness begins."""
        return (self.began + 1) * 60 - STILL_BEFORE_S

    def close_minute(self):
        """Keep still until the watch has closed the minute that is ending, and compare. Returns the
        status that was compared."""
        status, last = self.closed_minute()
        if last == self.began:
            self.minutes += 1
            self.compare_minute(status)
        else:
            self.unseen += 1
        if last is None:
            self.wrong.append('the watch closed no minute')
        else:
            self.compare_total(status)
        self.minute.clear()
        self.began = self.minute_now()
        return status

    def closed_minute(self):
        """(status, the minute it closed last), once that is the one that ends here, or a later."""
        until = (self.began + 1) * 60 + CLOSED_WITHIN_S
        while True:
            status = self.status()
            for row in status.get('exporters', []):
                when = row['account']['last_minute']['from']
                last = when and int(datetime.datetime.fromisoformat(when).timestamp()) // 60
                if last and last >= self.began:
                    return status, last
            if time.time() > until:
                return status, None
            time.sleep(0.2)

    def say(self, held, what):
        if not held:
            self.wrong.append(f"{time.strftime('%H:%M:%S')} {what}")

    def compare_minute(self, status):
        dropped = sum(row['kernel_drops'] for row in status['listeners'])
        for row in status['exporters']:
            self.compare_account(row['address'], row['account']['last_minute'],
                                 row['account']['ring_drops'] - self.ring_drops[row['address']],
                                 self.minute[row['address']], dropped - self.kernel_drops,
                                 'in the minute')
            self.ring_drops[row['address']] = row['account']['ring_drops']
        self.kernel_drops = dropped

    def compare_account(self, address, account, ring_drops, ours, dropped, when):
        """@dropped: by the kernel, of any exporter."""
        fates = {k: account[k] for k in ('decoded', 'waiting', 'refused')}
        self.say(account['delivered'] == sum(fates.values()), f'{address} {when}: {account}')
        missing = ours['sent'] - account['delivered'] - ring_drops
        self.say(0 <= missing <= dropped,
                 f"{address} {when}: sent {ours['sent']}, {account}, {ring_drops} in rings, "
                 f'{dropped} by the kernel')
        # Where something was dropped, nobody knows which.
        self.say(all(0 <= ours[k] - fates[k] <= dropped + ring_drops for k in fates),
                 f'{address} {when}: sent {dict(ours)}, {account}')

    def compare_total(self, status):
        rows = {row['address']: row['account'] for row in status['exporters']}
        dropped = sum(row['kernel_drops'] for row in status['listeners'])
        for address, account in rows.items():
            self.compare_account(address, account, account['ring_drops'], self.total[address],
                                 dropped, 'altogether')
            self.say(account['refused'] == sum(account['refused_by'].values()),
                     f"{address}: refused {account['refused']}, by reason {account['refused_by']}")
        self.say(dropped or rows[MISFIT]['refused_by'] == dict(self.reasons),
                 f"refused {rows[MISFIT]['refused_by']}, meant {dict(self.reasons)}")
        self.compare_load(status, dropped)
        sums = collections.Counter()
        for row in status['listeners']:
            sums.update({k: row[k] for k in ('datagrams', 'kernel_drops', 'unknown', 'ring_drops')})
        receive = status['receive']
        self.say(self.sent() == sums['datagrams'] + sums['kernel_drops'],
                 f'sent {self.sent()}, {dict(sums)}')
        self.say(sums['datagrams'] == receive['handed'] + receive['waiting'] + sums['unknown'] +
                 sums['ring_drops'], f'{dict(sums)}, {receive}')
        self.say(receive['handed'] == sum(account['delivered'] for account in rows.values()),
                 f"handed {receive['handed']}, {rows}")
        self.say(sums['ring_drops'] == sum(account['ring_drops'] for account in rows.values()),
                 f'{dict(sums)}, {rows}')
        strangers = status['unknown_exporters']['datagrams']
        self.say(sums['unknown'] == strangers and
                 0 <= self.total[STRANGER]['sent'] - strangers <= dropped,
                 f"{sums['unknown']} unknown, {strangers} shown, sent {self.total[STRANGER]['sent']}")
        for sentence in errors(status):
            self.say(False, sentence)

    def compare_load(self, status, dropped):
        """The base load by its records, which its datagrams do not tell."""
        for row in status['exporters']:
            self.say(row['address'] != LOAD or row['records'] == self.load_records or
                     (dropped and row['records'] < self.load_records),
                     f"{row.get('records')} records of the base load, sent {self.load_records}")

    def figures(self):
        return {'datagrams': self.sent(), 'load_records': self.load_records, 'minutes_balanced': self.minutes,
                'minutes_unseen': self.unseen, 'refused_as_meant': dict(sorted(self.reasons.items())),
                'waiting_as_meant': self.total[MISFIT]['waiting'],
                'unknown_as_meant': self.total[STRANGER]['sent']}
