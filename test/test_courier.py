#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The courier live: pages through a program and through a real Postfix, killed at any moment, with a
full disk, and the verbs of `page`.

test_courier.py PROGRAM [unittest options]
"""
import collections
import email
import email.header
import email.policy
import json
import os
import random
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unicodedata
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from utc import utc  # noqa: E402

PROGRAM = None
GOOD, REFUSED, USAGE, CONF, STORE = 0, 1, 2, 3, 4
KILLS = 200

CONF_HEAD = '''country: JP
own: [203.0.113.0/24, 198.51.100.0/24]
duty:
  zone: Asia/Tokyo
  people:
    - {name: alice, language: ja, mail: alice@test.example, phone: "+81-3-5550-0100"}
    - {name: bob, language: en, mail: bob@test.example}
  shifts:
    - people: [alice, bob]
'''


def now_us():
    return int(time.time() * 1e6)


def run(*args, lang='C', **kwargs):
    env = dict(os.environ, LANG=lang, LC_ALL=lang, TZ='UTC', LOGNAME='carol')
    return subprocess.run([PROGRAM, *args], capture_output=True, text=True, env=env, timeout=180,
                          check=False, **kwargs)


class Case(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix='noroshi-courier-')
        self.addCleanup(scratch.cleanup)
        self.dir = scratch.name
        os.chmod(self.dir, 0o755)
        self.db = os.path.join(self.dir, 'store')
        self.log = os.path.join(self.dir, 'log')
        self.roles = []
        self.mark = 'NOROSHI_TEST_MARK=' + os.path.basename(self.dir)
        self.addCleanup(self.end_roles)

    # ---- files ----

    def path(self, name, text, mode=0o644):
        path = os.path.join(self.dir, name)
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def hook(self, body, name='hook'):
        """A program of sh; $LOG is the log, $line what it was given."""
        return self.path(name, f'#!/bin/sh\nLOG={self.log}\nIFS= read -r line\n{body}\n', 0o755)

    def conf(self, text):
        return self.path('noroshi.yaml', CONF_HEAD + text)

    def logged(self):
        try:
            with open(self.log, encoding='utf-8') as f:
                return f.read().splitlines()
        except FileNotFoundError:
            return []

    # ---- the role ----

    def start(self, *args, ready=True, limit=None):
        env = dict(os.environ, LANG='C', LC_ALL='C', TZ='UTC')
        name, value = self.mark.split('=')
        env[name] = value
        err = open(os.path.join(self.dir, 'stderr'), 'ab')
        role = subprocess.Popen([PROGRAM, 'courier', '--db', self.db, *args], env=env, stderr=err,
                                stdout=err, stdin=subprocess.DEVNULL, start_new_session=True,
                                preexec_fn=limit)
        err.close()
        self.roles.append(role)
        if ready:
            self.wait(lambda: os.path.exists(os.path.join(self.db, 'courier.sock')), 'the door', role)
        return role

    def stderr(self):
        try:
            with open(os.path.join(self.dir, 'stderr'), encoding='utf-8', errors='replace') as f:
                return f.read()
        except FileNotFoundError:
            return ''

    def wait(self, condition, what, role=None, seconds=120):
        until = time.monotonic() + seconds
        while not condition():
            if role and role.poll() is not None:
                self.fail(f'{what}: the courier ended with {role.returncode}: {self.stderr()[-2000:]}')
            if time.monotonic() > until:
                self.fail(f'{what}: not within {seconds} s: {self.stderr()[-2000:]} {self.rows()}')
            time.sleep(0.02)

    def kill(self, role):
        role.kill()
        role.wait()
        try:  # a killed courier leaves its door; the next one hangs up its own
            os.unlink(os.path.join(self.db, 'courier.sock'))
        except FileNotFoundError:
            pass

    def stop(self, role):
        role.terminate()
        self.assertEqual(role.wait(60), 0, self.stderr()[-2000:])

    def family(self):
        """Pids of the courier's own: who carries the mark, and whom those started."""
        found, sessions = set(), set()
        for name in os.listdir('/proc'):
            if not name.isdigit():
                continue
            try:
                with open(f'/proc/{name}/environ', 'rb') as f:
                    marked = self.mark.encode() in f.read().split(b'\0')
                sid = os.getsid(int(name))
            except (OSError, ValueError):
                continue
            if marked:
                found.add(int(name))
                sessions.add(sid)
        for name in os.listdir('/proc'):
            try:
                if name.isdigit() and os.getsid(int(name)) in sessions:
                    found.add(int(name))
            except (OSError, ValueError):
                pass
        return found - {os.getpid()}

    def kill_family(self):
        for _ in range(20):
            pids = self.family()
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            if not pids:
                return

    def end_roles(self):
        for role in self.roles:
            if role.poll() is None:
                self.kill(role)
        self.kill_family()

    # ---- rows ----

    def sql(self, text, values=()):
        db = sqlite3.connect(os.path.join(self.db, 'desk.db'), timeout=60, isolation_level=None)
        try:
            return db.execute(text, values).fetchall()
        finally:
            db.close()

    def rows(self):
        try:
            return self.sql('SELECT id, state, attempts, why FROM outbox ORDER BY number')
        except sqlite3.Error:
            return []

    def born(self, *args):
        """A store with nothing in it."""
        self.stop(self.start(*args))

    def page(self, number, channel='program', to=None, text='S1 www SYN flood', due=None, why='new',
             person='alice', step=1, filler=0):
        """Puts a page into the outbox, as the duty would."""
        alarm = f'w{number:012x}'
        page = f'{alarm}-{step}-1'
        at = due or now_us()
        body = {'id': page, 'alarm': alarm, 'why': why, 'step': step, 'person': person,
                'channel': channel, 'to': to or os.path.join(self.dir, 'hook'), 'phone': '',
                'language': 'en', 'text': text, 'at': utc(at),
                'data': {'version': 1, 'id': page, 'text': text, 'filler': 'x' * filler}}
        self.sql('INSERT INTO outbox (id, kind, alarm, state, due_us, changed_us, body) '
                 "VALUES (?, 'page', ?, 'due', ?, ?, ?)",
                 (page, alarm, at, now_us(), json.dumps(body, ensure_ascii=False)))
        return page

    def unsent(self):
        return self.sql("SELECT count(*) FROM outbox WHERE state <> 'sent'")[0][0]

    def settle(self, role, seconds=180):
        self.wait(lambda: self.unsent() == 0, 'all sent', role, seconds)


