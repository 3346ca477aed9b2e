import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Check } from './checks.ts';
import {
  children,
  containerGroup,
  expect,
  inspect,
  instanceOf,
  ourGroups,
  output,
  text,
  tree,
  until,
} from './machine.ts';

const project = '/root/project';

const composeFile = `
name: pair
services:
  web:
    image: tcompose/host
    command: ["node", "-e", "require('node:http').createServer((q, r) => r.end('served')).listen(8000)"]
    ports: ["\${VM_PORT}:8000"]
    mem_limit: 256m
    stop_grace_period: 1s
  asks:
    image: tcompose/host
    command: ["sleep", "100000"]
    stop_grace_period: 1s
    depends_on: [web]
    networks: [default, back]
networks:
  back:
`;

const ask = (url: string): string =>
  `fetch('${url}').then((r) => r.text()).then(console.log, (e) => console.log(String(e.cause ?? e)))`;

function fromMachine(url: string): string {
  return spawnSync('node', ['-e', ask(url)], { encoding: 'utf8' }).stdout.trim();
}

/** A project's way through the engine: up, DNS, a published port, a killed engine, down. */
export const projectChecks: readonly Check[] = [
  {
    name: 'up starts two services that find each other by name',
    async run(at) {
      mkdirSync(project, { recursive: true });
      writeFileSync(join(project, 'compose.yaml'), composeFile);
      output(at, '-f', join(project, 'compose.yaml'), 'up', '-d');
      const compose = (...args: string[]): string => output(at, '-f', join(project, 'compose.yaml'), ...args);
      await until('an answer by name', () =>
        compose('exec', '-T', 'asks', 'node', '-e', ask('http://web:8000')).includes('served'),
      );
      expect(text(`${await containerGroup(at, 'pair-web-1')}/memory.max`), String(256 << 20), 'mem_limit');
    },
  },
  {
    name: 'a published port is reached from the machine',
    async run(at) {
      expect(fromMachine(`http://127.0.0.1:${at.port}`), 'served', 'by 127.0.0.1');
    },
  },
  {
    name: 'a killed engine leaves containers alone and its successor adopts them',
    async run(at) {
      const before = await inspect(at, 'pair-web-1');
      const engine = children('/proc').find((pid) => {
        try {
          return (
            /^\d+$/.test(pid) &&
            text(`/proc/${pid}/cmdline`).includes('engine.cjs') &&
            text(`/proc/${pid}/cmdline`).includes(at.root) &&
            !text(`/proc/${pid}/cmdline`).includes('keeper')
          );
        } catch {
          return false;
        }
      });
      if (engine === undefined) throw new Error('no engine process found');
      process.kill(Number(engine), 'SIGKILL');
      expect(fromMachine(`http://127.0.0.1:${at.port}`), 'served', 'port while no engine is there');
      output(at, '-f', join(project, 'compose.yaml'), 'ps');
      const after = await inspect(at, 'pair-web-1');
      expect(after.State.Pid, before.State.Pid, 'pid');
      expect(after.State.Status, 'running', 'state');
      output(at, 'container', 'pause', 'pair-web-1');
      output(at, 'container', 'unpause', 'pair-web-1');
    },
  },
  {
    name: 'down and the end of the engine leave no group, link or firewall table',
    async run(at) {
      output(at, '-f', join(project, 'compose.yaml'), 'down');
      const instance = instanceOf(at);
      const left = children(join(tree, `tcompose-${instance}`)).filter((name) => /^[0-9a-f]{64}$/.test(name));
      expect(left.join(' '), '', 'groups of containers');
      output(at, 'engine', 'stop');
      await until('the groups to go', () => ourGroups().length === 0);
      expect(
        children('/sys/class/net')
          .concat(linkNames())
          .filter((name) => name.startsWith('tc'))
          .join(' '),
        '',
        'links',
      );
      const tables = spawnSync('nft', ['list', 'tables'], { encoding: 'utf8' });
      expect(tables.status, 0, 'nft list tables');
      expect(tables.stdout.includes('tcompose'), false, `tables (${tables.stdout.trim()})`);
      expect(text('/proc/mounts').includes(at.root), false, 'mounts');
    },
  },
];

/** /sys/class/net holds links, not directories. */
function linkNames(): string[] {
  const list = spawnSync('ls', ['/sys/class/net'], { encoding: 'utf8' });
  return list.stdout.split('\n').filter(Boolean);
}
