import type { OutsideFacts } from '../facts.ts';
import { type Finding, limited, ok } from '../finding.ts';
import { asRoot, type Ground, install } from '../ground.ts';

/** How a rootless engine's containers reach the internet. Root's use the machine's own forwarding. */
export function outsideFindings(
  { pasta, oldPasta, slirp4netns, tun }: OutsideFacts,
  ground: Ground,
): readonly Finding[] {
  if (ground.uid === 0) return [];
  const lost =
    'containers reach each other and are reached by their ports, but nothing outside of this machine';
  const program = oldPasta ? (slirp4netns ?? pasta) : (pasta ?? slirp4netns);
  if (program === undefined) {
    return [
      limited(
        'outside.program',
        `neither pasta nor slirp4netns is installed: ${lost}`,
        install(ground, 'pasta'),
      ),
    ];
  }
  // In a user namespace /dev/net/tun itself has to be accessible.
  if (tun !== undefined && tun !== 0) {
    return [
      limited(
        'outside.tun',
        `/dev/net/tun cannot be opened, which ${program} needs: ${lost}`,
        `${asRoot(ground, 'modprobe tun')} && ${asRoot(ground, 'chmod 666 /dev/net/tun')}`,
      ),
    ];
  }
  if (oldPasta && program === pasta) {
    return [
      limited(
        'outside.old-pasta',
        `by ${program}, which is older than September 2025: it never ends the answer to a container that closes its own side of a stream first (nc -N, rsync)`,
        install(ground, 'slirp4netns'),
      ),
    ];
  }
  return [ok('outside.program', `by ${program}`)];
}
