import { chownSync } from 'node:fs';
import { TcomposeError } from '../../../errors.ts';
import type { SwapLine } from '../../../id-swap.ts';
import { fuseOverlayfs } from '../../../image/store/overlay-support.ts';
import type { RootfsSource } from '../../../image/types.ts';
import { keptId } from '../../../runtime/spec/keep-id.ts';
import type { HostConfigInput, MachineFacts } from '../../../runtime/spec/spec-input.ts';

type Host = Pick<HostConfigInput, 'UsernsMode'>;

/**
 * What a container's root consists of. If the user who owns the engine keeps the same ids inside the container, its
 * files have to belong to other ids of the engine than the stored ones: only the machine's root can get such a mount
 * from the kernel, so a program translates the owners on access.
 * @throws TcomposeError RUNTIME_NAMESPACE when that is not possible
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
        hint: `${storage.kind === 'copy' ? storage.remedy : 'Install fuse-overlayfs, and see that you may open /dev/fuse.'} Or run the service as root, who is you without this mode.`,
      },
    );
  const owners = { uid: options(kept.users), gid: options(kept.groups) };
  return { ...rootfs, storage: { ...storage, fuse, owners } };
}

/** The same source with the stored owners, which are those that the container's processes see. */
export function asStored(rootfs: RootfsSource | undefined): RootfsSource | undefined {
  if (rootfs?.storage.kind !== 'overlay') return rootfs;
  const { owners: _, ...storage } = rootfs.storage;
  return { ...rootfs, storage };
}

/** Options of fuse-overlayfs (uidmapping, gidmapping): stored, shown, count. */
const options = (lines: readonly SwapLine[]): string =>
  lines.map(({ inside, outside, count }) => `${inside}:${outside}:${count}`).join(':');

/**
 * `uid:gid` of the engine's user in a container where that user keeps the same ids; it is the default user of commands
 * there. '' elsewhere.
 */
export function keptUser(machine: MachineFacts, host: Host): string {
  const kept = keptId(host.UsernsMode, machine);
  return kept === undefined ? '' : `${kept.uid}:${kept.gid}`;
}

/** Gives files that the engine has made for a container to the container's root. */
export function giveToRoot(machine: MachineFacts, host: Host, files: readonly string[]): void {
  const kept = keptId(host.UsernsMode, machine);
  if (kept !== undefined) for (const file of files) chownSync(file, kept.uid, kept.gid);
}
