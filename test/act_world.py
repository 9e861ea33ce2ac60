# SPDX-License-Identifier: ISC
"""A small internet for the tests of measures: network namespaces with ExaBGP as speaker, BIRD and GoBGP as
receivers, a store with attacks that go on, and the role between them."""
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest

GOOD, USAGE, GUARD, LAW, ROUTER = 0, 2, 3, 4, 5
NEEDED = ['ip', 'exabgp', 'bird', 'birdc', 'gobgpd', 'gobgp']
NOBODY = 65534

BIRD = '''log "{dir}/bird.log" all;
router id 10.99.2.2;
ipv4 table master4 {{ trie yes; }};
flow4 table fs4;
flow6 table fs6;
protocol device {{ scan time 1; }}
protocol direct {{ ipv4; ipv6; }}
filter rtbh4 {{ if (65535,666) ~ bgp_community then {{ dest = RTD_BLACKHOLE; accept; }} accept; }}
filter rtbh6 {{ if (65535,666) ~ bgp_community then {{ dest = RTD_BLACKHOLE; accept; }} accept; }}
protocol kernel k4 {{ ipv4 {{ export where source = RTS_BGP; }}; }}
protocol kernel k6 {{ ipv6 {{ export where source = RTS_BGP; }}; }}
protocol bgp hub {{
	local 10.99.2.2 as 64502;
	neighbor 10.99.2.1 as 64500;
	connect delay time 1;
	connect retry time 1;
	error wait time 1, 2;
	ipv4 {{ import filter rtbh4; export none; }};
	ipv6 {{ import filter rtbh6; export none; }};
	flow4 {{ table fs4; import all; export none; }};
	flow6 {{ table fs6; import all; export none; }};
}}
'''

# A rule counts only where the best route of its destination came from the same neighbour (RFC 8955
# section 6); what is below that route is found in a table with a trie.
VALIDATES = BIRD.replace('flow4 {{ table fs4; import all;',
                         'flow4 {{ table fs4; base table master4; validate on; import all;')

GOBGP = '''[global.config]
  as = 64501
  router-id = "10.99.1.2"
[[neighbors]]
  [neighbors.config]
    neighbor-address = "10.99.1.1"
    peer-as = 64500
  [neighbors.timers.config]
    connect-retry = 1
'''
FAMILIES = ['ipv4-unicast', 'ipv6-unicast', 'ipv4-flowspec', 'ipv6-flowspec']

WORDS = {'purpose': 'keep the customer and its neighbours reachable during this attack',
         'necessity': 'the attack fills the line and the customer cannot end it alone',
         'weaker': 'a rate limit would drop the customers of the site as well'}


def missing():
    """Why these tests cannot run here, or None."""
    gone = [name for name in NEEDED if not shutil.which(name)]
    if gone:
        return 'not installed: ' + ', '.join(gone)
    if os.geteuid() != 0:
        return 'only root makes network namespaces'
    return None if may_unshare() else 'no network namespaces here'


def may_unshare():
    return subprocess.run(['unshare', '-n', 'true'], check=False, capture_output=True).returncode == 0


class Space:
    """A network namespace; programs run in it."""

    def __init__(self, name):
        self.name = f'nsh{os.getpid()}-{name}'
        sh('ip', 'netns', 'add', self.name)
        self.run('ip', 'link', 'set', 'lo', 'up')

    def command(self, *args):
        return ['ip', 'netns', 'exec', self.name, *args]

    def run(self, *args):
        return sh(*self.command(*args))

    def end(self):
        subprocess.run(['ip', 'netns', 'delete', self.name], check=False, capture_output=True)


def sh(*args):
    done = subprocess.run(args, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f'{" ".join(args)}: {done.returncode} {done.stdout}{done.stderr}')
    return done.stdout


def wire(one, other, net, a, b, net6):
    """A veth pair between two namespaces."""
    left, right = f'v{net}a', f'v{net}b'
    sh('ip', 'link', 'add', left, 'netns', one.name, 'type', 'veth', 'peer', 'name', right, 'netns',
       other.name)
    for space, name, v4, v6 in ((one, left, a, '1'), (other, right, b, '2')):
        space.run('ip', 'address', 'add', f'{v4}/30', 'dev', name)
        space.run('ip', 'address', 'add', f'{net6}{v6}/64', 'dev', name, 'nodad')
        space.run('ip', 'link', 'set', name, 'up')