class Kill(Case):
    """kill -9 at any moment neither loses nor repeats a page: the hook's own log proves it."""

    def test_courier_killed(self):
        hook = self.hook('sleep 0.$(( $$ % 4 ))\necho "$NOROSHI_PAGE_ID" >>$LOG')
        conf = self.conf(f'  program: {hook}\n')
        began = time.monotonic()
        self.born('--conf', conf)
        usual = time.monotonic() - began
        chance = random.Random(20080808)
        pages, kills = [self.page(n) for n in range(1, 61)], 0
        while kills < KILLS:
            if self.unsent() == 0:  # a kill counts only while something is due
                pages += [self.page(len(pages) + n) for n in range(1, 4)]
            role = self.start('--conf', conf, ready=False)
            time.sleep(chance.uniform(0, 2 * usual + 0.1))
            kills += self.unsent() > 0
            self.kill(role)
        role = self.start('--conf', conf)
        self.settle(role)
        self.stop(role)
        count = collections.Counter(self.logged())  # with what the courier itself had to say
        self.assertEqual(set(pages) - set(count), set())
        self.assertEqual({p: n for p, n in count.items() if n > 1}, {}, self.stderr()[-2000:])
        self.assertEqual(os.listdir(os.path.join(self.db, 'spool')), [])
        self.assertNotIn('repeated', self.stderr())
        print(f'{kills} kills with pages due: {len(pages)} pages, each once', file=sys.stderr)

    def test_all_of_it_killed(self):
        """Carriers and programs too: then it cannot be known, and whatever comes twice says so."""
        # One whose carrier was killed before it had told all was told nothing.
        hook = self.hook('case "$line" in *"}") ;; *) exit 1;; esac\n'
                         'case "$line" in *\'"repeat":true\'*) r=again;; *) r=first;; esac\n'
                         'echo "$NOROSHI_PAGE_ID $r" >>$LOG\nsleep 0.05')
        conf = self.conf(f'  program: {hook}\n')
        began = time.monotonic()
        self.born('--conf', conf)
        usual = time.monotonic() - began
        chance = random.Random(5)
        pages = [self.page(n) for n in range(1, 41)]
        for _ in range(60):
            role = self.start('--conf', conf, ready=False)
            time.sleep(chance.uniform(usual / 2, 2 * usual + 0.2))
            self.kill_family()
            role.wait()
        try:
            os.unlink(os.path.join(self.db, 'courier.sock'))
        except FileNotFoundError:
            pass
        role = self.start('--conf', conf)
        self.settle(role)
        self.stop(role)
        firsts, all_of = collections.Counter(), collections.Counter()
        for line in self.logged():
            page, which = line.split()
            all_of[page] += 1
            firsts[page] += which == 'first'
        self.assertEqual(set(pages) - set(all_of), set())
        self.assertLessEqual(max(firsts.values()), 1)
        again = sum(all_of.values()) - len(all_of)
        said = self.stderr().count('page-repeated')
        self.assertGreater(said, 0)  # else this has shown nothing
        print(f'60 kills of everything: {len(pages)} pages, none lost, {again} came twice and said so',
              file=sys.stderr)

    def test_only_one_courier(self):
        conf = self.conf(f'  program: {self.hook("exit 0")}\n')
        role = self.start('--conf', conf)
        done = run('courier', '--conf', conf, '--db', self.db)
        self.assertEqual(done.returncode, STORE)
        self.assertIn('another courier runs', done.stderr)
        self.stop(role)
        self.assertFalse(os.path.exists(os.path.join(self.db, 'courier.sock')))
        self.assertEqual(self.stderr(), '')  # it says nothing where nothing is wrong


class Hooks(Case):
    """Programs that behave badly, in the live role."""

    def outcome(self, body, mode=0o755, filler=0, text='program_time: 1s'):
        hook = self.hook(body)
        os.chmod(hook, mode)
        conf = self.conf(f'  program: {hook}\n  {text}\n')
        self.born('--conf', conf)
        self.page(1, filler=filler)
        role = self.start('--conf', conf)
        self.wait(lambda: self.rows()[0][2] == 1 and self.rows()[0][1] in ('sent', 'due'), 'an end', role)
        row = self.rows()[0]
        self.stop(role)
        return row[1], row[3]

    def test_hangs(self):
        state, why = self.outcome('echo wait; sleep 100')
        self.assertEqual((state, why), ('due', 'ended after 1 s without an answer: wait'))

    def test_prints_garbage_and_fails(self):
        state, why = self.outcome("printf '\\377\\000\\033[2J'; head -c 100000 /dev/urandom; exit 7")
        self.assertEqual(state, 'due')
        self.assertTrue(why.startswith('exit status 7'), why)
        self.assertNotIn('Cc', map(unicodedata.category, why), why)
        self.assertIn('page-not-sent', self.stderr())

    def test_prints_garbage_and_is_good(self):
        self.assertEqual(self.outcome('head -c 300000 /dev/urandom; exit 0'), ('sent', ''))

    def test_dies(self):
        self.assertEqual(self.outcome('kill -ABRT $$'), ('due', 'ended by signal 6'))

    def test_cannot_be_run(self):
        self.assertEqual(self.outcome('exit 0', mode=0o644),
                         ('due', 'could not run: Permission denied'))

    def test_closes_its_input_early(self):
        """A page larger than a pipe."""
        path = self.hook('')
        with open(path, 'w', encoding='utf-8') as f:
            f.write('#!/bin/sh\nexec <&-\nexit 0\n')
        conf = self.conf(f'  program: {path}\n')
        self.born('--conf', conf)
        self.page(1, filler=200000)
        role = self.start('--conf', conf)
        self.settle(role)
        self.stop(role)

    def test_works_the_fourth_time(self):
        """The first pause for real; all of them by a clock of its own are in the unit test."""
        body = 'echo x >>$LOG; test $(wc -l <$LOG) -gt 1 || { echo busy; exit 75; }'
        hook = self.hook(body)
        conf = self.conf(f'  program: {hook}\n')
        self.born('--conf', conf)
        page = self.page(1)
        role = self.start('--conf', conf)
        self.wait(lambda: self.rows()[0][3] == 'exit status 75: busy', 'the first failure', role)
        failed = time.monotonic()
        self.settle(role)
        self.assertGreater(time.monotonic() - failed, 8)
        self.assertEqual(self.rows()[0][:3], (page, 'sent', 2))
        self.stop(role)


