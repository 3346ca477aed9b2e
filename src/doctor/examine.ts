import { cgroupFindings } from './checks/cgroups.ts';
import { clockFindings } from './checks/clock.ts';
import { diskFindings } from './checks/disk.ts';
import { engineFindings, otherFindings } from './checks/engine.ts';
import { firewallFindings } from './checks/firewall.ts';
import { inotifyFindings } from './checks/inotify.ts';
import { kernelFindings } from './checks/kernel.ts';
import { limitFindings } from './checks/limits.ts';
import { namespaceFindings } from './checks/namespaces.ts';
import { networkFindings } from './checks/networks.ts';
import { outsideFindings } from './checks/outside.ts';
import { platformFindings } from './checks/platforms.ts';
import { portFindings } from './checks/ports.ts';
import { resolverFindings } from './checks/resolver.ts';
import { sessionFindings } from './checks/session.ts';
import { storageFindings } from './checks/storage.ts';
import { subIdFindings } from './checks/sub-ids.ts';
import type { Facts } from './facts.ts';
import { type Finding, type Topic, topics } from './finding.ts';
import type { Ground } from './ground.ts';

type Check<T extends Topic> = (facts: NonNullable<Facts[T]>, ground: Ground) => readonly Finding[];

const checks: { readonly [T in Topic]: Check<T> } = {
  kernel: kernelFindings,
  namespaces: namespaceFindings,
  'sub-ids': subIdFindings,
  cgroups: cgroupFindings,
  storage: storageFindings,
  disk: diskFindings,
  networks: networkFindings,
  firewall: firewallFindings,
  ports: portFindings,
  outside: outsideFindings,
  resolver: resolverFindings,
  inotify: inotifyFindings,
  limits: limitFindings,
  clock: clockFindings,
  platforms: platformFindings,
  session: sessionFindings,
  engine: engineFindings,
  others: otherFindings,
};

/** The findings for the facts, by topic in the order of `topics`. Pure. */
export function examine(facts: Facts): readonly Finding[] {
  const of = <T extends Topic>(topic: T): readonly Finding[] => {
    const known = facts[topic];
    return known === undefined ? [] : checks[topic](known, facts.ground);
  };
  return topics.flatMap(of);
}

/** Exit code of a report: 1 when something necessary is missing. */
export const exitCode = (findings: readonly Finding[]): 0 | 1 =>
  findings.some(({ level }) => level === 'missing') ? 1 : 0;
