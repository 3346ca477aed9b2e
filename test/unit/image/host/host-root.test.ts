import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planHostRoot } from '../../../../src/image/host/host-root.ts';
import { skeletonName, writeSkeleton } from '../../../../src/image/host/skeleton.ts';
import { eachInDirectory } from '../../../support/temporary-directory.ts';

let machine: string;
eachInDirectory((directory) => {
  machine = directory;
});

const file = (path: string, data = '', mode = 0o644) => {
  mkdirSync(dirname(join(machine, path)), { recursive: true });
  writeFileSync(join(machine, path), data);
  chmodSync(join(machine, path), mode);
};
const link = (path: string, text: string) => {
  mkdirSync(dirname(join(machine, path)), { recursive: true });
  symlinkSync(text, join(machine, path));
};

function plan(execPath: string) {
  const { root, localBin, binds } = planHostRoot(machine, join(machine, execPath));
  const at = (path: string) => root.find((entry) => entry.path === path);
  return {
    root,
    at,
    localBin:
      localBin && Object.fromEntries(localBin.map((e) => [e.path, e.kind === 'symlink' ? e.text : e.kind])),
    binds: binds.map((bind) => `${bind.source.slice(machine.length)} > ${bind.target}`),
    all: binds,
  };
}

function mergedMachine() {
  for (const name of ['bin', 'sbin', 'lib']) {
    mkdirSync(join(machine, 'usr', name), { recursive: true });
    link(name, `usr/${name}`);
  }
  mkdirSync(join(machine, 'usr/local/bin'), { recursive: true });
}

describe('the layout', () => {
  it('is links and one bind with a merged /usr', () => {
    mergedMachine();
    file('usr/local/bin/node');
    const { at, binds, all, localBin } = plan('usr/local/bin/node');
    expect(at('/bin')).toEqual({ kind: 'symlink', path: '/bin', text: 'usr/bin' });
    expect(at('/lib64')).toBeUndefined();
    expect(at('/tmp')).toMatchObject({ mode: 0o1777 });
    expect(at('/root')).toMatchObject({ mode: 0o700 });
    expect(binds).toEqual(['/usr > /usr']);
    expect(all.every((bind) => bind.readOnly && bind.recursive)).toBe(true);
    expect(localBin).toBeUndefined();
  });

  it('binds directories that are not merged', () => {
    file('bin/sh');
    file('lib/libc.so');
    file('usr/local/bin/node');
    const { binds, at } = plan('usr/local/bin/node');
    expect(at('/bin')).toMatchObject({ kind: 'directory' });
    expect(binds).toEqual(['/bin > /bin', '/lib > /lib', '/usr > /usr']);
  });

  it('binds the parts of a /usr that has no local/bin', () => {
    file('usr/bin/node');
    file('usr/local/lib/x');
    link('usr/lib64', 'lib');
    file('nix/store/abc/x');
    const { binds, at, localBin } = plan('usr/bin/node');
    expect(binds).toEqual([
      '/usr/bin > /usr/bin',
      '/usr/local/lib > /usr/local/lib',
      '/nix/store > /nix/store',
    ]);
    expect(at('/usr/lib64')).toMatchObject({ kind: 'symlink', text: 'lib' });
    expect(at('/usr/local/bin/node')).toMatchObject({ kind: 'symlink', text: '/usr/bin/node' });
    expect(localBin).toBeUndefined();
  });
});