class Channel(Case):
    def test_broken_channel_is_paged_by_the_other(self):
        """Somebody whose pages do not go out by one channel is told so by the other."""
        hook = self.hook('case "$line" in *channel/bob*|*\'bob program\'*|*exporter*|*\'"kind":"fault"\'*) '
                         'printf "%s\\n" "$line" >>$LOG; exit 0;; esac; exit 1')
        conf = self.conf(f'  program: {hook}\n')
        self.born('--conf', conf)
        self.page(1, person='bob')
        self.page(2, person='bob')
        role = self.start('--conf', conf)
        self.wait(lambda: any('bob program' in line for line in self.logged()), 'the fault', role)
        faults = [json.loads(line) for line in self.logged()]
        self.assertTrue(any(f['fault']['kind'] == 'channel' and f['fault']['subject'] == 'bob program'
                            for f in faults if f.get('fault')), faults)
        self.stop(role)


class Full(Case):
    """The disk is full: that itself is paged, from memory and once."""

    def mount(self):
        os.mkdir(self.db)
        done = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=12m,mode=0750', 'none', self.db],
                              capture_output=True, check=False)
        if done.returncode:
            return False
        self.addCleanup(subprocess.run, ['umount', '-l', self.db], check=False)
        return True

    def fill_up(self):
        with open(os.path.join(self.db, 'ballast'), 'wb', buffering=0) as f:
            try:
                while True:
                    f.write(b'x' * 4096)
            except OSError:
                pass

    def paged(self):
        """{page id: how often} of what was paged about a full disk."""
        given = [json.loads(line) for line in self.logged()]
        return collections.Counter(g['id'] for g in given if g['fault']['kind'] == 'disk_full')

    def test_full_disk(self):
        hook = self.hook('printf "%s\\n" "$line" >>$LOG')
        conf = self.conf(f'  program: {hook}\n')
        if not self.mount():
            self.skipTest('no tmpfs can be mounted here')
        self.born('--conf', conf)
        role = self.start('--conf', conf)
        self.wait(lambda: self.rows() and self.unsent() == 0, 'that the watch is gone', role)
        self.fill_up()
        began = time.monotonic()
        self.wait(self.paged, 'a page from memory', role, 60)
        print(f'full disk paged after {time.monotonic() - began:.1f} s', file=sys.stderr)
        time.sleep(8)
        first = self.paged()
        self.assertEqual(max(first.values()), 1, first)
        self.assertEqual({r[0] for r in self.rows()} & set(first), set())  # and not written down
        # Another courier on the full disk, which cannot know: once again, and once.
        self.kill(role)
        role = self.start('--conf', conf)
        self.wait(lambda: self.paged() != first, 'a page of the next', role, 60)
        time.sleep(8)
        then = self.paged()
        self.assertEqual(max((then - first).values()), 1, then)
        os.unlink(os.path.join(self.db, 'ballast'))
        self.wait(lambda: {r[0] for r in self.rows()} & set(then), 'written at last', role, 60)
        self.wait(lambda: self.unsent() == 0, 'as sent', role, 60)
        self.stop(role)
        self.assertEqual(self.paged(), then)
        self.assertIn('desk-unwritten', self.stderr())


