import type { ClockFacts } from '../facts.ts';
import { type Finding, limited, missing, ok } from '../finding.ts';
import { asRoot, type Ground } from '../ground.ts';

const day = 86_400_000;
/** Files' times and the clock come from two counters; network file systems may differ more. */
const tolerated = 60_000;

const iso = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');

/** A wrong clock makes certificates invalid and files look newer than they are. */
export function clockFindings({ now, installed, newest }: ClockFacts, ground: Ground): readonly Finding[] {
  const set = asRoot(ground, 'timedatectl set-ntp true');
  if (now < installed - day) {
    return [
      missing(
        'clock.past',
        `the clock says ${iso(now)}, before this tcompose was installed (${iso(installed)}): certificates of registries are not valid yet`,
        set,
      ),
    ];
  }
  if (newest !== undefined && newest.time > now + tolerated) {
    return [
      limited(
        'clock.files',
        `the clock says ${iso(now)}, and ${newest.path} is of ${iso(newest.time)}: one of the two clocks is wrong`,
        set,
      ),
    ];
  }
  return [ok('clock.sane', iso(now))];
}
