import type { RootfsSource } from '../../../image/types.ts';
import type { Launcher } from '../../../runtime/foreign/launcher.ts';
import type { ShimConnection } from '../../../runtime/shim/shim-client.ts';
import type { OciSpec } from '../../../runtime/spec/oci-types.ts';
import type { Engine } from '../../context.ts';
import type { Launch } from '../container.ts';

/** The engine's view of a container while its shim lives; `finish` resolves `over`. */
export function newLaunch(
  engine: Pick<Engine, 'clock'>,
  shim: ShimConnection,
  spec: OciSpec,
  rootfs: RootfsSource,
  launcher: Launcher,
): Launch {
  let finish = (): void => {};
  const over = new Promise<void>((resolve) => {
    finish = resolve;
  });
  return { shim, spec, rootfs, launcher, over, finish, since: engine.clock.monotonic() };
}