class Net:
    """hub (ExaBGP and the role), bird, gobgp."""

    def __init__(self):
        self.hub, self.bird, self.gobgp = Space('hub'), Space('bird'), Space('gobgp')
        wire(self.hub, self.bird, 2, '10.99.2.1', '10.99.2.2', '2001:db8:99:2::')
        wire(self.hub, self.gobgp, 1, '10.99.1.1', '10.99.1.2', '2001:db8:99:1::')

    def end(self):
        for space in (self.hub, self.bird, self.gobgp):
            space.end()


NEIGHBORS = '''    - name: bird
      kind: exabgp
      point: own_border
      takes: [rtbh, flowspec, diversion]
      address: 10.99.2.2
      local_address: 10.99.2.1
      local_as: 64500
      peer_as: 64502
      router_id: 10.99.0.1
      next_hop6: "2001:db8:99:2::1"
      redirect: "64500:666"
      max_rules: 4000
      max_changes: 10000
    - name: gobgp
      kind: exabgp
      point: peering
      takes: [rtbh, flowspec, diversion]
      address: 10.99.1.2
      local_address: 10.99.1.1
      local_as: 64500
      peer_as: 64501
      router_id: 10.99.0.1
      next_hop6: "2001:db8:99:1::1"
      redirect: "64500:666"
      max_rules: 4000
      max_changes: 10000
'''
BOX = '''    - name: box
      kind: nftables
      point: host
      takes: [nftables]
      table: noroshi_test
      max_rules: 4000
      max_changes: 10000
'''
APPROVERS = '''    - {name: alice, user: root}
    - {name: bob, user: nobody}
'''
OVERRIDE = '  override: {by: Alice Example, date: 2026-11-01, note: counsel answers within the month}\n'


