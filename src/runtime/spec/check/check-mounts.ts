import type { OciSpec } from '../oci-types.ts';
import { refuse } from './refuse.ts';

/** Words of the runtime-spec's list of mount options that are not carried out. */
const uncarriedWords: Readonly<Record<string, string>> = {
  remount: "would change a file system that is mounted already, and that may be the machine's",
  idmap: 'asks for other owners in a mount, which is not done here',
  ridmap: 'asks for other owners in a mount, which is not done here',
  tmpcopyup: 'asks for a copy of what lies below the mount, which is not made here',
};

/** Mount options and owners that would be passed over. */
export function checkMounts({ mounts }: OciSpec): void {
  for (const mount of mounts) {
    const field = `the mount on ${mount.destination}`;
    for (const word of mount.options ?? []) {
      const why = Object.hasOwn(uncarriedWords, word) ? uncarriedWords[word] : undefined;
      if (why !== undefined) throw refuse(`option ${word} of ${field}`, why, undefined, 'RUNTIME_MOUNT');
    }
    if ((mount.uidMappings ?? []).length > 0 || (mount.gidMappings ?? []).length > 0)
      throw refuse(field, 'has id mappings of its own, which are not made here', undefined, 'RUNTIME_MOUNT');
  }
}
