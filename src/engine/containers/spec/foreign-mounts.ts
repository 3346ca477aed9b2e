import type { ForeignRuntime } from '../../../runtime/foreign/launcher.ts';
import { badParameter } from '../../http/failure.ts';
import type { MountSpec } from './mount-spec.ts';

/** Refuses (400) mounts that another runtime, in its own mount namespace, can't make. */
export function checkForeignMounts({ name }: ForeignRuntime, mounts: readonly MountSpec[]): void {
  for (const mount of mounts) {
    if (mount.type === 'image') {
      throw badParameter(
        `the image ${mount.source} cannot be mounted at ${mount.target} with the runtime ${name}`,
        'use the built-in runtime',
      );
    }
    if (mount.propagation !== 'shared' && mount.propagation !== 'rshared') continue;
    throw badParameter(
      `the mount at ${mount.target} cannot be ${mount.propagation} with the runtime ${name}: its mounts do not reach this machine`,
      'use rslave, or the built-in runtime',
    );
  }
}
