import { readFileSync } from 'node:fs';
import type { EventSink } from '../../../events.ts';
import type { WatchRecord } from '../../../watch/records.ts';

/** Tells what keeps changes from being seen at once, and what to do about it. */
export function tellTrouble(
  record: WatchRecord,
  emit: EventSink,
  shown: (path: string) => string,
  /** How many directories there are to watch, when that is known. */
  directories?: number,
): void {
  switch (record.type) {
    case 'limit':
      emit({
        type: 'warning',
        message: `${wantedText(directories)}: ${shown(record.path)} and what else is not watched is looked at in intervals`,
        hint: `Raise it with \`sysctl ${limit().name}=1048576\` (and fs.inotify.max_user_instances=1024), or leave directories out by \`ignore\`.`,
      });
      return;
    case 'silent':
      emit({
        type: 'watch',
        phase: 'note',
        message: `${shown(record.path)} is on a file system that does not tell changes: it is looked at in intervals`,
      });
      return;
    case 'unreadable':
      emit({
        type: 'warning',
        message: `${shown(record.path)} can't be read: changes in it are not seen`,
        hint: 'Give yourself the right to read it, or leave it out by `ignore`.',
      });
      return;
    case 'overflow':
      emit({
        type: 'watch',
        phase: 'note',
        message: 'more changed at once than the kernel could tell: everything is being compared',
      });
      return;
    default:
  }
}

function wantedText(directories: number | undefined): string {
  const { name, value } = limit();
  const most =
    value === undefined ? 'the limit of inotify watches' : `the limit of ${value} inotify watches (${name})`;
  return directories === undefined
    ? `${most} is reached`
    : `${directories} directories need an inotify watch each, and ${most} is reached`;
}

/** Of the two limits the one that is reached first: a user namespace has one of its own. */
function limit(): { readonly name: string; readonly value: number | undefined } {
  const machine = {
    name: 'fs.inotify.max_user_watches',
    value: numberIn('/proc/sys/fs/inotify/max_user_watches'),
  };
  const own = { name: 'user.max_inotify_watches', value: numberIn('/proc/sys/user/max_inotify_watches') };
  return (own.value ?? Number.POSITIVE_INFINITY) < (machine.value ?? Number.POSITIVE_INFINITY)
    ? own
    : machine;
}

function numberIn(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