class World:
    """One directory: configuration, store, daemons. Everything it started ends with it."""

    def __init__(self, program, net=None):
        self.program, self.net = program, net
        self.dir = tempfile.mkdtemp(prefix='noroshi-act-')
        os.chmod(self.dir, 0o755)
        self.db = os.path.join(self.dir, 'store')
        self.conf = os.path.join(self.dir, 'noroshi.yaml')
        self.children = []
        self.base = None
        self.env = {}       # of every program, beside the usual

    # ---- files ----

    def path(self, name, text=None, mode=0o644):
        path = os.path.join(self.dir, name)
        if text is not None:
            with open(path, 'w', encoding='utf-8') as f:
                f.write(text)
            os.chmod(path, mode)
        return path

    def configure(self, act='', neighbors=NEIGHBORS, approvers=APPROVERS, override=OVERRIDE, more='',
                  agreed=True):
        """@act: keys of `act`; @more: keys beside it."""
        text = self.base or ''
        if agreed:
            for kind in ('site', 'office', 'campus'):
                text = agree(text, kind)
        text += more + 'act:\n' + override + act
        if approvers:
            text += '  approvers:\n' + approvers
        if neighbors:
            text += '  neighbors:\n' + neighbors
        self.path('noroshi.yaml', text)
        return self.conf

    def attack(self, scenario):
        """The drill's attack, read into the store as one that goes on. Its incident's id."""
        capture = self.path(scenario)
        self.check('drill', 'write', scenario, capture, '--yaml', '--format', 'ipfix', '--exporters', '2',
                   conf=False)
        if self.base is None:
            with open(capture + '.yaml', encoding='utf-8') as f:
                self.base = f.read()
        self.check('read', '--conf', capture + '.yaml', capture)
        os.unlink(capture)
        with self.watch() as db:
            found, = db.execute('SELECT id FROM incidents WHERE state = ?', ('closed',)).fetchone()
            db.execute("UPDATE incidents SET state = 'open', revision = revision + 1, json = json_set("
                       "json, '$.state', 'open', '$.revision', revision + 1, '$.exporters', "
                       "json('[\"router-1\",\"router-2\"]'))")
        return found

    def copy(self, incident, target, number, **values):
        """The same attack on another target; @values: keys of its JSON. Its id."""
        name = f'n{number:012x}'
        sets = {'id': name, 'targets': [target], 'object': None, **values}
        with self.watch() as db:
            row = dict(zip([c[1] for c in db.execute('PRAGMA table_info(incidents)')],
                           db.execute('SELECT * FROM incidents WHERE id = ?', (incident,)).fetchone()))
            body = json.loads(row['json'])
            body.update(sets)
            row.update(id=name, target=target, object=sets['object'], json=json.dumps(body),
                       state=body['state'], revision=body['revision'], target_low=None,
                       target_high=None)
            db.execute(f'INSERT INTO incidents ({", ".join(row)}) VALUES ({", ".join("?" * len(row))})',
                       list(row.values()))
        return name

    def change(self, incident, **values):
        with self.watch() as db:
            body, = db.execute('SELECT json FROM incidents WHERE id = ?', (incident,)).fetchone()
            body = json.loads(body)
            body.update(values, revision=body['revision'] + 1)
            db.execute('UPDATE incidents SET json = ?, state = ?, revision = ? WHERE id = ?',
                       (json.dumps(body), body['state'], body['revision'], incident))

    def watch(self):
        return Rows(os.path.join(self.db, 'watch.db'))

    def desk(self):
        return Rows(os.path.join(self.db, 'desk.db'))

    # ---- commands ----

    def run(self, *args, conf=True, user=0, lang='C', space=True):
        command = [self.program, *args]
        if conf:
            command += ['--db', self.db] + ([] if '--conf' in args else ['--conf', self.conf])
        if user:
            command = ['setpriv', f'--reuid={user}', '--regid=0', '--clear-groups', *command]
        if self.net and space:      # the namespace first: only root may enter it
            command = self.net.hub.command(*command)
        env = dict(os.environ, LANG=lang, LC_ALL=lang, TZ='UTC', **self.env)

        return subprocess.run(command, capture_output=True, text=True, env=env, timeout=120, check=False)

    def check(self, *args, **kwargs):
        done = self.run(*args, **kwargs)
        if done.returncode:
            raise AssertionError(f'{args}: {done.returncode} {done.stdout}{done.stderr}')
        return done.stdout

    def plan(self, incident):
        return json.loads(self.check('plan', '--json', incident))

    def option(self, incident, kind, point='bird'):
        plan = self.plan(incident)
        for option in plan['options']:
            if option['kind'] == kind and option.get('point', '') == point:
                return option
        raise AssertionError(f'no {kind} at {point}: '
                             f'{[(o["kind"], o.get("point"), o["allowed"]) for o in plan["options"]]}')

    def start_args(self, incident, option, until='10m', **words):
        said = {**WORDS, 'basis': option['basis'][0] if option['basis'] else 'none', 'until': until, **words}
        args = ['act', 'start', incident, '--option', str(option.get('number', option.get('option')))]
        for key, value in said.items():
            if value is not None:
                args += ['--' + key.replace('_', '-')] + ([] if value is True else [value])
        return args

    def start(self, incident, kind='rtbh', point='bird', user=0, **words):
        """(done, option)"""
        option = self.option(incident, kind, point)
        return self.run(*self.start_args(incident, option, **words), user=user), option

    def started(self, *args, **kwargs):
        """The measure's id."""
        done, option = self.start(*args, **kwargs)
        if done.returncode:
            raise AssertionError(f'{option["why_not"]} {done.returncode} {done.stdout}{done.stderr} '
                                 f'{self.log("act")[-1500:]}')
        return done.stdout.split()[0]

    def measures(self):
        return [json.loads(line) for line in self.check('act', 'list', '--all', '--json').splitlines()]

    def stage(self, measure):
        return next(m['stage'] for m in self.measures() if m['id'] == measure)

    def audit(self):
        """[(act, actor, body)] of the log, oldest first."""
        with self.desk() as db:
            return db.execute('SELECT act, actor, body FROM audit ORDER BY seq').fetchall()

    # ---- daemons ----

    def spawn(self, name, command, space=None, env=None):
        with open(self.path(name + '.out'), 'ab') as out:
            child = subprocess.Popen(space.command(*command) if space else command, stdout=out,
                                     stderr=out, stdin=subprocess.DEVNULL, start_new_session=True,
                                     env=dict(os.environ, LANG='C', LC_ALL='C', TZ='UTC', **self.env, **(env or {})))
        self.children.append(child)
        return child

    def log(self, name):
        try:
            with open(self.path(name + '.out'), encoding='utf-8', errors='replace') as f:
                return f.read()
        except FileNotFoundError:
            return ''

    def begin_act(self):
        role = self.spawn('act', [self.program, 'act', '--conf', self.conf, '--db', self.db],
                          self.net.hub if self.net else None)
        self.wait(self.answers, 'the role', role)
        return role

    def answers(self):
        try:
            return Door(self).ask(do='status')['exit'] == GOOD
        except (OSError, ValueError):
            return False

    def begin_exabgp(self, commands=None):
        """@commands: a pipe by name, over which the test may give ExaBGP commands of its own."""
        text = self.check('act', 'exabgp-conf')
        if commands:
            text = text.replace('[ noroshi ]', '[ noroshi, test ]')
            text += f'process test {{\n\trun /bin/cat {commands};\n\tencoder text;\n}}\n'
        conf = self.path('exabgp.conf', text)
        return self.spawn('exabgp', ['exabgp', conf], self.net.hub,
                          {'exabgp.daemon.user': 'root', 'exabgp.api.cli': 'false',
                           'exabgp.log.destination': 'stderr', 'exabgp.log.level': 'INFO',
                           'exabgp.daemon.drop': 'false', 'exabgp.tcp.once': 'false'})

    def begin_bird(self, template=BIRD):
        conf = self.path('bird.conf', template.format(dir=self.dir))
        return self.spawn('bird', ['bird', '-f', '-c', conf, '-s', self.path('bird.ctl')], self.net.bird)

    def begin_gobgp(self):
        conf = GOBGP + ''.join(f'  [[neighbors.afi-safis]]\n    [neighbors.afi-safis.config]\n'
                               f'      afi-safi-name = "{name}"\n' for name in FAMILIES)
        return self.spawn('gobgp', ['gobgpd', '-f', self.path('gobgp.toml', conf), '--api-hosts',
                                    '127.0.0.1:50051'], self.net.gobgp)

    def neighbor_up(self, name):
        done = self.run('act', 'list')
        return f'neighbour {name}: up' in done.stdout

    def wait_up(self, *names, seconds=60):
        for name in names:
            self.wait(lambda n=name: self.neighbor_up(n), f'session of {name}', seconds=seconds)

    def kill(self, child):
        """The whole session of what was spawned, at once."""
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        child.wait()

    @staticmethod
    def commands():
        """(pid, words) of what runs on this machine."""
        for name in os.listdir('/proc'):
            try:
                with open(f'/proc/{name}/cmdline', 'rb') as f:
                    yield int(name), f.read().split(b'\0')
            except (OSError, ValueError):
                continue

    def relay(self):
        """Pid of the relay that ExaBGP runs."""
        for pid, words in self.commands():
            if words[1:3] == [b'act', b'pipe'] and self.db.encode() in words[3]:
                return pid
        return None

    def left(self):
        """What ExaBGP ran has a session of its own: it outlives ExaBGP, and waits on a pipe by name for ever."""
        relay, pipe = self.relay(), self.path('commands').encode()
        return ([relay] if relay else []) + [pid for pid, words in self.commands()
                                             if words[0].endswith(b'cat') and words[1:2] == [pipe]]

    def end(self):
        for child in self.children:
            if child.poll() is None:
                self.kill(child)
        for pid in self.left():
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.dir, ignore_errors=True)

    # ---- what others see ----

    def blackholes(self, v6=False):
        return {line.split()[1] for line in self.net.bird.run(
            'ip', *(['-6'] if v6 else ['-4']), 'route', 'show', 'type', 'blackhole').splitlines()}

    def bird_flows(self, v6=False):
        out = self.net.bird.run('birdc', '-s', self.path('bird.ctl'), 'show', 'route', 'table',
                                'fs6' if v6 else 'fs4', 'all')
        return out

    def gobgp_flows(self, v6=False):
        return self.net.gobgp.run('gobgp', '-p', '50051', 'global', 'rib', '-a',
                                  'ipv6-flowspec' if v6 else 'ipv4-flowspec')

    def wait(self, condition, what, child=None, seconds=30, pause=0.02):
        until = time.monotonic() + seconds
        while True:
            got = condition()
            if got:
                return got
            if child and child.poll() is not None:
                raise AssertionError(f'{what}: ended with {child.returncode}: {self.logs()}')
            if time.monotonic() > until:
                raise AssertionError(f'{what}: not within {seconds} s: {self.logs()}')
            time.sleep(pause)

    def logs(self):
        return '\n'.join(f'--- {n}: {self.log(n)[-1500:]}' for n in ('act', 'exabgp', 'bird', 'gobgp'))