describe('node at /usr/local/bin/node', () => {
  it('is a link to one elsewhere in /usr, among what the machine has there', () => {
    mergedMachine();
    file('usr/bin/node');
    file('usr/bin/npm');
    file('usr/local/bin/tool');
    link('usr/local/bin/other', '../lib/other');
    const { localBin, binds, at } = plan('usr/bin/node');
    expect(localBin).toEqual({
      '/node': '/usr/bin/node',
      '/npm': '/usr/bin/npm',
      '/other': '../lib/other',
      '/tool': '/opt/tcompose/local-bin/tool',
    });
    expect(binds).toEqual(['/usr > /usr', '/usr/local/bin > /opt/tcompose/local-bin']);
    expect(at('/opt/tcompose/local-bin')).toMatchObject({ kind: 'directory' });
  });

  it("is the running one even if the machine's own is another", () => {
    mergedMachine();
    file('usr/bin/node');
    file('usr/local/bin/node');
    file('usr/local/bin/npm');
    file('usr/bin/npm');
    expect(plan('usr/bin/node').localBin).toEqual({
      '/node': '/usr/bin/node',
      '/npm': '/opt/tcompose/local-bin/npm',
    });
  });

  it('of a version manager shows that Node and nothing of the home', () => {
    mergedMachine();
    const tree = 'home/me/.nvm/versions/node/v20';
    file(`${tree}/bin/node`, '', 0o755);
    file(`${tree}/lib/node_modules/npm/bin/npm-cli.js`);
    file(`${tree}/lib/node_modules/npm/bin/npx-cli.js`);
    file(`${tree}/lib/node_modules/private-tool/secret`);
    file('home/me/.ssh/id_rsa');
    const { localBin, binds } = plan(`${tree}/bin/node`);
    expect(localBin).toEqual({
      '/node': '/opt/tcompose/node/bin/node',
      '/npm': '/opt/tcompose/node/lib/node_modules/npm/bin/npm-cli.js',
      '/npx': '/opt/tcompose/node/lib/node_modules/npm/bin/npx-cli.js',
    });
    expect(binds).toEqual([
      '/usr > /usr',
      '/usr/local/bin > /opt/tcompose/local-bin',
      `/${tree}/bin/node > /opt/tcompose/node/bin/node`,
      `/${tree}/lib/node_modules/npm > /opt/tcompose/node/lib/node_modules/npm`,
    ]);
  });
});

describe('/etc', () => {
  it('has what programs of /usr need, and nothing that not everybody may read', () => {
    mergedMachine();
    file('usr/local/bin/node');
    file('usr/share/ca/a.crt', 'A');
    file('etc/ld.so.cache', 'cache');
    file('usr/bin/mawk');
    link('etc/alternatives/awk', '../../usr/bin/mawk');
    link('etc/ssl/certs/a.pem', join(machine, 'usr/share/ca/a.crt'));
    file('etc/ssl/certs/bundle.crt', 'bundle');
    file('etc/ssl/certs/hidden.crt', 'hidden', 0o600);
    file('etc/ssl/private/key.pem', 'key');
    file('etc/shadow', 'root:hash');
    file('etc/passwd', 'alice:x:1000:1000::/home/alice:/bin/bash');
    file('var/lib/store/c.pem', 'C');
    link('etc/ssl/certs/c.pem', join(machine, 'var/lib/store/c.pem'));
    const { at, root } = plan('usr/local/bin/node');
    expect(at('/etc/ld.so.cache')).toMatchObject({ data: Buffer.from('cache') });
    expect(at('/etc/alternatives/awk')).toMatchObject({ kind: 'symlink', text: '../../usr/bin/mawk' });
    expect(at('/etc/ssl/certs/a.pem')).toMatchObject({ kind: 'symlink' });
    expect(at('/etc/ssl/certs/c.pem')).toMatchObject({ kind: 'file', data: Buffer.from('C') });
    expect(at('/etc/ssl/certs/bundle.crt')).toMatchObject({ kind: 'file' });
    for (const path of ['/etc/ssl/certs/hidden.crt', '/etc/ssl/private', '/etc/shadow'])
      expect(at(path)).toBeUndefined();
    expect(String((at('/etc/passwd') as { data: string }).data)).not.toContain('alice');
    expect(new Set(root.map((entry) => entry.path)).size).toBe(root.length);
  });
});

describe('writeSkeleton', () => {
  it('writes once for the same content, elsewhere for other content', () => {
    const entries = [
      { kind: 'directory', path: '/tmp', mode: 0o1777 },
      { kind: 'file', path: '/etc/hosts', data: 'x', mode: 0o644 },
      { kind: 'symlink', path: '/bin', text: 'usr/bin' },
    ] as const;
    const made = writeSkeleton(machine, entries);
    expect(made).toBe(join(machine, skeletonName(entries)));
    expect(statSync(join(made, 'tmp')).mode & 0o7777).toBe(0o1777);
    expect(readFileSync(join(made, 'etc/hosts'), 'utf8')).toBe('x');
    expect(readlinkSync(join(made, 'bin'))).toBe('usr/bin');
    const { ino } = statSync(made);
    expect(statSync(writeSkeleton(machine, entries)).ino).toBe(ino);
    expect(writeSkeleton(machine, entries.slice(1))).not.toBe(made);
  });
});
