/**
 * Runs in a network namespace of its own, which stands for a machine with another firewall on it. Plays the scenario
 * and prints what was reached at each step, as one JSON object. argv: bundle of the agent, bridge-nf-call-iptables.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createNetworkService, type NetworkRecord } from '../../../src/network/index.ts';
import { type Agent, startAgent } from './agent.ts';

const [, , bundle = '', bridgeNetfilter = '1'] = process.argv;
const run = (...args: string[]) => execFileSync(args[0]!, args.slice(1), { stdio: 'pipe' }).toString();
const result: Record<string, unknown> = {};

async function eventually(what: string, look: () => Promise<unknown> | unknown): Promise<void> {
  for (let tries = 0; tries < 1800; tries++) {
    if (await look()) {
      result[what] = true;
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  result[what] = false;
}

async function main(): Promise<void> {
  run('ip', 'link', 'set', 'lo', 'up');
  writeFileSync('/proc/sys/net/bridge/bridge-nf-call-iptables', bridgeNetfilter);
  const warnings: string[] = [];
  const service = createNetworkService({
    instance: '7e57a003',
    now: () => performance.now(),
    timestamp: () => '2026-01-01T00:00:00Z',
    warn: (sentence) => warnings.push(sentence),
  });
  const agents: Agent[] = [];
  const agent = async (where: 'new' | 'host' = 'new') => {
    const made = await startAgent(bundle, where);
    agents.push(made);
    return made;
  };
  const host = await agent('host');
  const other = await agent();
  run('ip', 'link', 'add', 'lan', 'type', 'veth', 'peer', 'name', 'lan0', 'netns', String(other.pid));
  run('ip', 'address', 'add', '10.213.7.1/24', 'dev', 'lan');
  run('ip', 'link', 'set', 'lan', 'up');
  const inside = ['nsenter', '-t', String(other.pid), '-n', 'ip'];
  run(...inside, 'address', 'add', '10.213.7.2/24', 'dev', 'lan0');
  run(...inside, 'link', 'set', 'lan0', 'up');
  await other.run({ do: 'serve', protocol: 'tcp', port: 80, name: 'other' });

  async function container(name: string, network: NetworkRecord, hostPort?: number) {
    const id = Buffer.from(name).toString('hex').padEnd(64, '0');
    const plan = await service.planAttach({
      containerId: id,
      endpoints: [service.allocate(network, { containerId: id, aliases: [name] })],
      ports: hostPort ? [{ protocol: 'tcp', containerPort: 80, hostIp: '', hostPort }] : [],
    });
    const made = await agent();
    const sockets = await made.execute(plan);
    await service.containerStarted({
      containerId: id,
      endpoints: plan.endpoints,
      ports: plan.ports,
      sockets,
    });
    await made.run({ do: 'serve', protocol: 'tcp', port: 80, name });
    return { id, agent: made, address: plan.endpoints[0]!.ipv4 };
  }

  const forwardRules = () => run('iptables', '-S', 'FORWARD').split('\n');
  const ours = () => run('nft', 'list', 'ruleset').match(/comment "tcompose_7e57a003/g)?.length ?? 0;

  run('iptables', '-P', 'FORWARD', 'DROP');
  const network = service.createNetwork({ name: 'n', ipam: [{ subnet: '10.213.16.0/24' }] }, []);
  const web = await container('web', network, 18080);
  const peer = await container('peer', network);
  const reach = async (timeout = 60_000) => ({
    neighbour: await peer.agent.ask('tcp', web.address, 80, timeout),
    published: await other.ask('tcp', '10.213.7.1', 18080, timeout),
    out: await web.agent.ask('tcp', '10.213.7.2', 80, timeout),
    local: await host.ask('tcp', '127.0.0.1', 18080, timeout),
  });
  const works = async (timeout = 2000) =>
    Object.values(await reach(timeout)).every((answer) => / /.test(answer));

  result.beside = await reach();
  // iptables still understands its own chain.
  result.listed = forwardRules().filter((line) => line.includes('7e57a003'));

  run('iptables', '-F', 'FORWARD');
  await eventually('backAfterFlush', () => works());

  run('iptables', '-N', 'DOCKER-USER');
  run('iptables', '-A', 'DOCKER-USER', '-j', 'RETURN');
  run('iptables', '-I', 'FORWARD', '-j', 'DOCKER-USER');
  await eventually('movedToDockerUser', () =>
    run('iptables', '-S', 'DOCKER-USER').includes('tcompose_7e57a003'),
  );
  await eventually('goneFromForward', () => !forwardRules().some((line) => line.includes('tcompose')));
  result.besideDocker = await works(60_000);

  run('nft', 'flush', 'ruleset');
  run(
    'nft',
    'add table inet fw; add chain inet fw forward { type filter hook forward priority 0; policy accept; };' +
      'add rule inet fw forward ct state established accept; add rule inet fw forward reject',
  );
  await eventually('backAfterReload', () => works());
  result.warnings = [...new Set(warnings)];

  run('nft', 'delete table inet fw');
  await eventually('unneededAcceptsGone', () => ours() === 0);
  run('iptables', '-P', 'FORWARD', 'DROP');
  await eventually('opened', () => ours() === 2);
  for (const { id } of [web, peer]) await service.containerStopped(id);
  await service.removeNetwork(network);
  result.left = ours();
  result.tables = run('nft', 'list', 'tables').match(/tcompose/g)?.length ?? 0;
  await service.close();
  for (const one of agents) await one.stop();
}

main().then(
  () => process.stdout.write(`${JSON.stringify(result)}\n`),
  (error: Error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  },
);
