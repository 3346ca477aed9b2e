import { readFileSync } from 'node:fs';
import type { EventSink } from '../../../events.ts';
import type { WatchRecord } from '../../../watch/records.ts';

/** Reports what keeps changes from being noticed at once, and what to do about it. */
export function tellTrouble(
  record: WatchRecord,
  emit: EventSink,
  shown: (path: string) => string,
  /** How many directories there are to watch, if known. */
  directories?: number,
): void {
  switch (record.type) {
    case 'limit':
      emit({
        type: 'warning',
        message: `${wantedText(record.of, directories)}: ${shown(record.path)} and everything else that is not watched is checked at intervals`,
        hint: hintText(record.of),
      });
      return;
    case 'silent':
      emit({
        type: 'watch',
        phase: 'note',
        message: `${shown(record.path)} is on a file system that does not report changes: it is checked at intervals`,
      });
      return;
    case 'unreadable':
      emit({
        type: 'warning',
        message: `${shown(record.path)} can't be read: changes in it go unnoticed`,
        hint: 'Make it readable for yourself, or leave it out by `ignore`.',
      });
      return;
    case 'overflow':
      emit({
        type: 'watch',
        phase: 'note',
        message: 'more changed at once than the kernel could report: everything is being compared',
      });
      return;
    default:
  }
}

type Limited = 'watches' | 'instances';

function wantedText(of: Limited, directories: number | undefined): string {
  const { name, value } = limit(of);
  const most =
    value === undefined ? `the limit of inotify ${of}` : `the limit of ${value} inotify ${of} (${name})`;
  return directories === undefined || of === 'instances'
    ? `${most} is reached`
    : `${directories} directories need an inotify watch each, and ${most} is reached`;
}

function hintText(of: Limited): string {
  const raise = `Raise it with \`sysctl ${limit(of).name}=${of === 'watches' ? 1_048_576 : 1024}\``;
  return of === 'watches' ? `${raise}, or leave directories out by \`ignore\`.` : `${raise}.`;
}

/** The limit that is reached first: a user namespace has one of its own. */
function limit(of: Limited): { readonly name: string; readonly value: number | undefined } {
  const named = (name: string) => ({ name, value: numberIn(`/proc/sys/${name.replaceAll('.', '/')}`) });
  const machine = named(`fs.inotify.max_user_${of}`);
  const own = named(`user.max_inotify_${of}`);
  const most = Number.POSITIVE_INFINITY;
  return (own.value ?? most) < (machine.value ?? most) ? own : machine;
}

function numberIn(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
