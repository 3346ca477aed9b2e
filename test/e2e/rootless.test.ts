import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/cli.ts';
import { killTogether, until } from '../support/engine.ts';
import { lasting } from '../support/leaks.ts';
import { enterOwnNetwork } from '../support/own-network.ts';
import { answerOf, makeUser, processesOf, rootlessUnmet, type TestUser } from '../support/rootless.ts';

const unmet = rootlessUnmet('ip');
/** An address of the machine that is not loopback. */
const machine = '203.0.113.9';

const server = `require('http').createServer((q, r) => r.end(process.env.WORD + ' ' + q.socket.remoteAddress + '\\n')).listen(80, '::')`;
const ask = (url: string) =>
  `fetch('${url}').then((r) => r.text()).then((t) => console.log('answer ' + t.trim()))`;

const echo = `const s = require('dgram').createSocket('udp4'); s.on('message', (m, f) => s.send('from ' + f.address + ' ' + m, f.port, f.address)); s.bind(7)`;

const project = (port: number, udp = port) => `
name: rootless
services:
  web:
    image: tcompose/host
    command: ["node", "-e", ${JSON.stringify(server)}]
    environment: { WORD: hello }
    ports: ["${port}:80"]
    volumes: [".:/src", "data:/data"]
    init: true
  asker:
    image: tcompose/host
    command: ["sh", "-c", ${JSON.stringify(`node -e "${ask('http://web')}"; touch /src/made /data/made; echo done; exec sleep 1000`)}]
    depends_on: [web]
    volumes: [".:/src", "data:/data"]
    init: true
  echo:
    image: tcompose/host
    command: ["node", "-e", ${JSON.stringify(echo)}]
    ports: ["${udp}:7/udp"]
    init: true
volumes:
  data: {}
`;

