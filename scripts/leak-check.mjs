// Lists whatever of tcompose is left on this machine: processes, mounts, links, nft tables, cgroups, directories.
// As a program: prints the list and exits 1 when there is anything. `--before FILE` ignores what FILE already listed
// (one line each), so that a developer's own engine may run beside the tests. `leftovers` tells what a test run has left
// from what other runs and engines on the machine have.
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

/** With `scratch`, only those that name this directory in arguments or environment, as all that a test run starts does. */
function processes(scratch) {
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
      // Options of node may come before its program.
      /engine\.cjs$/.test(argv.slice(1).find((word) => !word.startsWith('-')) ?? '');
    const said = [...argv, ...lines(`/proc/${pid}/environ`)].join(' ');
    if (ours && said.includes(scratch ?? ''))
      found.push(`process ${pid} ${argv.join(' ').trim().slice(0, 120)}`);
  }
  return found;
}

const mounts = (scratch) =>
  lines('/proc/self/mountinfo')
    .filter((line) =>
      scratch === undefined ? /tcompose/.test(line.split(' ')[4]) : line.split(' ')[4].includes(scratch),
    )
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

const directories = (scratch = tmpdir()) =>
  readdirSync(scratch)
    .filter((name) => /^(tcompose-|tce-)/.test(name))
    .map((name) => `directory ${join(scratch, name)}`);

/** Instances whose engine runs with a root outside of `scratch`: their links, tables and cgroups are in use. */
function othersInstances(scratch) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const argv = lines(`/proc/${pid}/cmdline`).join('').split('\0');
      const lib = argv[argv.indexOf('--lib') + 1] ?? '';
      if (!argv.includes('--lib') || lib.includes(scratch)) return [];
      return lines(join(lib, 'instance')).flatMap((line) => /[0-9a-f]{8}/.exec(line) ?? []);
    });
}

/** What is left, one line each. `scratch`: the directory that holds all roots of a test run, to look at that run alone. */
export function leftovers(scratch) {
  const shared = [...links(), ...netTables(), ...cgroups()];
  const others = scratch === undefined ? [] : othersInstances(scratch);
  return [
    ...processes(scratch),
    ...mounts(scratch),
    ...shared.filter((line) => !others.some((instance) => line.includes(instance))),
    ...directories(scratch),
  ];
}

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
