import { readFileSync } from 'node:fs';
import type { EventSink } from '../../../events.ts';
import type { WatchRecord } from '../../../watch/records.ts';

/** Tells what keeps changes from being seen at once, and what to do about it. */
export function tellTrouble(record: WatchRecord, emit: EventSink, shown: (path: string) => string): void {
  switch (record.type) {
    case 'limit':
      emit({
        type: 'warning',
        message: `the limit of inotify watches is reached${limitText()}: ${shown(record.path)} and what else is not watched is looked at in intervals`,
        hint: 'Raise it with `sysctl fs.inotify.max_user_watches=1048576` (and fs.inotify.max_user_instances=1024), or leave directories out by `ignore`.',
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

function limitText(): string {
  try {
    return ` (fs.inotify.max_user_watches is ${readFileSync('/proc/sys/fs/inotify/max_user_watches', 'utf8').trim()})`;
  } catch {
    return '';
  }
}
