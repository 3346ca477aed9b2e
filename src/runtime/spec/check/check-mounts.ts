import { isMountWord, parseMountWords } from '../../launch/mount-flags.ts';
import type { OciIdMapping, OciMount, OciSpec } from '../oci-types.ts';
import { refuse } from './refuse.ts';

/** Options of a whole file system, which a bind can't set separately. */
const ofFileSystem = new Set(['sync', 'dirsync', 'mand', 'iversion', 'lazytime']);

/** Refuses mount options and owners that would be ignored, or that a mount of this kind can't have. */
export function checkMounts({ mounts, linux }: OciSpec): void {
  const mapped = (linux.uidMappings ?? []).length > 0 && (linux.gidMappings ?? []).length > 0;
  for (const mount of mounts) checkMount(mount, mapped);
}

function checkMount(mount: OciMount, containerMapped: boolean): void {
  const { destination, type, options = [] } = mount;
  const field = `the mount on ${destination}`;
  const words = parseMountWords(options);
  const bind = type === 'bind' || words.bind !== 'no';
  const option = (word: string, why: string) =>
    refuse(`option ${word} of ${field}`, why, undefined, 'RUNTIME_MOUNT');
  if (!destination.startsWith('/'))
    throw refuse(field, 'is not at an absolute path', undefined, 'RUNTIME_MOUNT');
  if (options.includes('remount'))
    throw option('remount', "would change a file system that is mounted already, and may be the machine's");
  const foreign = bind ? options.find((word) => !isMountWord(word) || ofFileSystem.has(word)) : undefined;
  if (foreign !== undefined) throw option(foreign, 'is not an option of a bind');
  if (words.copyUp && type !== 'tmpfs') throw option('tmpcopyup', 'is for a tmpfs');
  const { uidMappings = [], gidMappings = [] } = mount;
  const mapped = uidMappings.length > 0;
  if (mapped !== gidMappings.length > 0)
    throw refuse(
      field,
      'has only one of uidMappings and gidMappings, but needs both',
      undefined,
      'RUNTIME_MOUNT',
    );
  if (!mapped && words.idmap !== 'no' && !containerMapped)
    throw option(words.idmap, 'asks for other owners, but neither the mount nor the container names them');
  if ((mapped || words.idmap !== 'no') && !bind)
    throw refuse(field, 'is not a bind: only a bind can show other owners', undefined, 'RUNTIME_MOUNT');
  checkIdMappings(`uidMappings of ${field}`, uidMappings);
  checkIdMappings(`gidMappings of ${field}`, gidMappings);
}

/** Checks ranges of ids; `field` is their place in config.json. */
export function checkIdMappings(field: string, mappings: readonly OciIdMapping[]): void {
  for (const { containerID, hostID, size } of mappings)
    if (size === 0 || containerID + size > 2 ** 32 || hostID + size > 2 ** 32)
      throw refuse(field, 'holds a range that is not valid');
}
