import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packBusybox, staticBusybox } from '../support/busybox.ts';
import { requirements } from '../support/cli.ts';
import { until } from '../support/engine.ts';
import { peerDockerVersion, peerProgram, startPeerDocker } from '../support/peer-programs.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';
import { Watching } from '../support/watching.ts';

const unmet =
  requirements({ root: true, built: true }) ??
  (staticBusybox() === undefined ? 'needs a static busybox' : undefined) ??
  (peerDockerVersion() < 20 || peerProgram('docker') === undefined
    ? 'needs dockerd 20.10 or newer, and docker'
    : undefined);

/**
 * The cases of Docker Compose's own tests of watching. Where a container has a stop timeout of 0, dockerd 20.10 unmounts its root at a
 * restart (`docker restart` alone shows it), and nothing can be run in it any more: so they have one second.
 */
const compose = `
name: foreign
services:
  web:
    image: bb
    init: true
    command: [/bin/sleep, "1000"]
    scale: 2
    stop_grace_period: 1s
    network_mode: none
    develop:
      watch:
        - {action: sync, path: ./data, target: /app/data, initial_sync: true, ignore: [ignored, "*.tmp"]}
        - {action: sync, path: ./only, target: /only, include: ["**/*.txt"]}
        - {action: sync+restart, path: ./conf, target: /etc/web.conf}
        - {action: sync+exec, path: ./run, target: /run-file, exec: {command: [/bin/sh, -c, "cat /run-file > /ran"]}}
  linked:
    image: linked
    init: true
    command: [/bin/sleep, "1000"]
    stop_grace_period: 1s
    network_mode: none
    develop: {watch: [{action: sync, path: ./linked, target: /linked, initial_sync: true}]}
  built:
    build: .
    init: true
    command: [/bin/sleep, "1000"]
    stop_grace_period: 1s
    network_mode: none
    develop: {watch: [{action: rebuild, path: ./page}]}
`;

