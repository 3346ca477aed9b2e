import { randomBytes } from 'node:crypto';
import { TcomposeError } from '../errors.ts';
import { bridgeName } from './attach/link-names.ts';
import type { Cidr } from './ipam/address.ts';
import { isIPv6Pool, planPools } from './ipam/plan-network.ts';
import { bridgeOptions, checkOptions } from './options.ts';
import type { NetworkSpec } from './service-types.ts';
import type { NetworkRecord } from './types.ts';

const drivers = ['bridge', 'host', 'none'] as const;
type Driver = (typeof drivers)[number];

/** The driver of network `none` has the name `null` in Docker. */
const driverOf = (name: string): Driver | undefined =>
  name === 'null' ? 'none' : drivers.find((driver) => driver === name);

/** Sentences about the parts of a request that have no effect here. Errors: NETWORK_OPTION for invalid values. */
export function networkWarnings(
  spec: Pick<NetworkSpec, 'name' | 'options' | 'ipam' | 'enableIPv6'>,
): string[] {
  const idle = spec.enableIPv6 ? [] : (spec.ipam ?? []).filter(isIPv6Pool);
  return [
    ...checkOptions(spec.name, spec.options ?? {}),
    ...idle.map(({ subnet }) => `network ${spec.name}: subnet ${subnet} has no effect, IPv6 is not enabled`),
  ];
}

/** A complete record from a request. Pure, except for the random default id. */
export function createRecord(
  spec: NetworkSpec,
  context: {
    readonly instance: string;
    readonly existing: readonly NetworkRecord[];
    readonly hostRoutes: readonly Cidr[];
    readonly linkNames: ReadonlySet<string>;
    readonly created: string;
    readonly id?: string;
  },
): NetworkRecord {
  const driver = driverOf(spec.driver ?? 'bridge');
  if (!driver) {
    throw new TcomposeError('NETWORK_OPTION', `network ${spec.name}: driver ${spec.driver} is not known`, {
      hint: 'Drivers are bridge, host and none.',
    });
  }
  const id = context.id ?? randomBytes(32).toString('hex');
  const options = spec.options ?? {};
  const base = {
    id,
    name: spec.name,
    driver,
    created: context.created,
    internal: spec.internal ?? false,
    enableIPv6: spec.enableIPv6 ?? false,
    labels: spec.labels ?? {},
    options,
  };
  if (driver !== 'bridge') return { ...base, pools: [], bridge: '' };
  const taken = new Set([...context.linkNames, ...context.existing.map((network) => network.bridge)]);
  const wanted = bridgeOptions(options).bridgeName;
  if (wanted !== undefined && taken.has(wanted)) {
    throw new TcomposeError('NETWORK_OPTION', `network ${spec.name}: a link ${wanted} exists already`, {
      hint: 'Choose another com.docker.network.bridge.name.',
    });
  }
  return {
    ...base,
    pools: planPools(spec, context.instance, context.existing, context.hostRoutes),
    bridge: wanted ?? bridgeName(context.instance, id, taken),
  };
}
