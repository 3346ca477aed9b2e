import type { TcomposeEvent } from '../../events.ts';
import { visibleLine } from '../../visible.ts';
import { buildLine } from './build-line.ts';
import { formatError } from './print-error.ts';
import { warningText } from './warning.ts';
import { watchLine } from './watch-lines.ts';

/** What the user is told besides progress and service output, as text for standard error. */
export function messageText(
  event: Extract<TcomposeEvent, { type: 'warning' | 'error' | 'watch' | 'build' | 'trace' }>,
  color: boolean,
): string {
  if (event.type === 'build') return buildLine(event);
  if (event.type === 'trace') return ` ${visibleLine(event.line)}\n`;
  if (event.type === 'warning') return warningText(event.message, event.hint, color);
  return event.type === 'error'
    ? formatError(event.error, { color, verbose: false })
    : watchLine(event, color);
}