describe.skipIf(unmet !== undefined)(
  `watching with Docker's engine${unmet ? ` (skipped: ${unmet})` : ''}`,
  () => {
    let bench: Workbench;
    let daemon: Awaited<ReturnType<typeof startPeerDocker>>;
    let watching: Watching;
    const at = (name: string) => join(bench.dir, name);
    const containers = ['foreign-web-1', 'foreign-web-2'] as const;
    const inside = (path: string, container: string = containers[0]) => {
      try {
        return daemon.docker('exec', container, '/bin/cat', path);
      } catch {
        return undefined;
      }
    };
    const shows = (path: string, content: string | undefined) =>
      until(() => containers.every((name) => inside(path, name) === content), `${content} in ${path}`).catch(
        (error: Error) => {
          // Says what the watcher said, and what is the matter with reading the file.
          const read = containers.map((name) => {
            try {
              return daemon.docker('exec', name, '/bin/cat', path);
            } catch (refusal) {
              return (refusal as Error).message;
            }
          });
          throw new Error(`${error.message}: ${read.join(', ')}\n${watching.run.output()}`);
        },
      );
    /** Saves a file and gives what was done for it. */
    const save = async (name: string, content: string) => {
      writeFileSync(at(name), content);
      const done = () => watching.applied().find(({ paths }) => paths.includes(name));
      await until(() => done() !== undefined, `a batch with ${name}`);
      return done()?.services;
    };
    beforeAll(async () => {
      bench = workbench();
      daemon = await startPeerDocker(at('docker'));
      Object.assign(bench.env, { DOCKER_HOST: `unix://${at('docker/docker.sock')}` });
      daemon.docker('import', packBusybox(staticBusybox()!, bench.dir), 'bb');
      const made = [
        '/bin/sh',
        '-c',
        '/bin/mkdir /real; /bin/busybox ln -s /real /linked; echo kept > /real/kept',
      ];
      daemon.docker('run', '--network', 'none', '--name', 'making', 'bb', ...made);
      daemon.docker('commit', 'making', 'linked');
      daemon.docker('rm', 'making');
      bench.write('linked/first', 'first');
      bench.write('compose.yaml', compose);
      bench.write('Dockerfile', 'FROM bb\nCOPY page /page\n');
      bench.write('.dockerignore', '*\n!page\n');
      for (const name of ['data/first', 'data/ignored/file', 'data/x.tmp', 'only/a.txt', 'only/a.md', 'page'])
        bench.write(name, 'first');
      watching = await Watching.begin(bench, 'compose.yaml', 'watch', '--yes');
    });
    afterAll(async () => {
      const code = await watching?.end();
      if (daemon !== undefined) bench.run('-p', 'foreign', 'down', '-t', '0');
      await daemon?.stop();
      bench?.close();
      expect(code).toBe(130);
    });

    it('begins with the files, but for ignored ones', async () => {
      await shows('/app/data/first', 'first');
      expect(inside('/app/data/ignored/file')).toBeUndefined();
      expect(inside('/app/data/x.tmp')).toBeUndefined();
    });

    it('goes where a link of the image leads, and leaves the link', async () => {
      const linked = (path: string) => inside(path, 'foreign-linked-1');
      expect([linked('/real/first'), linked('/linked/kept')]).toEqual(['first', 'kept\n']);
      mkdirSync(at('linked/d'));
      writeFileSync(at('linked/d/f'), 'below');
      await until(() => linked('/real/d/f') === 'below', 'a file below the link');
      expect(linked('/linked/kept')).toBe('kept\n');
    });

    it('syncs new, changed and nested files into all containers, and what is included alone', async () => {
      writeFileSync(at('data/first'), 'second');
      await shows('/app/data/first', 'second');
      mkdirSync(at('data/d/e'), { recursive: true });
      writeFileSync(at('data/d/e/f'), 'nested');
      writeFileSync(at('data/y.tmp'), 'ignored');
      await shows('/app/data/d/e/f', 'nested');
      expect(inside('/app/data/y.tmp')).toBeUndefined();
      writeFileSync(at('only/a.md'), 'second');
      writeFileSync(at('only/a.txt'), 'second');
      await shows('/only/a.txt', 'second');
      expect(inside('/only/a.md')).toBeUndefined();
    });

    it('syncs removals, moves, and files that become directories and back', async () => {
      renameSync(at('data/d'), at('data/moved'));
      await shows('/app/data/moved/e/f', 'nested');
      await shows('/app/data/d/e/f', undefined);
      rmSync(at('data/first'));
      await shows('/app/data/first', undefined);
      mkdirSync(at('data/first'));
      writeFileSync(at('data/first/in'), 'inside');
      await shows('/app/data/first/in', 'inside');
      rmSync(at('data/first'), { recursive: true });
      writeFileSync(at('data/first'), 'file');
      await shows('/app/data/first', 'file');
    });

    it('restarts after a sync, and runs commands after one', async () => {
      const started = () =>
        daemon
          .docker('inspect', '-f', '{{.State.StartedAt}}', ...containers)
          .trim()
          .split('\n');
      const before = started();
      // Nothing is run in a container while it restarts: Docker's engine may never answer.
      const first = await save('conf', 'conf');
      expect(first).toEqual([{ service: 'web', did: ['synced', 'restarted'] }]);
      expect(started().every((time, index) => time !== before[index])).toBe(true);
      await shows('/etc/web.conf', 'conf');
      expect(await save('run', 'ran')).toEqual([{ service: 'web', did: ['synced', 'ran'] }]);
      await shows('/ran', 'ran');
    });

    it('rebuilds', async () => {
      expect(inside('/page', 'foreign-built-1')).toBe('first');
      writeFileSync(at('page'), 'second');
      await until(() => inside('/page', 'foreign-built-1') === 'second', 'a new container');
    });

    it('puts what was synced into containers that are recreated', async () => {
      bench.run('up', '-d', '--force-recreate', 'web');
      await shows('/app/data/moved/e/f', 'nested');
    });
  },
);
