import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImageInspect } from '../../../src/engine/api/image.ts';
import { chainIds } from '../../../src/image/digest.ts';
import { packBusybox, staticBusybox } from '../../support/busybox.ts';
import { startTestEngine, type TestEngine, whyNoEngine } from '../../support/engine.ts';
import { describeTree, peerProgram, runPeer, startPeerDocker } from '../../support/peer-programs.ts';
import { type Entry, paxEntry, rawHeader, tarOf } from '../../unit/tar/tar-fixture.ts';

const busybox = staticBusybox();
const unmet = whyNoEngine() ?? (busybox === undefined ? 'no static busybox' : undefined);
const skopeo = peerProgram('skopeo');
const tools = Object.fromEntries(
  ['dockerd', 'docker', 'podman', 'buildah', 'umoci'].map((name) => [name, peerProgram(name)]),
);
/** Why tests with these programs can't run. */
const without = (...names: string[]): string | undefined => {
  const missing = names.filter((name) => (name === 'skopeo' ? skopeo : tools[name]) === undefined);
  // Theirs of a user want what tests can't count on: a session, a newer kernel, ids.
  if (process.getuid?.() !== 0 && names.some((name) => ['dockerd', 'podman'].includes(name)))
    return unmet ?? `${names.join(' and ')} are run as root`;
  return unmet ?? (missing.length > 0 ? `there is no ${missing.join(', ')}` : undefined);
};
for (const names of [['dockerd', 'docker'], ['podman'], ['buildah'], ['skopeo'], ['umoci', 'skopeo']]) {
  const why = without(...names);
  if (why !== undefined) console.log(`images of ${names.join(' and ')}: skipped, ${why}`);
}

/** What makes trees differ when a tool is careless: setuid bits, owners, old times, links, attributes, whiteouts. */
const odd: Entry[] = [
  { name: 'plain/', type: 'directory', mtime: 1_050_000_000_000 },
  { name: 'plain/below/', type: 'directory', mtime: 1_060_000_000_000 },
  { name: 'odd/', type: 'directory', mode: 0o1777, mtime: 1_000_000_000_000 },
  { name: 'odd/setuid', data: 'x', mode: 0o4755, uid: 12, gid: 34, mtime: 1_100_000_000_000 },
  {
    name: 'odd/hard',
    type: 'hardlink',
    linkName: 'odd/setuid',
    mode: 0o4755,
    uid: 12,
    gid: 34,
    mtime: 1_100_000_000_000,
  },
  { name: 'odd/soft', type: 'symlink', linkName: '../bin/sh', uid: 5, gid: 6 },
  { name: 'odd/pipe', type: 'fifo', mode: 0o600 },
  { name: 'odd/gone', data: 'gone' },
  { name: 'odd/hidden/', type: 'directory' },
  { name: 'odd/hidden/one', data: '1' },
];
const upper: Entry[] = [
  { name: 'plain/below/file', data: 'implied parents' },
  { name: 'odd/', type: 'directory', mode: 0o2750, uid: 7, gid: 8, mtime: 1_200_000_000_000 },
  { name: 'odd/.wh.gone', data: '' },
  { name: 'odd/.wh.never', data: '' },
  { name: 'odd/hidden/', type: 'directory', mode: 0o700 },
  { name: 'odd/hidden/.wh..wh..opq', data: '' },
  { name: 'odd/hidden/two', data: '2', mode: 0o640 },
];