ORDER = '''    - name: order-{object}
      object: {object}
      kind: rtbh
      basis: consent
      purpose: keep the customer and its neighbours reachable during this attack
      necessity: the attack fills the line and the customer cannot end it alone
      weaker: a rate limit would drop the customers of the site as well
      longest: 10m
      per_day: 10
      approvers: [alice]
      review: 2099-01-01
'''


def orders(*objects):
    return '  standing:\n' + ''.join(ORDER.format(object=name) for name in objects)


def agree(text, kind):
    """Consents for every protected object whose name begins with @kind."""
    lines, out = text.split('\n'), []
    for i, line in enumerate(lines):
        out.append(line)
        if line.startswith('    line:') and f'name: {kind}' in lines[i - 2]:
            out.append('    measures:')
            out += [f'      - {{kind: {k}, consent: K-2026-7, max: 24h}}'
                    for k in ('blackhole', 'filter', 'scrubbing')]
    return '\n'.join(out)


class Rows:
    """A database as a context: committed at its end."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.db = sqlite3.connect(self.path, timeout=60, isolation_level=None)
        self.db.execute('BEGIN IMMEDIATE')
        return self.db

    def __exit__(self, kind, value, trace):
        self.db.execute('COMMIT' if kind is None else 'ROLLBACK')
        self.db.close()


class Door:
    """The role's socket, without a command in between: one connection for each request."""

    def __init__(self, world):
        self.path = os.path.join(world.db, 'act.sock')

    def ask(self, **request):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(60)
            sock.connect(self.path)
            sock.sendall(json.dumps(request).encode() + b'\n')
            said = b''
            while not said.endswith(b'\n'):
                part = sock.recv(65536)
                if not part:
                    break
                said += part
        return json.loads(said)

    def start(self, incident, option, seconds=600):
        reply = self.ask(do='start', incident=incident, option=option['option'], basis=option['basis'][0],
                         until=int((time.time() + seconds) * 1e6), consent='K-2026-7', **WORDS)
        if reply['exit']:
            raise AssertionError(reply)
        return reply['id']


