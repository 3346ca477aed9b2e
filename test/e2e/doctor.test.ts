import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/doctor/finding.ts';
import { topics } from '../../src/doctor/finding.ts';
import { commandLimit, endEngine, requirements, tcomposeIn } from '../support/cli.ts';
import { plainEnvironment } from '../support/environment.ts';
import { enterOwnNetwork } from '../support/own-network.ts';
import { makeUser, rootlessUnmet } from '../support/rootless.ts';

const unmet = requirements({ containers: true, built: true, commands: ['setpriv', 'unshare', 'mount'] });
const isRoot = process.getuid?.() === 0;
const oneself = isRoot ? '' : ' (skipped: only root can be somebody else)';
/** An id without an account, as nobody else on the machine has it. */
const stranger = 47_119;

interface Report {
  readonly ok: boolean;
  readonly uid: number;
  readonly findings: readonly Finding[];
}

describe.skipIf(unmet !== undefined)(`tcompose doctor${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
  const root = join(scratch, 'root');
  const installation = join(scratch, 'installation');
  const project = join(scratch, 'project');
  const own = tcomposeIn(project, { TCOMPOSE_ROOT: root });

  /** The built CLI, where a user can read it, run by somebody who is not root. */
  const asUser = (cwd: string, ...args: string[]) => {
    const drop = [
      '--reuid',
      String(stranger),
      '--regid',
      String(stranger),
      '--clear-groups',
      '--inh-caps=-all',
    ];
    const program = [process.execPath, join(installation, 'dist/tcompose.cjs'), ...args];
    return spawnSync('setpriv', [...(isRoot ? drop : []), ...program], {
      cwd,
      env: { PATH: process.env.PATH ?? '', HOME: scratch, LANG: 'C.UTF-8' },
      encoding: 'utf8',
      timeout: commandLimit,
    });
  };
  const write = (compose: string) => writeFileSync(join(project, 'compose.yaml'), compose);
  const report = (done: { readonly stdout: string }) => JSON.parse(done.stdout) as Report;
  const about = ({ findings }: Report, id: string) => findings.filter((finding) => finding.id === id);

  beforeAll(() => {
    enterOwnNetwork();
    chmodSync(scratch, 0o755);
    mkdirSync(project);
    cpSync(resolve('dist'), join(installation, 'dist'), { recursive: true });
  });
  afterAll(() => {
    own(...endEngine);
    rmSync(scratch, { recursive: true, force: true, maxRetries: 10 });
  });

  it('looks at everything, without an engine and without starting one', () => {
    const done = own('doctor', '--json');
    expect(done.stderr).toBe('');
    const { ok, uid, findings } = report(done);
    expect(uid).toBe(process.getuid?.());
    expect(done.status).toBe(ok ? 0 : 1);
    const seen = new Set(findings.map(({ topic }) => topic));
    const others = isRoot ? ['sub-ids', 'outside', 'others'] : ['others'];
    expect(topics.filter((topic) => !seen.has(topic) && !others.includes(topic))).toEqual([]);
    // Containers run here, or no other test of this tier would pass.
    for (const id of ['namespaces.kinds', 'networks.kernel', 'kernel.version', 'engine.state'])
      expect(about({ ok, uid, findings }, id)).toMatchObject([{ level: 'ok' }]);
    expect(existsSync(root)).toBe(false);
  });

  it.skipIf(!isRoot)(`says to a user what he lacks${oneself}`, () => {
    const done = asUser(scratch, 'doctor', '--json');
    expect(done.stderr).toBe('');
    const { ok, uid, findings } = report(done);
    expect(uid).toBe(stranger);
    expect(done.status).toBe(ok ? 0 : 1);
    const [range] = about({ ok, uid, findings }, 'sub-ids.range');
    expect(range).toMatchObject({ level: 'limited', message: expect.stringContaining(String(stranger)) });
    expect(range!.fix).toMatch(/^sudo usermod --add-subuids (\d+-\d+) --add-subgids \1 47119$/);
    expect(findings.map(({ topic }) => topic)).toContain('outside');
    const text = asUser(scratch, 'doctor', 'sub-ids', '-q');
    expect([text.status, text.stdout]).toEqual([
      0,
      `limited  sub-ids     ${range!.message}\n${' '.repeat(21)}fix: ${range!.fix}\n`,
    ]);
  });

  it.skipIf(!isRoot)(
    `tells a user of a machine that gives no user namespaces, and root nothing of it${oneself}`,
    async () => {
      // The limit of a namespace is its own: the machine keeps its.
      const limited = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"';
      const inside = ['sh', '-c', 'echo; read go; exec sh -c "$0" sh "$@"', limited];
      const inNamespace = async (...command: readonly string[]) => {
        const child = spawn('unshare', ['-U', ...inside, ...command], {
          cwd: scratch,
          env: { PATH: process.env.PATH ?? '', HOME: scratch, TCOMPOSE_ROOT: '' },
        });
        const parts: Buffer[] = [];
        await once(child.stdout, 'data');
        for (const map of ['uid_map', 'gid_map']) writeFileSync(`/proc/${child.pid}/${map}`, '0 0 65536\n');
        child.stdout.on('data', (part: Buffer) => parts.push(part));
        child.stdin.end('go\n');
        const [status] = (await once(child, 'close')) as [number];
        return { status, stdout: Buffer.concat(parts).toString('utf8') };
      };
      const program = [process.execPath, join(installation, 'dist/tcompose.cjs'), 'doctor', '--json'];
      const drop = ['setpriv', '--reuid', String(stranger), '--regid', String(stranger), '--clear-groups'];
      const user = await inNamespace(...drop, ...program);
      expect(user.status).toBe(1);
      expect(about(report(user), 'namespaces.user')).toMatchObject([
        {
          level: 'missing',
          message: expect.stringContaining('user.max_user_namespaces is 0'),
          fix: expect.stringContaining("'user.max_user_namespaces = 15000' | sudo tee"),
        },
      ]);
      const rootHere = await inNamespace(...program, 'namespaces');
      expect(about(report(rootHere), 'namespaces.user')).toEqual([]);
    },
  );

  const noUser = rootlessUnmet();
  it.skipIf(noUser !== undefined)(
    `is named where a user lacks the id that a container is to have${noUser ? ` (skipped: ${noUser})` : ''}`,
    () => {
      const user = makeUser({ subIds: false });
      try {
        const run = [
          'container',
          'run',
          '--rm',
          '--network',
          'none',
          '--user',
          '1000',
          'tcompose/host',
          'id',
        ];
        const done = user.tcompose(...run);
        expect(done.stderr).toContain('it cannot run as user 1000: this engine has no such id\n');
        expect(done.stderr).toContain('`tcompose doctor sub-ids`');
        expect(user.tcompose('doctor', 'sub-ids').stdout).toContain('--add-subgids');
      } finally {
        user.remove();
      }
    },
  );

  it('looks only at what is named, and knows when that is nothing', () => {
    const { findings } = report(own('doctor', '--json', 'clock', 'kernel'));
    expect([...new Set(findings.map(({ topic }) => topic))]).toEqual(['kernel', 'clock']);
    const wrong = own('doctor', 'kernle');
    expect([wrong.status, wrong.stderr]).toEqual([
      1,
      'error: the doctor has no check named kernle\nhint: Did you mean kernel?\n',
    ]);
  });

  describe('in a project', () => {
    let server: Server;
    let port = 0;
    beforeAll(async () => {
      server = createServer();
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      port = (server.address() as { port: number }).port;
    });
    afterAll(() => void server.close());

    it('names who has a port that is to be published, and exits with 1', () => {
      write(`services: {web: {image: x, ports: ["127.0.0.1:${port}:80"]}}`);
      const done = own('doctor', 'ports');
      expect(done.status).toBe(1);
      expect(done.stdout).toContain(`${port}/tcp (web) is taken by node (pid ${process.pid})`);
      expect(asUser(project, 'doctor', 'ports').status).toBe(1);
    });

    it('tells a user of ports that are root’s', () => {
      write('services: {web: {image: x, ports: ["80:80"]}}');
      const done = asUser(project, 'doctor', 'ports');
      expect(done.stdout).toMatch(/80\/tcp \(web\).*\n +fix: .*ip_unprivileged_port_start = 80/);
      expect(done.status).toBe(1);
      if (isRoot) expect(own('doctor', 'ports').status).toBe(0);
    });

    it('looks for emulators, and goes on when the project cannot be read', () => {
      write('services: {web: {image: x, platform: linux/s390x}}');
      const registered = existsSync('/proc/sys/fs/binfmt_misc/qemu-s390x');
      expect(own('doctor', 'platforms').status).toBe(registered ? 0 : 1);
      write('services: {web: {image: [}}');
      const [found] = report(own('doctor', '--json', 'ports')).findings;
      expect(found).toMatchObject({ level: 'limited', id: 'ports.project' });
    });
  });

  it('knows an engine that runs, and leaves it alone', () => {
    write('services: {}');
    expect(own('image', 'ls', '-q').status).toBe(0);
    const before = JSON.parse(own('engine', 'status', '--json').stdout) as { pid: number };
    const [state] = about(report(own('doctor', '--json', 'engine')), 'engine.state');
    expect(state).toMatchObject({ level: 'ok', message: expect.stringContaining(`process ${before.pid} `) });
    const after = JSON.parse(own('engine', 'status', '--json').stdout) as { pid: number };
    expect(after.pid).toBe(before.pid);
  });

  it('makes no mistake of its own where few files may be opened', () => {
    for (let most = 19; most <= 24; most++) {
      const words = [
        '-c',
        `ulimit -n ${most}; exec "$@"`,
        'sh',
        process.execPath,
        resolve('dist/tcompose.cjs'),
      ];
      const done = spawnSync('sh', [...words, 'doctor', 'firewall', 'outside', 'sub-ids'], {
        env: { ...plainEnvironment(), TCOMPOSE_ROOT: root },
        encoding: 'utf8',
      });
      expect(done.stderr, `${most} files`).not.toContain('unexpected: Cannot read');
    }
  });

  it('is asked by an error that smells of the machine', () => {
    const full = join(scratch, 'full');
    mkdirSync(full);
    const script = `mount -t tmpfs -o size=1m none "$1" && { head -c 2m /dev/zero > "$1/big" 2> /dev/null; TCOMPOSE_ROOT="$1/root" "$2" "$3" image ls; }`;
    // With its process namespace ends whatever still tries to start an engine there.
    const done = spawnSync(
      'unshare',
      [
        isRoot ? '-m' : '-Urm',
        '-p',
        '-f',
        '--mount-proc',
        'sh',
        '-c',
        script,
        'sh',
        full,
        process.execPath,
        resolve('dist/tcompose.cjs'),
      ],
      { cwd: scratch, env: plainEnvironment(), encoding: 'utf8', timeout: commandLimit },
    );
    expect(done.status).toBe(1);
    expect(done.stderr).toMatch(
      /^error: no space is left[^\n]*\nhint: [^\n]*\ndoctor: no room: 0 B free at /,
    );
    expect(done.stderr).toContain('\n   fix: tcompose system prune\n');
    // And not by one that does not.
    expect(own('nonsense').stderr).not.toContain('doctor');
  });
});
