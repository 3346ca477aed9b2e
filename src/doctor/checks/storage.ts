import type { StorageFacts } from '../facts.ts';
import { type Finding, limited, ok } from '../finding.ts';
import { type Ground, install } from '../ground.ts';
import { refused } from './probe.ts';

/** File systems that can't hold an overlay's upper directory, or lose owners and attributes of files. */
const unfit = /^(nfs4?|cifs|smb3|9p|vboxsf|fuse(\..*)?|ecryptfs|overlay|vfat|exfat|ntfs3?)$/;

/** Where containers' roots are, and how they are made. */
export function storageFindings(facts: StorageFacts, ground: Ground): readonly Finding[] {
  const found = [overlay(facts, ground)];
  const { state } = facts;
  if (state === undefined) return found;
  const fix = move(facts);
  const inContainer = state.type === 'overlay' ? '; in a container, give it a volume there' : '';
  if (unfit.test(state.type)) {
    const lost = 'roots are copied instead of shared, which takes time and space';
    found.push(
      limited('storage.file-system', `${state.path} is on ${state.type}: ${lost}${inContainer}`, fix),
    );
  } else found.push(ok('storage.file-system', `${state.path} is on ${state.type}`));
  const forbids = ['noexec', 'nosuid', 'nodev'].filter((option) => state.options.includes(option));
  if (forbids.includes('noexec') || (ground.uid === 0 && forbids.length > 0)) {
    const lost = 'programs on volumes and in copied roots do not run as they should';
    found.push(
      limited('storage.mount-options', `${state.path} is mounted ${forbids.join(', ')}: ${lost}`, fix),
    );
  }
  return found;
}

/** The command that puts the state elsewhere, if that is better. */
function move({ elsewhere }: StorageFacts): string | undefined {
  if (elsewhere === undefined || unfit.test(elsewhere.type) || elsewhere.options.includes('noexec'))
    return undefined;
  return 'export TCOMPOSE_ROOT=/var/tmp/tcompose-$(id -u)';
}

function overlay({ probe, fuseOverlayfs }: StorageFacts, ground: Ground): Finding {
  if (probe === undefined || (probe.overlay === undefined && probe.mnt !== 0)) {
    return limited('storage.overlay', 'overlay mounts could not be tried: no mount namespace');
  }
  const [refusal] = refused(probe, ['overlay']);
  const where = ground.uid === 0 ? '' : ' in a user namespace';
  if (refusal === undefined) return ok('storage.overlay', `overlay mounts work${where}`);
  const why = `overlay mounts do not work${where} (${refusal.why})`;
  if (ground.uid !== 0 && fuseOverlayfs !== undefined && probe.fuse === 0)
    return ok('storage.overlay', `${why}; ${fuseOverlayfs} mounts roots instead`);
  const lost = `${why}: the root of every container is a copy of its image`;
  if (ground.uid === 0) return limited('storage.overlay', lost, 'modprobe overlay');
  return limited('storage.overlay', lost, install(ground, 'fuseOverlayfs'));
}