class Monitor(threading.Thread):
    """When blackholes came into the kernel of BIRD's namespace, and when they went."""

    def __init__(self, net):
        super().__init__(daemon=True)
        self.came, self.went = {}, {}
        self.child = subprocess.Popen(net.bird.command('ip', 'monitor', 'route'), stdout=subprocess.PIPE,
                                      text=True)
        self.start()
        time.sleep(0.3)

    def run(self):
        for line in self.child.stdout:
            now, words = time.time(), line.split()
            if 'blackhole' in words:
                target = words[words.index('blackhole') + 1]
                (self.went if words[0] == 'Deleted' else self.came).setdefault(target, now)

    def wait(self, target, seconds=30):
        until = time.monotonic() + seconds
        while target not in self.came and time.monotonic() < until:
            time.sleep(0.001)
        return self.came[target]

    def end(self):
        self.child.kill()
        self.child.wait()
        self.join()
        self.child.stdout.close()


class Case(unittest.TestCase):
    """@daemons: which of act, exabgp, bird, gobgp run from the beginning."""
    program, scenario, daemons, act = None, 'syn-real', ('bird', 'exabgp', 'act'), ''
    neighbors = NEIGHBORS

    @classmethod
    def setUpClass(cls):
        why = missing()
        if why:
            raise unittest.SkipTest(why)

    def setUp(self):
        self.net = Net()
        self.addCleanup(self.net.end)
        self.world = World(self.program, self.net)
        self.addCleanup(self.world.end)
        self.incident = self.world.attack(self.scenario)
        self.world.configure(self.act, self.neighbors)
        for name in ('bird', 'gobgp', 'act', 'exabgp'):
            if name in self.daemons:
                setattr(self, name, getattr(self.world, 'begin_' + name)())
        if 'exabgp' in self.daemons and 'act' in self.daemons:
            self.world.wait_up(*[n for n in ('bird', 'gobgp') if n in self.daemons])
