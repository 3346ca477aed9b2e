import type { OciIdMapping, OciLinux, OciMount } from '../spec/oci-types.ts';
import type { IdmapPlan } from './launch-options.ts';
import type { SetupOp } from './launch-plan.ts';
import { mountAttribute } from './mount-attributes.ts';
import type { MountWords, Propagation } from './mount-flags.ts';

/** MS_* of linux/mount.h, as mount_setattr(2) takes them. */
const propagationFlag = {
  unbindable: 1 << 17,
  private: 1 << 18,
  slave: 1 << 19,
  shared: 1 << 20,
} as const;

/** Attributes that a bind op has fields for. */
const byBind = mountAttribute.readOnly | mountAttribute.nosuid | mountAttribute.nodev | mountAttribute.noexec;

/** Options of a mount, for when it is in place, that the op which makes it does not include. */
export function attributeOps(target: string, words: MountWords, kind: 'bind' | 'file system'): SetupOp[] {
  const { attributes, recursive, propagation } = words;
  const ops: SetupOp[] = [];
  const put = (set: number, clear: number, whole: boolean, flags: number): void => {
    if (set | clear | flags)
      ops.push({ op: 'attributes', target, recursive: whole, set, clear, propagation: flags });
  };
  if (kind === 'bind') put(attributes.set & ~byBind, attributes.clear, false, 0);
  const below = kind === 'bind' ? recursive.set & ~mountAttribute.readOnly : recursive.set;
  put(below, recursive.clear, true, 0);
  const later = kind === 'file system' || propagation === 'unbindable' || propagation === 'runbindable';
  if (propagation !== undefined && later)
    put(0, 0, propagation.startsWith('r'), propagationFlag[plain(propagation)]);
  return ops;
}

/**
 * The root mount's propagation. A bound directory is a slave of the machine's file system until this is set; an overlay
 * is a new mount, and private.
 */
export function rootPropagation(word: string | undefined, rootfs: 'overlay' | 'directory'): SetupOp[] {
  const wanted = (word || 'private') as Propagation;
  if (wanted === 'slave' || wanted === 'rslave' || (!word && rootfs === 'overlay')) return [];
  const propagation = propagationFlag[plain(wanted)];
  const recursive = wanted.startsWith('r');
  return [{ op: 'attributes', target: '/', recursive, set: 0, clear: 0, propagation }];
}

function plain(word: Propagation): keyof typeof propagationFlag {
  return word.replace(/^r/, '') as keyof typeof propagationFlag;
}

/** Owners of a bind: its own mappings, or with `idmap` and no mappings the container's. */
export function idmapOf(mount: OciMount, words: MountWords, linux: OciLinux): IdmapPlan | undefined {
  const own = (mount.uidMappings ?? []).length > 0;
  if (!own && words.idmap === 'no') return undefined;
  const source = own ? mount : linux;
  return {
    uid: mapText(source.uidMappings ?? []),
    gid: mapText(source.gidMappings ?? []),
    recursive: words.idmap === 'ridmap',
  };
}

/** Lines of uid_map: `inside outside count`. */
export function mapText(maps: readonly OciIdMapping[]): string {
  return maps.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`).join('');
}
