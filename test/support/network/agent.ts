import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import type { AttachPlan } from '../../../src/network/index.ts';
import type { HoldSocketOp } from '../../../src/runtime/launch/launch-plan.ts';
import { openNetlink } from '../../../src/sys/netlink-socket.ts';
import { pidfdGetFd } from '../../../src/sys/pidfd.ts';
import type { AgentCommand } from './agent-main.ts';

const root = new URL('../../..', import.meta.url).pathname;

/** Bundles the agent (or another program of this folder) once a test file. `release` deletes the bundle. */
export async function buildAgent(program = 'agent-main'): Promise<{ path: string; release(): void }> {
  const dir = mkdtempSync(join(tmpdir(), 'tcompose-test-agent-'));
  const path = join(dir, 'agent.cjs');
  await build({
    entryPoints: [join(root, `test/support/network/${program}.ts`)],
    outfile: path,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['koffi', 'esbuild'],
    define: { 'import.meta.url': JSON.stringify(import.meta.url) },
  });
  return { path, release: () => rmSync(dir, { recursive: true }) };
}

export interface Agent {
  readonly pid: number;
  run(command: AgentCommand): Promise<unknown>;
  /** `timeout` in milliseconds; to be given, and short, where silence is what is expected. */
  ask(protocol: 'tcp' | 'udp', host: string, port: number, timeout?: number): Promise<string>;
  /** Does what the shim does with the network part of a launch plan. Returns the held sockets, copied to this process. */
  execute(plan: AttachPlan): Promise<Record<string, number>>;
  /** Copies of the held sockets once more, as a new engine would take them. */
  sockets(): Record<string, number>;
  stop(): Promise<void>;
}

/** Starts an agent in a new network namespace, or in this process's own. */
export async function startAgent(bundle: string, where: 'new' | 'host' = 'new'): Promise<Agent> {
  const args = [process.execPath, bundle];
  const child: ChildProcess = spawn(
    where === 'new' ? 'unshare' : args[0]!,
    where === 'new' ? ['--net', ...args] : args.slice(1),
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, NODE_PATH: join(root, 'node_modules') },
    },
  );
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let next = 1;
  const pid = child.pid!;
  const held = new Map<string, { pid: number; fd: number }>();
  const hostSockets: Agent[] = [];

  const ready = new Promise((resolve, reject) => waiting.set(0, { resolve, reject }));
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const answer = JSON.parse(line) as { id: number; result?: unknown; error?: string };
    const entry = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.error === undefined) entry?.resolve(answer.result);
    else entry?.reject(new Error(answer.error));
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  void exited.then(() => {
    for (const { reject } of waiting.values()) reject(new Error('the agent has ended'));
  });
  await ready;

  function run(command: AgentCommand): Promise<unknown> {
    const id = next++;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      child.stdin!.write(`${JSON.stringify({ id, command })}\n`);
    });
  }

  const hold = (agent: { run: typeof run }, op: HoldSocketOp) =>
    agent.run({
      do: 'hold',
      family: op.family,
      protocol: op.protocol,
      address: op.address,
      port: op.port,
      backlog: op.backlog,
    }) as Promise<number>;

  const sockets = () => Object.fromEntries([...held].map(([name, at]) => [name, pidfdGetFd(at.pid, at.fd)]));

  return {
    pid,
    run,
    ask: async (protocol, host, port, timeout = 60_000) =>
      (await run({ do: 'ask', protocol, host, port, timeout })) as string,

    async execute(plan) {
      for (const op of plan.host) {
        if (op.op !== 'hold-socket') throw new Error(`the agent can't do ${op.op}`);
        let host = hostSockets[0];
        if (!host) {
          host = await startAgent(bundle, 'host');
          hostSockets.push(host);
        }
        held.set(op.name, { pid: host.pid, fd: await hold(host, op) });
      }
      for (const op of plan.network) {
        if (op.op === 'hold-socket') held.set(op.name, { pid, fd: await hold({ run }, op) });
        else if (op.op === 'write') await run({ do: 'write', path: op.path, data: op.data });
        else if (op.op === 'write-host') writeFileSync(op.path, op.data);
        else if (op.op === 'forward') throw new Error('the agent carries no ports');
        else if (op.from === 'container') {
          const message = Buffer.from(op.message).toString('hex');
          await run({ do: 'netlink', protocol: op.protocol, message, what: op.what });
        } else sendFromHost(op, pid);
      }
      return sockets();
    },

    sockets,

    async stop() {
      child.stdin!.end();
      await exited;
      for (const host of hostSockets) await host.stop();
    },
  };
}

function sendFromHost(
  op: { protocol: number; message: Uint8Array; netnsFdAt?: number; what: string },
  pid: number,
): void {
  const message = Buffer.from(op.message);
  const transport = openNetlink(op.protocol);
  const namespace = openSync(`/proc/${pid}/ns/net`, 'r');
  try {
    if (op.netnsFdAt !== undefined) message.writeUInt32LE(namespace, op.netnsFdAt);
    transport.request(message, op.what);
  } finally {
    closeSync(namespace);
    transport.close();
  }
}