describe.skipIf(unmet !== undefined)(
  `a project of a user who is not root${unmet ? ` (skipped: ${unmet})` : ''}`,
  () => {
    let user: TestUser;
    let port = 0;
    beforeAll(async () => {
      enterOwnNetwork();
      for (const words of [
        'link add out type veth peer name peer',
        `addr add ${machine}/24 dev out`,
        'link set out up',
      ])
        expect(spawnSync('ip', words.split(' ')).status).toBe(0);
      port = await freePort();
      user = makeUser();
      user.write('compose.yaml', project(port));
    });
    afterAll(() => user?.remove());

    it('goes up: network, names, volume, bind mount, logs', async () => {
      const up = user.tcompose('up', '-d', '--wait');
      expect(up.status, up.stderr).toBe(0);
      expect(up.stderr).not.toContain('/etc/subuid');
      const logs = async () => user.tcompose('logs', 'asker').stdout;
      await until(async () => (await logs()).includes('done'), 'what it asks to be answered');
      expect(await logs()).toMatch(/answer hello ::ffff:172\./);
    });

    it('has its published port on the machine, over both families', async () => {
      for (const host of ['127.0.0.1', '[::1]']) {
        expect(await answerOf(port, host)).toContain('hello ');
      }
    });

    it('shows a container its clients of the machine’s network by their own addresses', async () => {
      for (let times = 0; times < 3; times++)
        expect(await answerOf(port, machine)).toBe(`hello ::ffff:${machine}\n`);
      expect(await answerOf(port)).toMatch(/^hello ::ffff:172\.\d+\.0\.1\n$/);
    });

    it('has its published port of UDP on the machine', async () => {
      for (const [host, seen] of [
        ['127.0.0.1', /^from 172\.\d+\.0\.1 ping$/],
        [machine, /^from 203\.0\.113\.9 ping$/],
      ] as const) {
        const socket = createSocket('udp4');
        const answer = await new Promise<string>((resolve) => {
          const send = () => socket.send('ping', port, host);
          const again = setInterval(send, 200);
          socket.once('message', (message) => {
            clearInterval(again);
            resolve(message.toString());
          });
          send();
        });
        socket.close();
        expect(answer).toMatch(seen);
      }
    });

    it('runs commands as the container’s root, whose files are the user’s', () => {
      expect(user.tcompose('exec', '-T', 'web', 'id', '-u').stdout).toBe('0\n');
      const { uid, gid } = statSync(join(user.project, 'made'));
      expect({ uid, gid }).toEqual({ uid: user.uid, gid: user.gid });
      const other = user.tcompose(
        'exec',
        '-T',
        '--user',
        '33:33',
        'asker',
        'sh',
        '-c',
        'id -u; cat /data/made',
      );
      expect(other.stdout).toBe('33\n');
      const refused = user.tcompose('exec', '-T', '--user', '33', 'web', 'touch', '/src/not-mine');
      expect(refused.status).not.toBe(0);
    });

    it('gives files of other ids of a container to the user’s sub-ids', () => {
      const made = user.tcompose(
        'exec',
        '-T',
        'web',
        'sh',
        '-c',
        'touch /src/other && chown 33:34 /src/other',
      );
      expect(made.status, made.stderr).toBe(0);
      const first = (file: string) =>
        Number(readFileSync(file, 'utf8').match(new RegExp(`^${user.name}:(\\d+):`, 'm'))?.[1]);
      const { uid, gid } = statSync(join(user.project, 'other'));
      expect({ uid, gid }).toEqual({ uid: first('/etc/subuid') + 32, gid: first('/etc/subgid') + 33 });
    });

    it('has commands as root of its namespaces, who may remove what the user may not', () => {
      const left = 'mkdir /src/left && touch /src/left/file && chown -R 33:33 /src/left';
      expect(user.tcompose('exec', '-T', 'web', 'sh', '-c', left).status).toBe(0);
      expect(user.run('rm', '-rf', 'left').status).not.toBe(0);
      const map = user.tcompose('engine', 'unshare', 'cat', '/proc/self/uid_map');
      expect(map.stdout, map.stderr).toMatch(new RegExp(`^ *0 +${user.uid} +1\\n *1 +\\d+ +65536\\n$`));
      const removed = user.tcompose('engine', 'unshare', 'sh', '-c', 'pwd; rm -r left; exit 7');
      expect([removed.status, removed.stdout]).toEqual([7, `${user.project}\n`]);
      expect(user.run('ls', 'left').status).not.toBe(0);
      expect(user.tcompose('engine', 'unshare', '/nowhere').status).toBe(127);
    });

    it('counts and lists the processes of containers that have no control group', () => {
      expect(user.tcompose('top', 'asker').stdout).toContain('sleep 1000');
      const stats = user.tcompose('stats', '--no-stream', '--format', 'json').stdout;
      const web = stats.split('\n').find((line) => line.includes('rootless-web-1')) ?? '{}';
      const { PIDs, MemUsage } = JSON.parse(web) as { PIDs: string; MemUsage: string };
      expect(Number(PIDs)).toBeGreaterThanOrEqual(2);
      expect(MemUsage).toMatch(/^[1-9][\d.]*MiB /);
    });

    it('keeps its state where the user has his, open to nobody else', () => {
      const { stdout } = user.tcompose('engine', 'status', '--json');
      const { paths } = JSON.parse(stdout) as { paths: { lib: string; socket: string } };
      expect(paths.lib).toBe(join(user.home, '.local/share/tcompose'));
      expect(paths.socket).toBe(join(user.runtime, 'tcompose/engine.sock'));
      for (const path of [paths.lib, join(user.runtime, 'tcompose')])
        expect(statSync(path).mode & 0o777).toBe(0o700);
      expect(statSync(paths.socket).mode & 0o777).toBe(0o600);
    });

    it('refuses a low port with the setting that would allow it', () => {
      user.write(
        'low.yaml',
        'services:\n  low:\n    image: tcompose/host\n    command: "true"\n    ports: ["81:80"]\n',
      );
      const up = user.tcompose('-p', 'low', '-f', 'low.yaml', 'up', '-d');
      expect(up.status).not.toBe(0);
      expect(up.stderr).toContain('sysctl net.ipv4.ip_unprivileged_port_start=81');
      user.tcompose('-p', 'low', '-f', 'low.yaml', 'down');
    });

    it('survives the end of engine and keeper', async () => {
      const before = user.tcompose('ps', '-q').stdout;
      const all = processesOf(user.uid).filter((line) =>
        /tcompose-keeper|engine\.cjs|tcompose-network/.test(line),
      );
      killTogether(all.map((line) => Number(line.split(' ')[0])));
      const after = user.tcompose('ps', '-q');
      expect(after.stdout, after.stderr).toBe(before);
      expect(await answerOf(port)).toContain('hello');
      expect(user.tcompose('exec', '-T', 'web', 'sh', '-c', 'echo still').stdout).toBe('still\n');
      expect(user.tcompose('exec', '-T', 'asker', 'node', '-e', ask('http://web')).stdout).toContain(
        'answer hello',
      );
    });

    it('has networks again after the process that holds them was ended', async () => {
      for (const line of processesOf(user.uid))
        if (line.includes('tcompose-network')) process.kill(Number(line.split(' ')[0]), 'SIGKILL');
      user.write(
        'more.yaml',
        'services:\n  more:\n    image: tcompose/host\n    init: true\n    command: sleep 1000\n',
      );
      const more = (...words: string[]) => user.tcompose('-p', 'more', '-f', 'more.yaml', ...words);
      const first = more('up', '-d');
      expect([first.status, first.stderr]).toEqual([1, expect.stringContaining('run the command again')]);
      const second = more('up', '-d');
      expect(second.status, second.stderr).toBe(0);
      expect(await answerOf(port)).toContain('hello');
      expect(user.tcompose('exec', '-T', 'asker', 'node', '-e', ask('http://web')).stdout).toContain(
        'answer hello',
      );
      const down = more('down');
      expect(down.status, down.stderr).toBe(0);
    });

    it('leaves nothing behind', async () => {
      const down = user.tcompose('down', '-v');
      expect(down.status, down.stderr).toBe(0);
      const asked = user.tcompose('engine', 'reset');
      expect([asked.status, asked.stderr]).toEqual([1, expect.stringContaining('Use --force')]);
      const reset = user.tcompose('engine', 'reset', '--force');
      expect(reset.status, reset.stderr).toBe(0);
      expect(existsSync(join(user.runtime, 'tcompose/copies'))).toBe(false);
      expect(existsSync(join(user.home, '.local/share/tcompose'))).toBe(false);
      expect(await lasting(() => processesOf(user.uid))).toEqual([]);
      await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow();
    });
  },
);

