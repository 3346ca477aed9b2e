import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../../support/cli.ts';
import { buildAgent } from '../../support/network/agent.ts';
import { whyNoNetwork } from '../../support/network/why-no-network.ts';

const iptables = spawnSync('iptables', ['--version'], { encoding: 'utf8' });
const noBridgeNetfilter = !existsSync('/proc/sys/net/bridge/bridge-nf-call-iptables');
const reason =
  whyNoNetwork() ??
  requirements({ commands: ['iptables'] }) ??
  (iptables.stdout.includes('nf_tables') ? undefined : 'iptables is not the one on top of nf_tables') ??
  (noBridgeNetfilter ? 'this kernel has no bridge netfilter' : undefined);
if (reason) console.warn(`foreign firewall tests are left out: ${reason}`);

let agent: Awaited<ReturnType<typeof buildAgent>>;
let scenario: Awaited<ReturnType<typeof buildAgent>>;
beforeAll(async () => {
  agent = await buildAgent();
  scenario = await buildAgent('foreign-firewall');
});
afterAll(() => {
  agent.release();
  scenario.release();
});

describe.skipIf(reason !== undefined)('beside a firewall that drops what is forwarded', () => {
  it.each(['0', '1'])('traffic passes, with bridge-nf-call-iptables %s', (bridgeNetfilter) => {
    const output = execFileSync(
      'unshare',
      ['--net', process.execPath, scenario.path, agent.path, bridgeNetfilter],
      { env: { ...process.env, NODE_PATH: new URL('../../../node_modules', import.meta.url).pathname } },
    );
    expect(JSON.parse(output.toString())).toEqual({
      beside: {
        neighbour: expect.stringMatching(/^web /),
        published: 'web 10.213.7.2',
        out: 'other 10.213.7.1',
        local: expect.stringMatching(/^web /),
      },
      listed: [
        '-A FORWARD -o tc7e57a003+ -m comment --comment "tcompose_7e57a003 tc7e57a003+" -j ACCEPT',
        '-A FORWARD -i tc7e57a003+ -m comment --comment "tcompose_7e57a003 tc7e57a003+" -j ACCEPT',
      ],
      backAfterFlush: true,
      movedToDockerUser: true,
      goneFromForward: true,
      besideDocker: true,
      backAfterReload: true,
      warnings: ['the firewall table was removed or emptied by another program; it was put back'],
      unneededAcceptsGone: true,
      opened: true,
      left: 0,
      tables: 0,
    });
  });
});