describe.skipIf(unmet !== undefined)(`images of other tools${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let engine: TestEngine;
  let directory = '';
  let rootfs = '';
  const at = (...parts: string[]): string => join(directory, ...parts);
  beforeAll(async () => {
    engine = await startTestEngine();
    directory = mkdtempSync(join(tmpdir(), 'tcompose-peers-'));
    rootfs = packBusybox(busybox!, directory);
  });
  afterAll(async () => {
    rmSync(directory, { recursive: true, force: true });
    expect(await engine.stop()).toEqual([]);
  });

  const send = (path: string, file?: string, type?: string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const headers = type === undefined ? {} : { 'content-type': type };
      const asked = request(
        { socketPath: engine.socket, method: file ? 'POST' : 'GET', path, headers },
        resolve,
      );
      asked.once('error', reject);
      if (file) createReadStream(file).pipe(asked);
      else asked.end();
    });
  const textOf = async (answer: IncomingMessage): Promise<string> => {
    const parts: Buffer[] = [];
    for await (const part of answer) parts.push(part as Buffer);
    return Buffer.concat(parts).toString();
  };
  const load = async (file: string): Promise<string> =>
    textOf(await send('/images/load?quiet=1', file, 'application/x-tar'));
  const save = async (reference: string, file: string): Promise<void> => {
    await pipeline(await send(`/images/get?names=${encodeURIComponent(reference)}`), createWriteStream(file));
  };
  const inspect = async (name: string): Promise<ImageInspect> =>
    (await engine.api<ImageInspect>('GET', `/images/${name}/json`)).json;
  const tarUp = (from: string, file: string): void =>
    expect(spawnSync('tar', ['-C', from, '-cf', file, '.']).status).toBe(0);

  /** Runs a command in a container of it and returns what it printed. */
  async function run(image: string, ...command: string[]): Promise<string> {
    const made = await engine.api<{ Id: string }>('POST', '/containers/create', {
      Image: image,
      Cmd: command,
      Tty: true,
    });
    expect([made.status, made.text]).toEqual([201, expect.anything()]);
    const { Id: id } = made.json;
    await engine.api('POST', `/containers/${id}/start`);
    await engine.api('POST', `/containers/${id}/wait`);
    const logs = await engine.api('GET', `/containers/${id}/logs?stdout=1&stderr=1`);
    await engine.api('DELETE', `/containers/${id}?force=1`);
    return logs.text.trim();
  }

  /** Checks that a loaded image runs, has the id that the tool names, and is saved with the same id. */
  async function works(reference: string, id: string): Promise<void> {
    const { Id, RootFS } = await inspect(reference);
    expect(Id).toBe(id);
    expect(RootFS.Layers.length).toBe(2);
    expect(await run(reference, '/bin/cat', '/mark')).toBe('made elsewhere');
  }

  const idOf = (text: string): string => `sha256:${text.trim().replace(/^sha256:/, '')}`;
  const mark = (): string => {
    writeFileSync(at('mark'), 'made elsewhere\n');
    return at('mark');
  };

  const noDocker = without('dockerd', 'docker');
  it.skipIf(noDocker !== undefined)('Docker: there and back', async () => {
    const { docker, stop } = await startPeerDocker(at('docker'));
    try {
      docker('import', '-c', 'CMD ["/bin/sh"]', rootfs, 'peer/base:1');
      const made = docker('create', 'peer/base:1', '/bin/true').trim();
      docker('cp', mark(), `${made}:/mark`);
      docker('commit', made, 'peer/docker:1');
      docker('save', '-o', at('docker.tar'), 'peer/docker:1');
      const id = idOf(docker('image', 'inspect', '-f', '{{.Id}}', 'peer/docker:1'));
      expect(await load(at('docker.tar'))).toContain('Loaded image: peer/docker:1');
      await works('peer/docker:1', id);
      await save('peer/docker:1', at('back.tar'));
      docker('rm', made);
      docker('image', 'rm', 'peer/docker:1', 'peer/base:1');
      expect(docker('load', '-i', at('back.tar'))).toContain('Loaded image: peer/docker:1');
      expect(idOf(docker('image', 'inspect', '-f', '{{.Id}}', 'peer/docker:1'))).toBe(id);
    } finally {
      await stop();
    }
  });

  const storage = (name: string): string[] => [
    ...['--root', at(`${name}-root`), '--runroot', at(`${name}-run`), '--storage-driver', 'vfs'],
  ];

  const noPodman = without('podman');
  it.skipIf(noPodman !== undefined)('podman: there and back, by either kind of archive', async () => {
    const podman = (...args: string[]): string => runPeer(tools.podman!, ...storage('podman'), ...args);
    podman('import', '-q', '-c', 'CMD ["/bin/sh"]', rootfs, 'peer/base:1');
    const made = podman('create', '--network', 'none', 'peer/base:1', '/bin/true').trim();
    podman('cp', mark(), `${made}:/mark`);
    podman('commit', '-q', made, 'localhost/peer/podman:1');
    const id = idOf(podman('image', 'inspect', '-f', '{{.Id}}', 'localhost/peer/podman:1'));
    for (const format of ['docker-archive', 'oci-archive']) {
      const file = at(`${format}.tar`);
      podman('save', '-q', '--format', format, '-o', file, 'localhost/peer/podman:1');
      expect(await load(file)).toContain('localhost/peer/podman:1');
      const { Id } = await inspect('localhost/peer/podman:1');
      // podman writes another configuration for Docker's kind.
      await works('localhost/peer/podman:1', format === 'oci-archive' ? id : Id);
      await save('localhost/peer/podman:1', at('back.tar'));
      podman('rmi', '-f', 'localhost/peer/podman:1');
      podman('load', '-q', '-i', at('back.tar'));
      expect(idOf(podman('image', 'inspect', '-f', '{{.Id}}', 'localhost/peer/podman:1'))).toBe(Id);
      await engine.api('DELETE', '/images/localhost/peer/podman:1?force=1');
    }
    podman('rm', '-f', made);
    podman('rmi', '-f', '-a');
  });

  const noBuildah = without('buildah');
  it.skipIf(noBuildah !== undefined)('buildah: an OCI layout as an archive', async () => {
    const buildah = (...args: string[]): string => runPeer(tools.buildah!, ...storage('buildah'), ...args);
    const made = buildah('from', 'scratch').trim();
    buildah('add', made, rootfs, '/');
    buildah('config', '--cmd', '/bin/sh', made);
    const base = buildah('commit', '-q', made, 'peer/base:1').trim();
    const next = buildah('from', '--pull-never', base).trim();
    buildah('copy', next, mark(), '/mark');
    const id = idOf(buildah('commit', '-q', next, 'peer/buildah:1'));
    buildah('push', '-q', 'peer/buildah:1', `oci-archive:${at('buildah.tar')}:peer/buildah:1`);
    expect(await load(at('buildah.tar'))).toContain('Loaded image: peer/buildah:1');
    await works('peer/buildah:1', id);
    await save('peer/buildah:1', at('back.tar'));
    buildah('rm', '-a');
    buildah('rmi', '-a', '-f');
    expect(idOf(buildah('pull', '-q', `docker-archive:${at('back.tar')}`))).toBe(id);
    buildah('rmi', '-a', '-f');
  });

  /** An image of two layers, loaded under `name`, whose tree has all that is easily lost. */
  async function loadOdd(name: string): Promise<void> {
    const base = readFileSync(rootfs);
    const layers = [
      spawnSync('gzip', ['-dcf'], { input: base, maxBuffer: 1 << 28 }).stdout,
      tarOf(odd),
      Buffer.concat([
        paxEntry(
          { 'SCHILY.xattr.user.note': 'kept', mtime: '1234567890.123456789' },
          rawHeader('odd/noted', { size: '00000000004\0' }),
          Buffer.from('text'),
        ),
        tarOf(upper),
      ]),
    ];
    const parts: Entry[] = layers.map((data, index) => ({ name: `${index}.tar`, data }));
    const config = {
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config: { Cmd: ['/bin/sh'] },
      rootfs: {
        type: 'layers',
        diff_ids: layers.map((layer) => `sha256:${createHash('sha256').update(layer).digest('hex')}`),
      },
    };
    parts.push({ name: 'config.json', data: JSON.stringify(config) });
    const manifest = [
      { Config: 'config.json', RepoTags: [name], Layers: layers.map((_, at) => `${at}.tar`) },
    ];
    parts.push({ name: 'manifest.json', data: JSON.stringify(manifest) });
    writeFileSync(at('odd.tar'), tarOf(parts));
    expect(await load(at('odd.tar'))).toContain(`Loaded image: ${name}`);
  }

  const noUmoci = without('umoci', 'skopeo');
  it.skipIf(noUmoci !== undefined)('umoci unpacks ours to the tree that we have', async () => {
    await loadOdd('peer/odd:1');
    await save('peer/odd:1', at('ours.tar'));
    runPeer(skopeo!, 'copy', '-q', `docker-archive:${at('ours.tar')}`, `oci:${at('layout')}:one`);
    runPeer(tools.umoci!, 'unpack', '--image', `${at('layout')}:one`, at('bundle'));
    const { RootFS } = await inspect('peer/odd:1');
    const lower = chainIds(RootFS.Layers)
      .map((chain) => join(engine.root, 'lib/layers', chain.slice('sha256:'.length), 'diff'))
      .reverse();
    mkdirSync(at('merged'));
    const mounted = spawnSync('mount', [
      ...['-t', 'overlay', '-o', `ro,lowerdir=${lower.join(':')}`, 'overlay', at('merged')],
    ]);
    expect(mounted.status).toBe(0);
    try {
      const ours = describeTree(at('merged'));
      expect(ours).toEqual(describeTree(at('bundle', 'rootfs')));
      expect(ours.filter((line) => line.startsWith('odd/')).map((line) => line.split('|')[0])).toEqual([
        ...['odd/hard', 'odd/hidden', 'odd/hidden/two', 'odd/noted', 'odd/pipe', 'odd/setuid', 'odd/soft'],
      ]);
    } finally {
      spawnSync('umount', [at('merged')]);
    }
  });

  it.skipIf(noUmoci !== undefined)(
    'umoci and skopeo: layouts load, whatever the layers are packed with',
    async () => {
      await loadOdd('peer/odd:1');
      const { Id } = await inspect('peer/odd:1');
      await save('peer/odd:1', at('again.tar'));
      await engine.api('DELETE', '/images/peer/odd:1?force=1');
      for (const format of ['gzip', 'zstd']) {
        const layout = at(`skopeo-${format}`);
        runPeer(
          skopeo!,
          ...['copy', '-q', '--dest-compress-format', format, '--dest-force-compress-format'],
          `docker-archive:${at('again.tar')}`,
          `oci:${layout}:peer/odd:${format}`,
        );
        tarUp(layout, at(`${format}.tar`));
        expect(await load(at(`${format}.tar`))).toContain(`Loaded image: peer/odd:${format}`);
        const loaded = await inspect(`peer/odd:${format}`);
        // skopeo writes the configuration again only for another kind of manifest.
        expect(loaded.RootFS.Layers).toHaveLength(3);
        expect(await run(`peer/odd:${format}`, '/bin/cat', '/odd/noted')).toBe('text');
      }
      expect(Id).toMatch(/^sha256:/);
      // umoci: one more layer upon it.
      const layout = at('skopeo-gzip');
      runPeer(
        tools.umoci!,
        'insert',
        '--image',
        `${layout}:peer/odd:gzip`,
        '--tag',
        'inserted',
        mark(),
        '/mark',
      );
      tarUp(layout, at('umoci.tar'));
      expect(await load(at('umoci.tar'))).toMatch(/Loaded image/);
      expect(readdirSync(layout)).toContain('index.json');
    },
  );
});