class Sight(Case):
    def test_watch_killed(self):
        """A watch that dies is paged within a minute, with the right cause, and once."""
        hook = self.hook('printf "%s\\n" "$line" >>$LOG')
        conf = self.conf(f'  program: {hook}\nlisten: [127.0.0.1:{free_udp_port()}]\n'
                         'exporters: [{name: border-1, address: 127.0.0.1}]\n')
        env = dict(os.environ, LANG='C', LC_ALL='C', TZ='UTC')
        watch = subprocess.Popen([PROGRAM, 'watch', '--conf', conf, '--db', self.db], env=env,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.roles.append(watch)
        self.wait(lambda: os.path.exists(os.path.join(self.db, 'watch.sock')), 'the watch', watch)
        role = self.start('--conf', conf)
        time.sleep(8)
        self.assertEqual(self.faults('watch_gone'), [])
        watch.kill()
        watch.wait()
        began = time.monotonic()
        self.wait(lambda: self.faults('watch_gone'), 'the page', role, 60)
        print(f'a killed watch was paged after {time.monotonic() - began:.0f} s', file=sys.stderr)
        self.assertEqual(len(self.faults('watch_gone')), 1)
        self.kill(role)  # and another courier does not page it again
        role = self.start('--conf', conf)
        time.sleep(8)
        self.assertEqual(len(self.faults('watch_gone')), 1)
        self.stop(role)

    def faults(self, kind):
        given = [json.loads(line) for line in self.logged()]
        return [g['id'] for g in given if g.get('fault') and g['fault']['kind'] == kind]


def free_udp_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Postfix:
    """A Postfix with everything of its own in one directory."""

    MASTER = '''127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
tlsmgr unix - - n 1000? 1 tlsmgr
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
'''

    def __init__(self, top):
        self.top, self.port, self.up = top, free_port(), False
        for name in ('etc', 'queue', 'data', 'mail', 'log'):
            os.makedirs(os.path.join(top, name), exist_ok=True)
        shutil.chown(os.path.join(top, 'data'), 'postfix')
        shutil.chown(os.path.join(top, 'mail'), 'nobody')
        self.etc = os.path.join(top, 'etc')
        with open(os.path.join(self.etc, 'master.cf'), 'w', encoding='ascii') as f:
            f.write(self.MASTER.format(port=self.port))
        self.main(self.certificate())

    def certificate(self):
        if not shutil.which('openssl'):
            return {}
        key, cert = os.path.join(self.etc, 'key.pem'), os.path.join(self.etc, 'cert.pem')
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2',
                        '-subj', '/CN=localhost', '-keyout', key, '-out', cert], check=True,
                       capture_output=True)
        return {'smtpd_tls_cert_file': cert, 'smtpd_tls_key_file': key,
                'smtpd_tls_security_level': 'may', 'smtpd_tls_received_header': 'yes'}

    def main(self, more):
        settings = {
            'compatibility_level': '3.6', 'queue_directory': self.top + '/queue',
            'data_directory': self.top + '/data', 'command_directory': '/usr/sbin',
            'daemon_directory': '/usr/lib/postfix/sbin', 'mail_owner': 'postfix',
            'setgid_group': 'postdrop', 'myhostname': 'mail.test.example',
            'inet_interfaces': '127.0.0.1', 'inet_protocols': 'ipv4', 'mynetworks': '127.0.0.0/8',
            'mydestination': '', 'alias_maps': '', 'virtual_mailbox_domains': 'test.example',
            'virtual_mailbox_base': self.top + '/mail', 'virtual_mailbox_maps': 'static:box',
            'virtual_uid_maps': 'static:65534', 'virtual_gid_maps': 'static:65534',
            'virtual_minimum_uid': '1', 'maillog_file': self.top + '/log/maillog',
            'maillog_file_prefixes': self.top, 'smtpd_relay_restrictions': 'reject_unauth_destination',
            'smtputf8_enable': 'no', **more}
        with open(os.path.join(self.etc, 'main.cf'), 'w', encoding='ascii') as f:
            f.writelines(f'{key} = {value}\n' for key, value in settings.items())

    def control(self, word):
        return subprocess.run(['postfix', '-c', self.etc, word], capture_output=True, text=True,
                              timeout=120, check=False)

    def start(self):
        done = self.control('start')
        self.up = True
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                with socket.create_connection(('127.0.0.1', self.port), 5) as s:
                    if s.recv(3) == b'220':
                        return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f'Postfix does not answer: {done.stdout}{done.stderr}{self.log()}')

    def stop(self):
        if self.up:
            self.control('stop')
        self.up = False

    def log(self):
        try:
            with open(self.top + '/log/maillog', encoding='utf-8', errors='replace') as f:
                return f.read()[-3000:]
        except FileNotFoundError:
            return ''

    def box(self):
        """The mails that arrived."""
        try:
            with open(self.top + '/mail/box', 'rb') as f:
                text = f.read()
        except FileNotFoundError:
            return []
        return [email.message_from_bytes(part.split(b'\n', 1)[1], policy=email.policy.default)
                for part in (b'\n' + text).split(b'\nFrom ')[1:]]


@unittest.skipUnless(shutil.which('postfix') and os.geteuid() == 0,
                     'Postfix is not there, or may not be started')
class Mail(Case):
    def setUp(self):
        super().setUp()
        self.postfix = Postfix(os.path.join(self.dir, 'postfix'))
        self.addCleanup(self.postfix.stop)

    def mail_conf(self, more='', server=None):
        server = server or f'smtp://127.0.0.1:{self.postfix.port}'
        return self.conf(f'  program_time: 20s\n  mail:\n    server: {server}\n'
                         f'    from: noroshi@isp.example\n{more}')

    def arrived(self, n, role):
        self.wait(lambda: len(self.postfix.box()) >= n, f'{n} mails: {self.postfix.log()}', role)
        return self.postfix.box()

    def test_arrives(self):
        text = '重大度1 www.example.jp SYNフラッド 8.2 Gbit/s 03:12 JST から、回線の82% noroshi brief n0123'
        conf = self.mail_conf()
        self.born('--conf', conf)
        self.postfix.start()
        role = self.start('--conf', conf)
        first = self.page(1, channel='mail', to='alice@test.example', text=text)
        self.settle(role)
        again = self.page(1, channel='mail', to='alice@test.example', text='S1 worse', step=2, why='worse')
        self.settle(role)
        self.wait(lambda: {first, again} <= {m['X-Noroshi-Page'] for m in self.postfix.box()}, 'both', role)
        mails = self.postfix.box()
        self.stop(role)
        one = next(m for m in mails if m['X-Noroshi-Page'] == first)
        two = next(m for m in mails if m['X-Noroshi-Page'] == again)
        self.assertEqual(str(one['Subject']), text)
        self.assertIn(text, one.get_content())
        self.assertEqual(one['Message-ID'], f'<{first}.noroshi@isp.example>')
        self.assertEqual(one['Auto-Submitted'], 'auto-generated')
        self.assertEqual(one['From'], 'noroshi <noroshi@isp.example>')
        self.assertEqual(one['To'], 'alice@test.example')
        self.assertEqual(one['X-Noroshi-Alarm'], 'w000000000001')
        self.assertIsNone(one['In-Reply-To'])
        self.assertEqual(two['In-Reply-To'], one['Message-ID'])
        self.assertEqual(two['References'], one['Message-ID'])
        self.assertEqual(str(two['Subject']), 'S1 worse')
        self.assertLess(abs(email.utils.parsedate_to_datetime(one['Date']).timestamp() - time.time()), 600)
        self.assertEqual(one['Return-Path'], '<noroshi@isp.example>')
        if shutil.which('openssl'):
            self.assertIn('using TLSv1', ' '.join(one.get_all('Received')))  # as it was offered

    def test_down_and_up_again(self):
        conf = self.mail_conf()
        self.born('--conf', conf)
        page = self.page(1, channel='mail', to='alice@test.example')
        role = self.start('--conf', conf)
        self.wait(lambda: 'onnect' in self.rows()[0][3], 'that it failed', role)
        self.assertEqual(self.rows()[0][1], 'due')
        self.postfix.start()
        self.settle(role)
        self.stop(role)
        self.arrived(1, None)
        self.assertEqual([m['X-Noroshi-Page'] for m in self.postfix.box()].count(page), 1)
        self.assertEqual(self.rows()[0][1], 'sent')

    def test_refused_by_the_server(self):
        conf = self.mail_conf()
        self.born('--conf', conf)
        self.postfix.start()
        self.page(1, channel='mail', to='alice@elsewhere.example')
        role = self.start('--conf', conf)
        self.wait(lambda: self.rows()[0][3], 'a reason', role)
        self.assertEqual(self.rows()[0][1], 'due')
        self.assertIn('554', self.rows()[0][3])
        self.stop(role)

    @unittest.skipUnless(shutil.which('openssl'), 'openssl is not there')
    def test_unproven_certificate(self):
        """With tls: always a server that proves nothing gets nothing."""
        conf = self.mail_conf('    tls: always\n')
        self.born('--conf', conf)
        self.postfix.start()
        self.page(1, channel='mail', to='alice@test.example')
        role = self.start('--conf', conf)
        self.wait(lambda: self.rows()[0][3], 'a reason', role)
        self.assertIn('ertificate', self.rows()[0][3])
        self.stop(role)
        self.assertEqual(self.postfix.box(), [], 'it was sent in spite of that')

    def test_killed_in_between(self):
        """kill -9 of the courier while mails are under way: each arrives once."""
        conf = self.mail_conf()
        self.born('--conf', conf)
        self.postfix.start()
        pages = [self.page(n, channel='mail', to='alice@test.example') for n in range(1, 13)]
        chance = random.Random(7)
        for _ in range(20):
            role = self.start('--conf', conf, ready=False)
            time.sleep(chance.uniform(0, 0.4))
            self.kill(role)
        role = self.start('--conf', conf)
        self.settle(role)
        self.stop(role)
        self.wait(lambda: set(pages) <= {m['X-Noroshi-Page'] for m in self.postfix.box()}, 'the mails')
        count = collections.Counter(m['X-Noroshi-Page'] for m in self.postfix.box())
        self.assertEqual(max(count.values()), 1, count)


