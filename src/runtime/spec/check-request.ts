import { launchWarnings } from '../launch/build-launch-plan.ts';
import { generateSpec, specWarnings } from './oci-spec.ts';
import type { ContainerConfigInput, HostConfigInput, MachineFacts, SpecInput } from './spec-input.ts';
import { userLimitWarnings } from './user-limits.ts';

/**
 * Finds at create what would fail at start: throws RUNTIME_* for settings that are invalid in themselves (an unknown
 * capability, a foreign sysctl, contradictory limits, …) and returns one sentence for each that is accepted but has no
 * effect. `config` is already merged with the image's. What only a start can check (joined containers, users, block
 * devices, profiles in files) is assumed to be right.
 */
export function checkRequest(
  config: ContainerConfigInput,
  hostConfig: HostConfigInput,
  machine: MachineFacts,
): string[] {
  const anyone = 1;
  const input: SpecInput = {
    id: '0'.repeat(64),
    instance: '00000000',
    config: { ...config, Cmd: ['command'], Entrypoint: null },
    hostConfig: {
      ...hostConfig,
      BlkioWeightDevice: null,
      BlkioDeviceReadBps: null,
      BlkioDeviceWriteBps: null,
      BlkioDeviceReadIOps: null,
      BlkioDeviceWriteIOps: null,
    },
    mounts: [],
    user: { uid: 0, gid: 0, groups: [], home: '/' },
    files: {},
    joined: { network: anyone, pid: anyone, ipc: anyone },
    devices: [],
    machine,
    readProfile: () => '{"defaultAction":"SCMP_ACT_ALLOW"}',
  };
  const spec = generateSpec(input);
  const context = {
    id: input.id,
    runDir: '/',
    stdio: { tty: false, rows: 0, columns: 0, stdin: false, stdinOnce: false },
    rootfs: { kind: 'directory' as const, path: '/' },
    machine,
    init: false,
  };
  return [
    ...specWarnings(input),
    ...userLimitWarnings(hostConfig, machine),
    ...launchWarnings(spec, context),
  ];
}
