// Lists whatever of tcompose is left on this machine: processes, mounts, links, nft tables, cgroups, directories.
// As a program: prints the list and exits 1 when there is anything. `--before FILE` ignores what FILE already listed
// (one line each), so that a developer's own engine may run beside the tests.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const lines = (file) => {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
};

function processes() {
  const found = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === process.pid) continue;
    let exe = '';
    try {
      exe = readlinkSync(`/proc/${pid}/exe`);
    } catch {
      continue;
    }
    const argv = lines(`/proc/${pid}/cmdline`).join('').split('\0');
    const ours =
      exe.includes('tcompose-shim') ||
      /^tcompose-(keeper|shim|exec|init)/.test(argv[0] ?? '') ||
      /engine\.cjs$/.test(argv[1] ?? '');
    if (ours) found.push(`process ${pid} ${argv.join(' ').trim().slice(0, 120)}`);
  }
  return found;
}

const mounts = () =>
  lines('/proc/self/mountinfo')
    .filter((line) => /tcompose/.test(line.split(' ')[4]))
    .map((line) => `mount ${line.split(' ')[4]}`);

const links = () =>
  readdirSync('/sys/class/net')
    .filter((name) => /^tc[0-9a-f]{8}/.test(name))
    .map((name) => `link ${name}`);

function netTables() {
  const nft = spawnSync('nft', ['list', 'ruleset'], { encoding: 'utf8' });
  if (nft.error) {
    console.error('leak check: nft is not installed (Debian: nftables), so nft tables are not looked at');
    return [];
  }
  return nft.stdout
    .split('\n')
    .filter((line) => /tcompose/.test(line))
    .map((line) => `nft ${line.trim()}`);
}

function cgroups() {
  const found = [];
  const look = (dir) => {
    if (!existsSync(dir)) return;
    for (const name of readdirSync(dir)) if (/^tcompose-/.test(name)) found.push(`cgroup ${join(dir, name)}`);
  };
  look('/sys/fs/cgroup');
  for (const name of existsSync('/sys/fs/cgroup') ? readdirSync('/sys/fs/cgroup') : []) {
    try {
      look(join('/sys/fs/cgroup', name));
    } catch {
      // a plain file of a v2 tree
    }
  }
  return found;
}

const directories = () =>
  readdirSync(tmpdir())
    .filter((name) => name.startsWith('tcompose-test-'))
    .map((name) => `directory ${join(tmpdir(), name)}`);

export const leftovers = () => [
  ...processes(),
  ...mounts(),
  ...links(),
  ...netTables(),
  ...cgroups(),
  ...directories(),
];

if (process.argv[1]?.endsWith('leak-check.mjs')) {
  const at = process.argv.indexOf('--before');
  const record = process.argv.indexOf('--record');
  const found = leftovers();
  if (record > 0) writeFileSync(process.argv[record + 1], `${found.join('\n')}\n`);
  else {
    const known = new Set(at > 0 ? lines(process.argv[at + 1]) : []);
    const left = found.filter((line) => !known.has(line));
    for (const line of left) console.error(`left behind: ${line}`);
    process.exit(left.length > 0 ? 1 : 0);
  }
}