def ago(seconds):
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() - seconds))


SETTLED = 900  # seconds until the minutes of a watch are written


class Watched(Case):

    def watched(self, ended, more='', people=''):
        """Until so many seconds ago."""
        conf = self.conf(more)
        with open(conf, 'a', encoding='utf-8') as f:
            f.write(f'heightened:\n  - {{name: summit, from: "{ago(ended + 7200)}", until: "{ago(ended)}", '
                    f'page_from: 3{people}}}\n')
        return conf

    def reports(self):
        return [given for given in map(json.loads, self.logged()) if given.get('kind') == 'report']

    def program(self):
        return '  notice_program: ' + self.hook('printf "%s\\n" "$line" >>$LOG') + '\n'


class Report(Watched):
    """A heightened watch that is over is told of, once, unasked."""

    def test_by_the_program_once_settled(self):
        conf = self.watched(SETTLED - 6, self.program())
        role = self.start('--conf', conf)
        time.sleep(2)
        self.assertEqual(self.reports(), [], 'before the minutes are settled')
        self.wait(self.reports, 'the report', role, seconds=60)
        self.settle(role)
        self.stop(role)
        given, = self.reports()
        self.assertEqual((given['name'], given['over'], given['language'], given['drill'],
                          given['attempt']), ('summit', True, 'en', False, 1))
        self.assertIn('heightened watch: summit', given['text'])
        self.assertIn('WHAT CANNOT BE KNOWN', given['text'])
        self.assertRegex(given['id'], r'^h[0-9a-f]{12}-1$')
        # Another one finds its rows there.
        role = self.start('--conf', conf)
        time.sleep(3)
        self.stop(role)
        self.assertEqual(len(self.reports()), 1)

    def test_killed_at_any_moment(self):
        conf = self.watched(SETTLED + 60, self.program())
        began = time.monotonic()
        self.born('--conf', self.conf(''))
        usual = time.monotonic() - began
        conf = self.watched(SETTLED + 60, self.program())
        chance = random.Random(20260115)
        for _ in range(30):
            role = self.start('--conf', conf, ready=False)
            time.sleep(chance.uniform(0, usual + 0.3))
            self.kill(role)
        role = self.start('--conf', conf)
        self.wait(self.reports, 'the report', role)
        self.settle(role)
        self.stop(role)
        self.assertEqual(len(self.reports()), 1, self.stderr()[-2000:])
        self.assertEqual(len(self.rows()), 1)

    def test_long_ago_is_not_told(self):
        conf = self.watched(3 * 86400, self.program())
        role = self.start('--conf', conf)
        time.sleep(3)
        self.stop(role)
        self.assertEqual(self.reports(), [])

    def test_waits_where_nobody_can_be_told(self):
        conf = self.watched(SETTLED + 60)
        role = self.start('--conf', conf)
        self.wait(lambda: 'report-waits' in self.stderr(), 'the log', role)
        time.sleep(2)
        self.stop(role)
        self.assertIn('noroshi heightened report summit', self.stderr())
        self.assertEqual(self.stderr().count('report-waits'), 1)
        self.assertEqual(self.rows(), [])


@unittest.skipUnless(shutil.which('postfix') and os.geteuid() == 0,
                     'Postfix is not there, or may not be started')
class ReportMail(Watched):
    """By mail, to each in their language."""

    def setUp(self):
        super().setUp()
        self.postfix = Postfix(os.path.join(self.dir, 'postfix'))
        self.addCleanup(self.postfix.stop)

    def sent(self, people):
        self.postfix.start()
        mail = (f'  mail:\n    server: smtp://127.0.0.1:{self.postfix.port}\n'
                '    from: noroshi@isp.example\n')
        role = self.start('--conf', self.watched(SETTLED + 60, mail, people))
        self.wait(self.postfix.box, 'the mail', role)
        self.settle(role)
        self.stop(role)
        return {m['To']: m for m in self.postfix.box() if m['X-Noroshi-Page'].startswith('h')}

    def test_to_the_people_of_the_watch(self):
        mails = self.sent(', people: [bob, alice]')
        self.assertEqual(set(mails), {'alice@test.example', 'bob@test.example'})
        self.assertEqual(str(mails['bob@test.example']['Subject']), 'noroshi heightened watch: summit')
        self.assertIn('PERIOD', mails['bob@test.example'].get_content())
        self.assertEqual(str(mails['alice@test.example']['Subject']), 'noroshi 警戒強化の報告: summit')
        self.assertIn('期間', mails['alice@test.example'].get_content())

    def test_to_whoever_is_on_call(self):
        self.assertEqual(set(self.sent('')), {'alice@test.example'})


