import { chownSync } from 'node:fs';
import { TcomposeError } from '../../../errors.ts';
import type { SwapLine } from '../../../id-swap.ts';
import { fuseOverlayfs } from '../../../image/store/overlay-support.ts';
import type { RootfsSource } from '../../../image/types.ts';
import { keptId } from '../../../runtime/spec/keep-id.ts';
import type { HostConfigInput, MachineFacts } from '../../../runtime/spec/spec-input.ts';

type Host = Pick<HostConfigInput, 'UsernsMode'>;

/**
 * What a container's root is made of. Where the engine's owner keeps his ids in it, its files have to belong to others of the engine's ids than
 * those they are stored with: the kernel gives a mount other owners only to root of the machine, so a program does that in passing.
 * @throws TcomposeError RUNTIME_NAMESPACE where that is not to be had
 */
export function keptRootfs(machine: MachineFacts, host: Host, rootfs: RootfsSource): RootfsSource {
  const kept = keptId(host.UsernsMode, machine);
  if (kept === undefined) return rootfs;
  const { storage } = rootfs;
  const fuse = storage.kind === 'overlay' ? (storage.fuse ?? fuseOverlayfs(process.env.PATH)) : undefined;
  if (storage.kind !== 'overlay' || fuse === undefined)
    throw new TcomposeError(
      'RUNTIME_NAMESPACE',
      `user namespace mode ${host.UsernsMode} needs ${storage.kind === 'copy' ? `roots that are overlays: ${storage.reason}` : 'fuse-overlayfs, which gives the files of an image their other owners'}`,
      {
        hint: 'Install fuse-overlayfs, and see that you may open /dev/fuse; or run the service as root, who is you without this mode.',
      },
    );
  const owners = { uid: options(kept.users), gid: options(kept.groups) };
  return { ...rootfs, storage: { ...storage, fuse, owners } };
}

/** The same with the owners that the files are stored with, which are those they have for the container's processes. */
export function asStored(rootfs: RootfsSource | undefined): RootfsSource | undefined {
  if (rootfs?.storage.kind !== 'overlay') return rootfs;
  const { owners: _, ...storage } = rootfs.storage;
  return { ...rootfs, storage };
}

/** Words of fuse-overlayfs (uidmapping, gidmapping): stored, shown, count. */
const options = (lines: readonly SwapLine[]): string =>
  lines.map(({ inside, outside, count }) => `${inside}:${outside}:${count}`).join(':');

/** `uid:gid` of the engine's owner in a container where he keeps his ids; there he is who runs what nobody is named for. '' elsewhere. */
export function keptUser(machine: MachineFacts, host: Host): string {
  const kept = keptId(host.UsernsMode, machine);
  return kept === undefined ? '' : `${kept.uid}:${kept.gid}`;
}

/** Gives files that the engine has made for a container to its root. */
export function giveToRoot(machine: MachineFacts, host: Host, files: readonly string[]): void {
  const kept = keptId(host.UsernsMode, machine);
  if (kept !== undefined) for (const file of files) chownSync(file, kept.uid, kept.gid);
}
