import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codesOf, diagnose, hints } from '../../../../src/cli/doctor/diagnose.ts';
import { output, within } from '../../../../src/cli/doctor/machine.ts';
import { mountOf, readPlace } from '../../../../src/cli/doctor/places.ts';
import { parseProbe } from '../../../../src/cli/doctor/probe.ts';
import { countDirectories, needsOf, takenPorts } from '../../../../src/cli/doctor/project-needs.ts';
import { reportJson, reportText } from '../../../../src/cli/doctor/report.ts';
import type { Project } from '../../../../src/compose/model/project.ts';
import { missing, ok } from '../../../../src/doctor/finding.ts';
import { apiError } from '../../../../src/engine/client/api-failure.ts';
import { TcomposeError, TcomposeErrors } from '../../../../src/errors.ts';

describe('readings of the machine', () => {
  it('take the lines of a probe that they know', () => {
    expect(parseProbe('user 0\noverlay 19\nlater 1\nnet\n')).toEqual({ user: 0, overlay: 19 });
  });

  it('know a path’s file system by the longest and latest mount above it', () => {
    const mountinfo = [
      '1 0 8:1 / / rw,relatime - ext4 /dev/a rw',
      '2 1 0:2 / /var/lib rw,noexec - tmpfs none rw,size=1k',
      '3 1 0:3 / /with\\040space ro - nfs4 server:/x ro',
      '4 1 0:4 / /var/lib rw - xfs /dev/b rw',
    ].join('\n');
    expect(mountOf(mountinfo, '/var/lib/tcompose')).toEqual({
      point: '/var/lib',
      type: 'xfs',
      options: ['rw', 'rw'],
    });
    expect(mountOf(mountinfo, '/var/libs')).toMatchObject({ type: 'ext4' });
    expect(mountOf(mountinfo, '/with space/x')).toMatchObject({ type: 'nfs4', options: ['ro', 'ro'] });
    expect(mountOf('', '/')).toBeUndefined();
  });

  it('look above what is no directory, or may not be looked at, for the file system it is on', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tcompose-place-'));
    writeFileSync(join(directory, 'file'), '');
    const mountinfo = '1 0 8:1 / / rw,relatime - ext4 /dev/a rw';
    for (const path of ['file', 'file/below', 'none/below', `${'long'.repeat(100)}/below`])
      expect(await readPlace('state', join(directory, path), mountinfo)).toMatchObject({
        point: '/',
        type: 'ext4',
      });
    rmSync(directory, { recursive: true });
  });

  it('end a program that does not, and give nothing of one that fails', async () => {
    expect(await output('/bin/sh', ['-c', 'echo x'])).toBe('x\n');
    expect(await output('/bin/sh', ['-c', 'echo x; exit 1'])).toBeUndefined();
    expect(await output('/no/such', [])).toBeUndefined();
    expect(await output('/bin/sh', ['-c', 'echo $$; exec sleep 300'])).toBeUndefined();
    expect(await within(new Promise(() => {}), 10, 'late')).toBe('late');
    expect(await within(Promise.reject(new Error('x')), 1000, 'failed')).toBe('failed');
  });

  it('know what a project needs', () => {
    const services = {
      web: {
        image: 'nginx',
        platform: 'linux/arm64',
        ports: [
          { target: 80, published: '8080' },
          { target: 81, published: '8081-8090' },
          { target: 82, published: '53', protocol: 'udp', host_ip: '127.0.0.1' },
          { target: 83 },
        ],
        develop: { watch: [{ path: '/src', action: 'sync' }] },
      },
      db: {},
    };
    expect(needsOf({ services } as unknown as Project)).toEqual({
      published: [
        { service: 'web', address: '0.0.0.0', port: 8080, protocol: 'tcp' },
        { service: 'web', address: '127.0.0.1', port: 53, protocol: 'udp' },
      ],
      platforms: [{ service: 'web', platform: 'linux/arm64' }],
      images: ['nginx'],
      watched: ['/src'],
    });
  });

  it('find who has a port', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const one = { service: 'web', address: '127.0.0.1', port, protocol: 'tcp' };
    expect(takenPorts([one, { ...one, protocol: 'udp' }, { ...one, address: '127.0.0.2' }])).toMatchObject([
      { ...one, holder: { pid: process.pid } },
    ]);
    server.close();
  });

  it('count directories', async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
    mkdirSync(join(scratch, 'a/b'), { recursive: true });
    writeFileSync(join(scratch, 'a/file'), '');
    expect(await countDirectories([scratch, join(scratch, 'none')])).toEqual({ directories: 3, more: false });
    expect(await countDirectories([])).toBeUndefined();
    rmSync(scratch, { recursive: true });
  });
});

const found = [ok('kernel.version', 'Linux'), missing('disk.state', 'no room', 'tcompose system prune')];
const ground = { uid: 1000, user: 'ann', packages: undefined } as const;

describe('reports', () => {
  it('show what is wrong with its command, and the rest unless told not to', () => {
    const quiet = reportText(found, ground, { color: false, quiet: true });
    expect(quiet).toBe(`missing  disk        no room\n${' '.repeat(21)}fix: tcompose system prune\n`);
    const whole = reportText(found, ground, { color: true, quiet: false });
    expect(whole).toContain('as ann (uid 1000)');
    expect(whole).toContain('\u001b[32mok      \u001b[0m kernel      Linux\n');
    expect(whole).toContain('\n1 missing, 0 limited, 1 ok\n');
    expect(JSON.parse(reportJson(found, ground))).toEqual({
      ok: false,
      uid: 1000,
      user: 'ann',
      findings: found,
    });
  });

  it('as hints leave out what is in order and what the error has said', () => {
    expect(hints(found, '')).toBe('doctor: no room\n   fix: tcompose system prune\n');
    expect(hints(found, 'x\nRun `tcompose system prune`.')).toBe('');
  });
});

describe('an error', () => {
  it('is judged by its codes, its causes’ and its engine’s', () => {
    const answered = apiError(500, 'POST /x', JSON.stringify({ message: 'm', code: 'NETWORK_SETUP_FAILED' }));
    const step = new TcomposeError('PROJECT_STEP', 'failed', { cause: answered });
    expect(codesOf(step)).toEqual(['PROJECT_STEP', 'ENGINE_API', 'NETWORK_SETUP_FAILED']);
    expect(codesOf(new TcomposeErrors([step, new TcomposeError('CLI_USAGE', 'm')]))).toHaveLength(4);
    expect(codesOf(apiError(500, 'POST /x', JSON.stringify({ message: 'm', code: 'NEW' })))).toEqual([
      'ENGINE_API',
    ]);
    expect(codesOf(new Error('other'))).toEqual([]);
  });

  it('of another kind is not looked into', async () => {
    expect(await diagnose(new TcomposeError('CLI_USAGE', 'm'), {})).toBe('');
    expect(await diagnose('text', {})).toBe('');
  });
});