class Verbs(Case):
    """From an incident in the store to a page, and what people say to it."""

    def setUp(self):
        super().setUp()
        self.program = self.hook('printf "%s\\n" "$line" >>$LOG')

    def incident(self, *more):
        """An attack that goes on, in a store as the watch leaves it."""
        capture = os.path.join(self.dir, 'capture')
        self.assertEqual(run('drill', 'write', 'syn-real', capture, '--yaml', '--format',
                             'ipfix').returncode, 0)
        done = run('read', '--conf', capture + '.yaml', '--db', self.db, *more, capture)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(capture + '.yaml', encoding='utf-8') as f:
            world = f.read()
        db = sqlite3.connect(os.path.join(self.db, 'watch.db'))
        db.execute("UPDATE incidents SET state = 'open', revision = revision + 1, json = "
                   "json_set(json, '$.state', 'open', '$.revision', revision + 1)")
        db.commit()
        found, = db.execute('SELECT id FROM incidents').fetchall()
        db.close()
        people = CONF_HEAD[CONF_HEAD.index('duty:'):]
        conf = self.path('noroshi.yaml', f'{world}{people}  program: {self.program}\n  page_from: 4\n')
        return found[0], conf

    def close(self, incident):
        db = sqlite3.connect(os.path.join(self.db, 'watch.db'))
        db.execute("UPDATE incidents SET state = 'closed', revision = revision + 1, json = "
                   "json_set(json, '$.state', 'closed', '$.revision', revision + 1) WHERE id = ?",
                   (incident,))
        db.commit()
        db.close()

    def verb(self, *args, status=GOOD, lang='C'):
        done = run('page', *args, '--db', self.db, lang=lang)
        self.assertEqual(done.returncode, status, f'{args}: {done.stdout}{done.stderr}')
        return done

    def alarms(self, *args):
        return [json.loads(line) for line in self.verb('list', '--json', *args).stdout.splitlines()]

    def given(self):
        """What the program was given for the incident, first."""
        return next((g for g in map(json.loads, self.logged()) if g['incident']), None)

    def alarm_is(self, role, state):
        def is_so():
            found = [a for a in self.alarms('--all') if a['kind'] == 'incident']
            return found and found[0]['state'] == state
        self.wait(is_so, state, role)

    def test_from_attack_to_end(self):
        incident, conf = self.incident()
        role = self.start('--conf', conf)
        self.wait(self.given, 'a page', role)
        given = self.given()
        self.assertEqual((given['incident'], given['person'], given['attempt'], given['repeat'],
                          given['drill']), (incident, 'alice', 1, False, False))
        self.assertLessEqual(len(given['text']), 140)
        alarm = next(a for a in self.alarms() if a['kind'] == 'incident')
        self.assertEqual((alarm['id'], alarm['ref'], alarm['state']), (given['alarm'], incident, 'paged'))
        self.settle(role)
        shown = json.loads(self.verb('show', incident, '--json').stdout)
        self.assertEqual(shown['pages'][0]['state'], 'sent')
        self.assertTrue(shown['reasons']['reasons'], shown)
        text = self.verb('show', given['id']).stdout
        for part in (alarm['id'], incident, 'state: paged', 'severity: ', 'alice', given['text'], 'sent'):
            self.assertIn(part, text)
        self.assertIn('重大度: ', self.verb('show', incident[:6], lang='ja_JP.UTF-8').stdout)
        self.assertIn('alice', self.verb('list').stdout)
        self.assertIn('呼出中', self.verb('list', '--lang', 'ja').stdout)
        # People answer, by the incident's id as well as the alarm's.
        self.assertIn(f'carol has {alarm["id"]}', self.verb('ack', incident).stdout)
        self.alarm_is(role, 'acknowledged')
        self.assertEqual([a['owner'] for a in self.alarms() if a['kind'] == 'incident'], ['carol'])
        self.verb('snooze', alarm['id'], '--for', '30m', '--by', 'bob')
        self.alarm_is(role, 'snoozed')
        self.close(incident)
        self.alarm_is(role, 'ended')
        self.assertEqual([a for a in self.alarms() if a['kind'] == 'incident'], [])
        done = self.verb('ack', alarm['id'], status=STORE)
        self.assertIn('is over since', done.stderr)
        self.stop(role)
        verify = run('case', 'audit', '--verify', '--circle', 'all', '--db', self.db)
        self.assertEqual((verify.returncode, verify.stdout), (0, 'the log holds: 2 lines\n'))
        log = run('case', 'audit', '--db', self.db).stdout
        self.assertRegex(log, rf'1  .*  acknowledge carol\n +{alarm["id"]}\n')
        self.assertRegex(log, rf'2  .*  snooze   bob\n +{alarm["id"]}\n')
        line = json.loads(run('case', 'audit', '--db', self.db, '--json').stdout.splitlines()[0])
        self.assertEqual(line['acts'], [{'number': 1, 'subject': alarm['id']}])
        self.sql("UPDATE acts SET actor = 'mallory' WHERE number = 1")
        verify = run('case', 'audit', '--verify', '--circle', 'all', '--db', self.db)
        self.assertEqual(verify.returncode, STORE)
        self.assertIn('act 1 is not as the log says', verify.stderr)

    def test_acknowledged_while_no_courier_runs(self):
        incident, conf = self.incident()
        role = self.start('--conf', conf)
        self.wait(self.given, 'a page', role)
        self.settle(role)
        self.stop(role)
        self.assertIn('no courier runs', self.verb('ack', incident).stderr)
        self.assertIn('courier が動いていません', self.verb('ack', incident, '--lang', 'ja').stderr)
        role = self.start('--conf', conf)
        self.alarm_is(role, 'acknowledged')
        self.stop(role)
        acts = self.sql("SELECT value FROM meta WHERE key = 'acts_taken'")
        role = self.start('--conf', conf)
        time.sleep(2)
        self.stop(role)
        self.assertEqual(self.sql("SELECT value FROM meta WHERE key = 'acts_taken'"), acts)
        self.assertEqual(len({json.loads(line)['id'] for line in self.logged()}),
                         len([json.loads(line)['id'] for line in self.logged()]))

    def test_nobody_reached(self):
        """The next one is asked at once; nobody waits ten minutes for an answer to what never went out."""
        self.program = self.hook('case "$line" in *\'"person":"alice"\'*) exit 3;; esac\n'
                                 'printf "%s\\n" "$line" >>$LOG')
        incident, conf = self.incident()
        role = self.start('--conf', conf)
        self.wait(self.given, 'a page', role, seconds=30)
        given = self.given()
        self.assertEqual((given['incident'], given['person'], given['why']), (incident, 'bob', 'escalated'))
        self.stop(role)

    def test_no_longer_needed(self):
        """A gateway that comes back wakes nobody for what somebody else has by now."""
        broken = os.path.join(self.dir, 'broken')
        self.program = self.hook(f'printf "%s\\n" "$line" >>$LOG; test ! -e {broken}')
        with open(broken, 'w', encoding='utf-8'):
            pass
        incident, conf = self.incident()
        role = self.start('--conf', conf)
        self.wait(lambda: len([g for g in map(json.loads, self.logged()) if g['incident']]) >= 2,
                  'that both were tried', role)
        self.verb('ack', incident, '--by', 'bob')
        self.alarm_is(role, 'acknowledged')
        os.unlink(broken)

        def ended():
            pages = json.loads(self.verb('show', incident, '--json').stdout)['pages']
            return {p['person']: p for p in pages if p['state'] in ('sent', 'failed')}
        self.wait(lambda: len(ended()) == 2, 'that both pages ended', role)
        self.assertEqual(ended()['alice']['state'], 'failed')
        self.assertIn('no longer needed: somebody else has it', ended()['alice']['last_failure'])
        self.assertEqual(ended()['bob']['state'], 'sent')
        self.stop(role)

    def test_restart_pages_nobody_again(self):
        _, conf = self.incident()
        for _ in range(5):
            role = self.start('--conf', conf)
            self.wait(self.given, 'a page', role)
            time.sleep(1.2)
            self.kill(role)
        ids = [json.loads(line)['id'] for line in self.logged() if json.loads(line)['incident']]
        self.assertEqual(len(ids), 1, ids)

    def test_a_drill_says_so(self):
        _, conf = self.incident('--drill')
        role = self.start('--conf', conf)
        self.wait(self.given, 'a page', role)
        given = self.given()
        self.assertTrue(given['drill'])
        self.assertTrue(given['text'].startswith('DRILL'), given['text'])
        self.stop(role)
        self.assertTrue(self.verb('list', '--all').stdout.startswith('DRILL / 訓練\n'))

    def test_test_pages(self):
        hook = self.hook('printf "%s\\n" "$line" >>$LOG\n'
                         'case "$line" in *alice*) exit 0;; esac; echo no such number; exit 1')
        conf = self.conf(f'  program: {hook}\n')
        done = run('page', 'test', '--db', self.db, '--conf', conf)
        self.assertEqual(done.returncode, STORE)
        role = self.start('--conf', conf)
        done = run('page', 'test', '--db', self.db, '--conf', conf, '--to', 'alice')
        self.assertEqual((done.returncode, done.stdout), (GOOD, f'alice  program  {hook}  sent\n'))
        given, = map(json.loads, self.logged())
        self.assertEqual((given['kind'], given['why'], given['person'], given['phone'], given['incident']),
                         ('test', 'test', 'alice', '+81-3-5550-0100', None))
        done = run('page', 'test', '--db', self.db, '--conf', conf, '--json')
        self.assertEqual(done.returncode, REFUSED, done.stderr)
        self.assertEqual({(o['person'], o['state'], o['why']) for o in map(json.loads, done.stdout.splitlines())},
                         {('alice', 'sent', ''), ('bob', 'failed', 'exit status 1: no such number')})
        for to, sentence in (('alcie', 'did you mean alice?'), ('zzzzzzzz', 'nobody in duty.people')):
            done = run('page', 'test', '--db', self.db, '--conf', conf, '--to', to)
            self.assertEqual(done.returncode, USAGE)
            self.assertIn(sentence, done.stderr)
        self.stop(role)

    def test_exact_errors(self):
        incident, conf = self.incident()
        self.assertIn('no courier has run here yet', self.verb('list', status=STORE).stderr)
        role = self.start('--conf', conf)
        self.wait(self.given, 'a page', role)
        near = incident[:-1] + ('0' if incident[-1] != '0' else '1')
        self.assertIn(f'did you mean {incident}?', self.verb('ack', near, status=STORE).stderr)
        self.assertIn('see noroshi page list --all', self.verb('show', 'zz', status=STORE).stderr)
        for args, message in [
                ([], 'say --for DURATION or --until TIME'),
                (['--for', '1h', '--until', '07:30'], 'say --for DURATION or --until TIME'),
                (['--until', '25:00'], 'a time like 07:30'),
                (['--until', '2008-08-08T12:00:00Z'], 'that is past'),
                (['--for', '8d'], 'seven days at most'),
                (['--for', '1h', '--by', 'a\x1bb'], 'a name of one line')]:
            self.assertIn(message, self.verb('snooze', incident, *args, status=USAGE).stderr)
        self.assertEqual(self.sql('SELECT count(*) FROM acts')[0][0], 0)
        self.verb('snooze', incident, '--until', '07:30')
        until = json.loads(self.sql('SELECT body FROM acts')[0][0])['until']
        self.assertTrue(until.endswith(':30:00.000000Z'), until)
        self.stop(role)
        done = run('courier', '--db', self.db)
        self.assertEqual(done.returncode, USAGE)
        self.assertIn('say --conf FILE', done.stderr)
        bad = self.path('bad.yaml', 'duty:\n  poeple: []\n')
        done = run('courier', '--db', self.db, '--conf', bad)
        self.assertEqual(done.returncode, CONF)
        self.assertIn('bad.yaml:2:3', done.stderr)

    def test_reload(self):
        incident, conf = self.incident()
        with open(conf, encoding='utf-8') as f:
            good = f.read()
        role = self.start('--conf', conf)
        self.wait(self.given, 'a page', role)
        self.path('noroshi.yaml', 'duty: [')
        role.send_signal(signal.SIGHUP)
        self.wait(lambda: 'reload-refused' in self.stderr(), 'that it is refused', role)
        self.path('noroshi.yaml', good)
        role.send_signal(signal.SIGHUP)
        self.wait(lambda: 'reloaded' in self.stderr(), 'that it is in force', role)
        self.stop(role)

    def test_marked_as_false(self):
        """What other verbs write is taken too, and once more by whoever starts anew."""
        incident, conf = self.incident()
        role = self.start('--conf', conf)
        self.wait(self.given, 'a page', role)

        def mute():
            return next(a['mute'] for a in self.alarms('--all') if a['kind'] == 'incident')
        self.assertEqual(mute(), 'none')
        for _ in range(2):
            done = run('incident', 'mark', incident, 'false', '--reason', 'a load test', '--db', self.db)
            self.assertEqual(done.returncode, GOOD, done.stderr)
            self.wait(lambda: mute() == 'false', 'that it is taken', role)
            self.kill(role)
            role = self.start('--conf', conf)
            time.sleep(2)
            self.assertEqual(mute(), 'false')
        done = run('incident', 'mark', incident, 'true', '--reason', 'it was one', '--db', self.db)
        self.assertEqual(done.returncode, GOOD, done.stderr)
        self.wait(lambda: mute() == 'none', 'that it is taken back', role)
        self.stop(role)

    def test_watch_comes_later(self):
        """The courier starts first; the store of the watch is made under its eyes."""
        conf = self.conf(f'  program: {self.program}\n')
        role = self.start('--conf', conf)
        time.sleep(1.5)
        incident, _ = self.incident()
        self.wait(lambda: any(a['ref'] == incident for a in self.alarms('--all')), 'the alarm', role)
        self.stop(role)

    def told(self, *more):
        """A case by a notice about the attack of incident(), before that is in the store."""
        db, self.db = self.db, os.path.join(self.dir, 'scratch')
        incident, conf = self.incident()
        facts = json.loads(run('incident', 'show', incident, '--json', '--db', self.db).stdout)
        self.db = db
        done = run('case', 'open', '--form', 'partner', '--target', facts['targets'][0], '--vector',
                   'SYN flood', '--since', facts['first'], '--for', 'team', '--json',
                   *[m.format(**facts) for m in more], '--db', self.db)
        self.assertEqual(done.returncode, 0, done.stderr)
        return incident, conf, json.loads(done.stdout)['case']

    def of_case(self, verb, case, circle, lang='C'):
        """What a verb says of it to that circle."""
        done = run(*verb, '--circle', circle, '--db', self.db, lang=lang)
        self.assertEqual(done.returncode, 0, done.stderr)
        return case in ''.join(done.stdout.split()), ' '.join(done.stdout.split())

    def test_attack_after_the_notice(self):
        """The case is there first; what is certain is joined by the courier, with a line of the log."""
        incident, conf, case = self.told('--until', '{last}')
        role = self.start('--conf', conf)
        self.incident()
        self.wait(lambda: '"incident"' in run('case', 'show', case, '--json', '--circle', 'team', '--db',
                                              self.db).stdout, 'the join', role)
        self.stop(role)
        shown = json.loads(run('case', 'show', case, '--json', '--circle', 'team', '--db', self.db).stdout)
        joined, = [e for e in shown['entries'] if e['kind'] == 'incident']
        self.assertEqual((joined['incident']['id'], joined['automatic'], joined['by'], joined['circle']),
                         (incident, True, 'noroshi courier', 'team'))
        self.assertEqual(joined['fit']['target'], 'same')
        self.assertIn('対象が同じ', run('case', 'show', case, '--circle', 'team', '--lang', 'ja', '--db',
                                        self.db).stdout)
        self.assertIn('noroshi courier', run('case', 'audit', '--circle', 'team', '--db', self.db).stdout)
        verify = run('case', 'audit', '--verify', '--circle', 'all', '--db', self.db)
        self.assertEqual(verify.returncode, 0, verify.stderr)
        for verb in (['incident', 'show', incident], ['brief', incident], ['handover']):
            there, text = self.of_case(verb, case, 'team')
            self.assertIn(f'part of case {case}', text)
            self.assertIn(f'案件 {case} の一部', self.of_case(verb, case, 'team', 'ja_JP.UTF-8')[1])
            for circle in ('company', 'desk'):
                there, text = self.of_case(verb, case, circle)
                self.assertFalse(there or 'part of case' in text, text)
        shown = json.loads(run('incident', 'show', incident, '--json', '--circle', 'team', '--db',
                               self.db).stdout)
        self.assertEqual(shown['case'], {'case': case, 'proposed': False})

    def test_likely_is_only_proposed(self):
        """Without an end of the told time nothing is certain: it is said, and left to people."""
        incident, conf, case = self.told()
        role = self.start('--conf', conf)
        self.incident()
        self.wait(self.given, 'a page', role)
        time.sleep(3)
        self.stop(role)
        self.assertNotIn('"incident"', run('case', 'show', case, '--json', '--circle', 'team', '--db',
                                           self.db).stdout)
        for verb in (['incident', 'show', incident], ['brief', incident], ['handover']):
            text = self.of_case(verb, case, 'team')[1]
            self.assertIn(f'very likely part of case {case}', text)
            if verb != ['brief', incident]:
                self.assertIn(f'(noroshi case join {case} {incident})', text)
            self.assertFalse(self.of_case(verb, case, 'company')[0])

    def test_json_of_the_role(self):
        _, conf = self.incident()
        done = run('courier', '--conf', conf, '--db', self.db, '--json', '--for', '3')
        self.assertEqual(done.returncode, GOOD, done.stderr)
        pages = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertIn('alice', {p['person'] for p in pages})
        self.assertEqual({p['channel'] for p in pages}, {'program'})


if __name__ == '__main__':
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
