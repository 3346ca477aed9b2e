// Runs test files as a user who is not root, made for it, in a network and a mount namespace of his own:
//
//   node scripts/test-as-user.mjs [--sub-ids usual|none] [--way-out pasta|slirp4netns|none] [FILE...]
//
// Without files: the e2e tier, but for what takes root. Needs root, useradd, setpriv, unshare, ip, newuidmap and a built dist/.
// What the user must not have is hidden from him, whatever the machine has. The report of vitest goes to $TCOMPOSE_TEST_REPORT, if set.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endToEnd } from './user-tests.mjs';

const words = process.argv.slice(2);
const option = (name, otherwise) => {
  const at = words.indexOf(`--${name}`);
  return at < 0 ? otherwise : words.splice(at, 2)[1];
};
const subIds = option('sub-ids', 'usual');
const wayOut = option('way-out', 'pasta');
const files = words.length > 0 ? words : endToEnd;

const name = `tcu${process.pid}`;
const base = mkdtempSync(join(tmpdir(), 'tcu-'));
chmodSync(base, 0o755);
const places = Object.fromEntries(['home', 'tmp', 'run'].map((one) => [one, join(base, one)]));

function must(command, ...args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command}: ${error?.message ?? stderr}`);
  return stdout.trim();
}

function makeUser() {
  const count = subIds === 'none' ? 0 : 65_536;
  must(
    'useradd',
    '-M',
    '-d',
    places.home,
    '-K',
    `SUB_UID_COUNT=${count}`,
    '-K',
    `SUB_GID_COUNT=${count}`,
    name,
  );
  const [uid, gid] = [Number(must('id', '-u', name)), Number(must('id', '-g', name))];
  writeFileSync(join(base, 'resolv.conf'), 'nameserver 127.0.0.1\n');
  for (const place of Object.values(places)) {
    mkdirSync(place, { mode: 0o700 });
    chownSync(place, uid, gid);
  }
  return { uid, gid };
}

/** The way out that is asked for, and no other: a device that he may open, programs that he can't run. */
function enclosure() {
  const hidden = ['pasta', 'slirp4netns'].filter((program) => program !== wayOut);
  const hide = hidden.map(
    (program) =>
      `for f in /usr/bin/${program} /usr/local/bin/${program}; do [ ! -e $f ] || mount --bind /dev/null $f; done`,
  );
  return [
    'set -e',
    'ip link set lo up',
    // A machine with a network, as far as anybody in it can tell.
    'ip link add out type veth peer name peer',
    'ip addr add 203.0.113.7/24 dev out',
    'ip link set out up',
    'ip link set peer up',
    'ip route add default via 203.0.113.1',
    // Answers at once that nobody is there, where another machine's would be waited for.
    `mount --bind ${join(base, 'resolv.conf')} /etc/resolv.conf`,
    'mkdir -p /dev/net',
    'mount -t tmpfs tcu /dev/net',
    ...(wayOut === 'none' ? [] : ['mknod -m 666 /dev/net/tun c 10 200']),
    // One for file systems by programs, as udev makes it.
    ...(wayOut === 'none' || !existsSync('/dev/fuse')
      ? []
      : ['mknod -m 666 /dev/net/fuse c 10 229', 'mount --bind /dev/net/fuse /dev/fuse']),
    ...hide,
    'exec "$@"',
  ].join('\n');
}

async function runTests({ uid, gid }) {
  const report = process.env.TCOMPOSE_TEST_REPORT;
  const reporters = report
    ? ['--reporter=default', '--reporter=json', `--outputFile=${join(places.tmp, 'report.json')}`]
    : [];
  const env = {
    HOME: places.home,
    USER: name,
    PATH: process.env.PATH,
    TMPDIR: places.tmp,
    XDG_RUNTIME_DIR: places.run,
    LANG: 'C.UTF-8',
    ...(process.env.NO_COLOR ? { NO_COLOR: process.env.NO_COLOR } : {}),
  };
  const as = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--init-groups', '--inh-caps=-all'];
  const vitest = [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--configLoader',
    'runner',
    '--no-cache',
    ...reporters,
  ];
  const running = spawn(
    'unshare',
    [
      '-mn',
      '--propagation',
      'slave',
      'sh',
      '-c',
      enclosure(),
      'sh',
      ...as,
      process.execPath,
      ...vitest,
      ...files,
    ],
    { env, stdio: 'inherit' },
  );
  // Who ends this script is to find nothing of the user's afterwards.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => running.kill('SIGKILL'));
  const [status] = await once(running, 'exit');
  if (report && existsSync(join(places.tmp, 'report.json')))
    must('cp', join(places.tmp, 'report.json'), report);
  return status ?? 1;
}

/** What a failed test has left: his processes by their owner, then all he has. */
function removeUser(uid) {
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      if (statSync(`/proc/${pid}`).uid === uid) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }
  must('userdel', '-f', name);
}

let status = 1;
let user;
try {
  user = makeUser();
  status = await runTests(user);
} finally {
  if (user) removeUser(user.uid);
  rmSync(base, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
process.exit(status);
