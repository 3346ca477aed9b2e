import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { encodeLaunchPlan, encodeNetworkOps } from '../../src/runtime/launch/plan-codec.ts';
import { encodeKeeperRequest } from '../../src/runtime/shim/keeper-codec.ts';
import type { KeeperRequest } from '../../src/runtime/shim/keeper-messages.ts';
import { encodeShimRequest } from '../../src/runtime/shim/shim-codec.ts';
import type { ShimRequest } from '../../src/runtime/shim/shim-messages.ts';
import { launchPlanArbitrary } from './launch-plan-arbitrary.ts';

/** What coverage-guided fuzzing has found to be different (fixtures/fuzz), as replay.c takes it: size and bytes of each. */
export function storedInputs(target: 'plan' | 'protocol'): Buffer[] {
  const directory = join('fixtures/fuzz', target);
  return readdirSync(directory).flatMap((name) => {
    const data = readFileSync(join(directory, name));
    const size = Buffer.alloc(4);
    size.writeUInt32LE(data.length);
    return [size, data];
  });
}

/** Inputs of src/runtime/native/test/plan-fuzz.c: encoded plans and network ops. */
export function planSeeds(count: number): Buffer[] {
  return fc
    .sample(launchPlanArbitrary, count)
    .flatMap((plan) => [encodeLaunchPlan(plan), encodeNetworkOps(plan.network)]);
}

/** Inputs of src/runtime/native/test/protocol-fuzz.c: every request, alone and in a row, for each of its first bytes. */
export function protocolSeeds(): Buffer[] {
  const [plan] = fc.sample(launchPlanArbitrary, 1);
  const shim: ShimRequest[] = [
    { type: 'subscribe', logs: true },
    { type: 'subscribe', logs: true, holdFrom: 3 },
    { type: 'start', seq: 1 },
    { type: 'signal', seq: 2, signal: 9 },
    { type: 'resize', seq: 3, rows: 3, columns: 4 },
    { type: 'attach', seq: 4, stdin: true, stdout: true, stderr: true },
    { type: 'stdin', bytes: Buffer.from('typed') },
    { type: 'stdin-close' },
    { type: 'sockets', seq: 5 },
    { type: 'network', seq: 6, ops: encodeNetworkOps(plan!.network) },
    { type: 'release-socket', seq: 7, name: 'dns' },
    { type: 'take-socket', seq: 9, name: 'port-tcp-80-4', pid: 4000000, fd: 5 },
    { type: 'reap', seq: 8 },
  ];
  const keeper: KeeperRequest[] = [
    { type: 'spawn', seq: 1, runDir: '/x', plan: encodeLaunchPlan(plan!) },
    { type: 'list', seq: 2 },
    { type: 'serves' },
    { type: 'shutdown' },
  ];
  const frames = [shim.map(encodeShimRequest), keeper.map(encodeKeeperRequest)];
  return Array.from({ length: 64 }, (_, choice) => {
    const own = frames[choice & 1]!;
    return [Buffer.concat(own), ...own].map((bytes) => Buffer.concat([Buffer.from([choice]), bytes]));
  }).flat();
}
