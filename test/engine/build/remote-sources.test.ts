import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../support/engine.ts';
import { type Builder, send, startBuilder, whyNoBuilder } from './builder.ts';
import { tarOf } from './case-files.ts';

const unmet = whyNoBuilder() ?? (existsSync('/usr/bin/git') ? undefined : 'there is no git');
if (unmet !== undefined) console.warn(`skipped: remote sources of builds: ${unmet}`);

interface Served {
  body: Buffer | string;
  etag?: string;
  modified?: string;
  status?: number;
}

describe.skipIf(unmet !== undefined)('what builds fetch', () => {
  let builder: Builder;
  let web: Server;
  let url: string;
  let daemon: ChildProcess;
  let gitUrl: string;
  let repository: string;
  const served = new Map<string, Served>();
  const asked: { path: string; status: number }[] = [];

  const inRepository = (...args: string[]): string =>
    execFileSync('git', ['-C', repository, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();

  const commit = (files: Readonly<Record<string, string>>): string => {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(repository, path, '..'), { recursive: true });
      writeFileSync(join(repository, path), content);
    }
    inRepository('add', '-A');
    inRepository('commit', '-qm', 'more');
    return inRepository('rev-parse', 'HEAD');
  };

  beforeAll(async () => {
    builder = await startBuilder();
    web = createServer((request, response) => {
      const path = request.url ?? '';
      const file = served.get(path.split('?')[0]!);
      const conditional = request.headers['if-none-match'] ?? request.headers['if-modified-since'];
      const same = conditional !== undefined && [file?.etag, file?.modified].includes(conditional);
      const status = file === undefined ? 404 : same ? 304 : (file.status ?? 200);
      asked.push({ path, status });
      if (file?.etag !== undefined) response.setHeader('ETag', file.etag);
      if (file?.modified !== undefined) response.setHeader('Last-Modified', file.modified);
      response.writeHead(status).end(status === 200 ? file?.body : '');
    });
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
    const root = join(builder.place, 'git');
    repository = join(root, 'project');
    mkdirSync(repository, { recursive: true });
    inRepository('init', '-q', '-b', 'main');
    const port = (web.address() as AddressInfo).port + 1;
    daemon = spawn(
      'git',
      [
        'daemon',
        '--reuseaddr',
        '--export-all',
        '--listen=127.0.0.1',
        `--port=${port}`,
        `--base-path=${root}`,
        root,
      ],
      {
        stdio: 'ignore',
        env: {
          ...process.env,
          GIT_CONFIG_COUNT: '1',
          GIT_CONFIG_KEY_0: 'safe.directory',
          GIT_CONFIG_VALUE_0: '*',
        },
        detached: true,
      },
    );
    gitUrl = `git://127.0.0.1:${port}/project`;
    await until(
      () =>
        new Promise<boolean>((resolve) => {
          const socket = connect(port, '127.0.0.1');
          socket.on('connect', () => resolve(socket.end() !== undefined)).on('error', () => resolve(false));
        }),
      'git daemon to listen',
    );
  });

  afterAll(async () => {
    web?.close();
    if (daemon?.pid !== undefined) process.kill(-daemon.pid);
    expect(await builder?.close()).toEqual([]);
  });

  describe('files of the web', () => {
    it('have mode 0600, the time of Last-Modified, and the name of their address', async () => {
      served.set('/dir/some%20file', { body: 'hello', modified: 'Tue, 02 Jan 2024 03:04:05 GMT' });
      served.set('/plain', { body: 'plain' });
      const text = `FROM busybox
ADD ${url}/dir/some%20file ${url}/plain?x=y /to/
RUN stat -c '%n %a %u:%g %Y %s' /to/*
`;
      const { error, output } = await builder.build({ text });
      expect(error).toBeUndefined();
      expect(output).toEqual(['/to/plain 600 0:0 0 5', '/to/some file 600 0:0 1704164645 5']);
    });

    it('are asked about again, and what is as it was is not copied anew', async () => {
      const text = `FROM busybox\nADD --chmod=644 ${url}/versioned /to/\nRUN cat /to/versioned\n`;
      served.set('/versioned', { body: 'one', etag: '"1"' });
      expect((await builder.build({ text })).output).toEqual(['one']);
      asked.length = 0;
      const again = await builder.build({ text });
      expect(asked).toEqual([{ path: '/versioned', status: 304 }]);
      expect(again.cached).toHaveLength(3);
      served.set('/versioned', { body: 'one', etag: '"2"' });
      const same = await builder.build({ text });
      expect(asked.at(-1)?.status).toBe(200);
      expect(same.cached).toHaveLength(2);
      served.set('/versioned', { body: 'two', etag: '"3"' });
      expect((await builder.build({ text })).output).toEqual(['two']);
    });

    it('are what their checksum says, and then not asked for again', async () => {
      served.set('/sum', { body: 'content', etag: '"x"' });
      const digest = createHash('sha256').update('content').digest('hex');
      const text = (sum: string) => `FROM scratch\nADD --checksum=sha256:${sum} ${url}/sum /\n`;
      expect((await builder.build({ text: text(digest) })).error).toBeUndefined();
      asked.length = 0;
      expect((await builder.build({ text: text(digest) })).error).toBeUndefined();
      expect(asked).toEqual([]);
      const wrong = '0'.repeat(64);
      const { error } = await builder.build({ text: text(wrong) });
      expect(error?.message).toBe(`digest mismatch sha256:${digest}: sha256:${wrong}`);
      expect(error?.where?.line).toBe(2);
    });

    it('stay as they are unless --unpack, and the same content is told apart by it', async () => {
      served.set('/a.tar', { body: tarOf([{ path: 'inside', content: 'x' }]) });
      const list = async (flags: string) =>
        (await builder.build({ text: `FROM busybox\nADD ${flags} ${url}/a.tar /to/\nRUN ls /to\n` })).output;
      expect(await list('')).toEqual(['a.tar']);
      expect(await list('--unpack')).toEqual(['inside']);
    });

    it('that are in the engine’s cache have what is made upon them found in others’', async () => {
      served.set('/begun', { body: 'begun' });
      const first = `FROM busybox\nADD ${url}/begun /\n`;
      const text = `${first}RUN echo upon >/upon\nWORKDIR /w\n`;
      const place = join(builder.place, 'upon');
      await builder.build({ text, cacheTo: [`type=local,dest=${place},mode=max`] });
      await builder.engine.api('POST', '/build/prune?all=1');
      await builder.build({ text: first });
      const { cached, error } = await builder.build({ text, cacheFrom: [`type=local,src=${place}`] });
      expect(error).toBeUndefined();
      expect(cached).toHaveLength(3);
    });

    it('that are not there are an error at their line', async () => {
      const { error } = await builder.build({ text: `FROM scratch\n\nADD ${url}/nowhere /\n` });
      expect(error).toMatchObject({ message: 'invalid response status 404', where: { line: 3 } });
      const gone = await builder.build({ text: 'FROM scratch\nADD http://127.0.0.1:1/x /\n' });
      expect(gone.error?.message).toContain('nobody answers there');
    });
  });

  describe('repositories', () => {
    it('give a commit’s files, by branch, tag, digits and subdirectory', async () => {
      const first = commit({ 'top.txt': 'one', 'sub/dir/file': 'deep' });
      inRepository('tag', '-a', '-m', 'first', 'v1');
      const second = commit({ 'top.txt': 'two' });
      const text = `FROM busybox
ADD ${gitUrl} /main
ADD ${gitUrl}#v1 /tag
ADD ${gitUrl}#${first}:sub /sub
ADD --keep-git-dir ${gitUrl}?branch=main /kept
RUN cat /main/top.txt /tag/top.txt /sub/dir/file; echo; ls -A /main /sub; ls -d /kept/.git; stat -c %a /main/top.txt
`;
      const { error, output } = await builder.build({ text });
      expect(error).toBeUndefined();
      expect(output).toEqual([
        'twoonedeep',
        '/main:',
        'sub',
        'top.txt',
        '',
        '/sub:',
        'dir',
        '/kept/.git',
        '644',
      ]);
      const bad = await builder.build({ text: `FROM scratch\nADD --checksum=${first} ${gitUrl}#main /\n` });
      expect(bad.error?.message).toContain(`got ${second}`);
      expect(
        (await builder.build({ text: `FROM scratch\nADD ${gitUrl}#nowhere /\n` })).error?.message,
      ).toContain('does not contain ref nowhere');
    });

    it('are looked up again, and found where the commit is the same', async () => {
      const text = `FROM busybox\nADD ${gitUrl} /x\nRUN cat /x/top.txt\n`;
      await builder.build({ text });
      expect((await builder.build({ text })).cached).toHaveLength(3);
      commit({ 'top.txt': 'three' });
      expect((await builder.build({ text })).output).toEqual(['three']);
    });

    it('run nothing here and bring nothing of this machine', async () => {
      const mark = join(builder.place, 'mark');
      mkdirSync(join(repository, 'hooks'), { recursive: true });
      writeFileSync(join(repository, 'hooks/post-checkout'), `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 });
      writeFileSync(join(repository, '.gitattributes'), '*.x filter=evil\n');
      writeFileSync(join(repository, 'a.x'), 'content');
      symlinkSync('/etc', join(repository, 'out'));
      commit({ 'top.txt': 'four' });
      const through = await builder.build({ text: `FROM scratch\nADD ${gitUrl}#main:out /\n` });
      expect(through.error?.message).toContain('not found');
      const context = await builder.build({
        context: `${gitUrl}#main:out`,
        text: 'FROM scratch\nCOPY . /\n',
      });
      expect(context.error?.message).toContain('not a directory of the repository');
      expect(existsSync(mark)).toBe(false);
      writeFileSync(
        join(repository, '.gitmodules'),
        `[submodule "a"]\n\tpath = a\n\turl = file://${repository}\n`,
      );
      const head = inRepository('rev-parse', 'HEAD');
      inRepository('add', '.gitmodules');
      inRepository('update-index', '--add', '--cacheinfo', `160000,${head},a`);
      inRepository('commit', '-qm', 'submodule');
      const module = await builder.build({ text: `FROM scratch\nADD ${gitUrl} /\n` });
      expect(module.error?.message).toMatch(/git submodule failed: .*transport 'file' not allowed/s);
      const without = await builder.build({ text: `FROM scratch\nADD ${gitUrl}?submodules=false /\n` });
      expect(without.error).toBeUndefined();
      const option = await builder.build({
        text: 'FROM scratch\nADD ssh://-oProxyCommand=touch%20x/y.git /\n',
      });
      expect(option.error?.message).toContain('begins with a dash');
      rmSync(join(repository, '.gitmodules'));
      inRepository('rm', '-q', '--cached', 'a');
      commit({ 'top.txt': 'six' });
    });
  });

  describe('contexts', () => {
    it('are repositories, whose Dockerfile and ignore file can not lead out', async () => {
      commit({
        'app/Dockerfile': 'FROM busybox\nCOPY . /app\nRUN ls -A /app\n',
        'app/.dockerignore': 'b\n',
        'app/a': '',
        'app/b': '',
      });
      const context = `${gitUrl}#main:app`;
      expect((await builder.build({ context })).output).toEqual(['.dockerignore', 'Dockerfile', 'a']);
      symlinkSync('/etc/passwd', join(repository, 'app/Leading'));
      commit({ 'app/a': 'more' });
      const { error } = await builder.build({ context, dockerfile: 'Leading' });
      expect(error?.message).toContain('open Leading: no such file or directory');
      const above = await builder.build({ context, dockerfile: '../../../../../etc/passwd' });
      expect(above.error?.message).toContain('no such file or directory');
    });

    it('are archives and Dockerfiles of the web', async () => {
      served.set('/context.tar', {
        body: tarOf([
          { path: 'Dockerfile', content: 'FROM busybox\nCOPY a /\nRUN cat /a\n' },
          { path: 'a', content: 'from the archive\n' },
        ]),
      });
      expect((await builder.build({ context: `${url}/context.tar` })).output).toEqual(['from the archive']);
      served.set('/Dockerfile.web', { body: 'FROM busybox\nRUN echo from the web\n' });
      expect((await builder.build({ context: `${url}/Dockerfile.web` })).output).toEqual(['from the web']);
      const lines: string[] = [];
      await send(
        builder.engine.socket,
        `/build?remote=${encodeURIComponent(`${url}/context.tar`)}`,
        '',
        (line) => lines.push(line),
      );
      expect(lines.join()).toContain('Successfully built');
    });

    it('have other names: a directory to build upon, a repository, an archive, an image layout', async () => {
      const layout = join(builder.place, 'layout');
      mkdirSync(layout);
      writeFileSync(join(builder.place, 'saved.tar'), await saved(builder));
      execFileSync('tar', ['-xf', join(builder.place, 'saved.tar'), '-C', layout]);
      const files = builder.context('named', { 'file.txt': 'of a directory\n' });
      const text = `FROM box AS box
COPY --from=repo top.txt /
COPY --from=arch a /
COPY --from=files file.txt /
RUN cat /file.txt /a; cat /top.txt
FROM files
LABEL a=b
`;
      const contexts = {
        files,
        repo: gitUrl,
        arch: `${url}/context.tar`,
        box: `oci-layout://${layout}`,
      };
      const first = await builder.build({ text, contexts, target: 'box' });
      expect(first.error).toBeUndefined();
      expect(first.output).toEqual(['of a directory', 'from the archive', 'six']);
      const { error, image } = await builder.build({ text, contexts });
      expect(error).toBeUndefined();
      const { json } = await builder.engine.api<{ RootFS: { Layers: readonly string[] } }>(
        'GET',
        `/images/${image}/json`,
      );
      expect(json.RootFS.Layers).toHaveLength(1);
      const unknown = await builder.build({ text, contexts: { ...contexts, box: 'ftp://x' } });
      expect(unknown.error?.message).toBe('unsupported context source ftp for box');
      const tagged = await builder.build({
        text,
        contexts: { ...contexts, box: `oci-layout://${layout}:nowhere` },
      });
      expect(tagged.error?.message).toContain('has no image nowhere');
    });
  });
});

/** An image layout of busybox, as a tar. */
async function saved({ engine }: Builder): Promise<Buffer> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    request({ socketPath: engine.socket, path: '/images/busybox/get' }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part)).on('end', () => resolve(Buffer.concat(parts)));
    })
      .on('error', reject)
      .end();
  });
}
