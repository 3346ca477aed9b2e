import { TcomposeError } from '../../errors.ts';
import type { OciDeviceRule } from './oci-types.ts';
import type { SpecInput } from './spec-input.ts';

/** Nodes that every container has in /dev: name, major, minor; all are character devices with mode 0666. */
export const defaultDevices: readonly (readonly [name: string, major: number, minor: number])[] = [
  ['null', 1, 3],
  ['zero', 1, 5],
  ['full', 1, 7],
  ['random', 1, 8],
  ['urandom', 1, 9],
  ['tty', 5, 0],
];

/**
 * What the runtime needs in every container: its default nodes, its terminals, and the creation (not the opening) of
 * any node, which CAP_MKNOD controls.
 */
export const runtimeDeviceRules: readonly OciDeviceRule[] = [
  { allow: true, type: 'c', access: 'm' },
  { allow: true, type: 'b', access: 'm' },
  ...defaultDevices.map(
    ([, major, minor]): OciDeviceRule => ({ allow: true, type: 'c', major, minor, access: 'rwm' }),
  ),
  { allow: true, type: 'c', major: 5, minor: 1, access: 'rwm' },
  { allow: true, type: 'c', major: 5, minor: 2, access: 'rwm' },
  { allow: true, type: 'c', major: 136, access: 'rwm' },
  // /dev/net/tun, for VPNs: CAP_NET_ADMIN controls its use.
  { allow: true, type: 'c', major: 10, minor: 200, access: 'rwm' },
];

/** A container's rules: only the devices that it names; everything if privileged. Throws RUNTIME_DEVICE. */
export function deviceRules(input: SpecInput): OciDeviceRule[] {
  if (input.hostConfig.Privileged === true) return [{ allow: true, access: 'rwm' }];
  return [
    { allow: false, access: 'rwm' },
    ...input.devices.map(
      ({ type, major, minor, access }): OciDeviceRule => ({
        allow: true,
        type,
        major,
        minor,
        access: access || 'rwm',
      }),
    ),
    ...(input.hostConfig.DeviceCgroupRules ?? []).map(parseDeviceRule),
  ];
}

/** `c 42:* rmw` (Documentation/admin-guide/cgroup-v1/devices.rst). */
export function parseDeviceRule(text: string): OciDeviceRule {
  const match = /^([acb]) ([0-9]+|\*):([0-9]+|\*) ([rwm]{1,3})$/.exec(text);
  if (match === null) {
    throw new TcomposeError('RUNTIME_DEVICE', `invalid device cgroup rule format: '${text}'`, {
      hint: "Write it like 'c 42:* rmw'.",
    });
  }
  const [, type, major, minor, access] = match;
  return {
    allow: true,
    type: type as 'a' | 'b' | 'c',
    ...(major === '*' ? {} : { major: Number(major) }),
    ...(minor === '*' ? {} : { minor: Number(minor) }),
    access: access ?? 'rwm',
  };
}