describe.skipIf(unmet !== undefined)(`a user without sub-ids${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let user: TestUser;
  beforeAll(() => {
    enterOwnNetwork();
    user = makeUser({ subIds: false });
  });
  afterAll(() => user?.remove());

  it('has containers with one id, and is told so once, with the command that changes it', async () => {
    const port = await freePort();
    user.write('compose.yaml', project(port));
    const up = user.tcompose('up', '-d', '--wait');
    expect(up.status, up.stderr).toBe(0);
    expect(up.stderr).toMatch(
      new RegExp(
        `warning: /etc/subuid has no ids for user ${user.name}.*sudo usermod --add-subuids \\d+-\\d+ `,
      ),
    );
    expect(await answerOf(port)).toContain('hello');
    expect(user.tcompose('exec', '-T', 'web', 'id', '-u').stdout).toBe('0\n');
    const down = user.tcompose('down', '-v');
    expect(down.status, down.stderr).toBe(0);
    user.tcompose('engine', 'stop');
    const again = user.tcompose('up', '-d');
    expect(again.status, again.stderr).toBe(0);
    expect(again.stderr).not.toContain('warning');
    expect(user.tcompose('down', '-v').status).toBe(0);
  });

  it('has an engine in /tmp where there is no XDG_RUNTIME_DIR, and none where somebody else made that', async () => {
    const fresh = makeUser();
    const directory = `/tmp/tcompose-${fresh.uid}`;
    const words = ['-u', 'XDG_RUNTIME_DIR', process.execPath, join(process.cwd(), 'dist/tcompose.cjs')];
    const info = fresh.run('env', ...words, 'system', 'info');
    expect(info.status, info.stderr).toBe(0);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    fresh.run('env', ...words, 'engine', 'stop', '-f');
    fresh.run('chmod', '755', directory);
    // What holds the engine's namespaces may take a moment longer to end; as long, the directory is its.
    const refusal = () => fresh.run('env', ...words, 'ps').stderr;
    await until(() => !refusal().includes('has been opened to other users'), 'the end of the engine');
    expect(refusal()).toContain(`${directory} is not safe`);
    fresh.remove();
    rmSync(directory, { recursive: true });
  });
});
