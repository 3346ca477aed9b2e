import type { TcomposeEvent } from '../../events.ts';
import { visibleLine, visibleOutput } from '../../visible.ts';
import { displayWidth, padToWidth } from './width.ts';

export interface LogStyle {
  /** `web-1  | ` before each line. */
  readonly prefix: boolean;
  readonly color: boolean;
  readonly timestamps: boolean;
  /** Containers' standard error goes to ours, as with `up` in the foreground; otherwise everything goes to standard output. */
  readonly stderr?: boolean;
  /** Project name to remove from the prefixes. */
  readonly project?: string;
  /** Containers that are known in advance, so that the prefixes line up. */
  readonly containers?: readonly string[];
}

/** With prefixes, without colours and times. */
export const plainLogStyle: LogStyle = { prefix: true, color: false, timestamps: false };

/** Foreground colours that are readable on dark and light terminals, in the order of their use. */
const COLORS = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94];

/**
 * Formats `log` and `container-exit` events: a prefix for each container, padded to the widest, in its own colour. For
 * a `terminal`, only colours in a line have an effect; elsewhere lines stay as they were printed.
 */
export function logFormatter(
  style: LogStyle,
  terminal: (event: TcomposeEvent) => boolean = () => false,
): (event: TcomposeEvent) => string {
  const colors = new Map<string, number>();
  let width = 0;
  const label = (container: string) => {
    const start = `${style.project ?? ''}-`;
    const name =
      style.project !== undefined && container.startsWith(start) ? container.slice(start.length) : container;
    const shown = visibleLine(name);
    width = Math.max(width, displayWidth(shown));
    return shown;
  };
  for (const container of style.containers ?? []) label(container);
  return (event) => {
    if (event.type === 'container-exit') {
      const more = [event.oomKilled && 'OOM killed', event.restarting && 'restarting'].filter(Boolean);
      const tail = more.length === 0 ? '' : ` (${more.join(', ')})`;
      return `${label(event.container)} exited with code ${event.exitCode}${tail}\n`;
    }
    if (event.type !== 'log') return '';
    const time = style.timestamps && event.timestamp !== undefined ? `${event.timestamp} ` : '';
    const line = terminal(event) ? visibleOutput(event.line) : event.line;
    if (!style.prefix) return `${time}${line}\n`;
    const prefix = `${padToWidth(label(event.container), width)}  | `;
    if (!style.color) return `${prefix}${time}${line}\n`;
    const color = colors.get(event.container) ?? COLORS[colors.size % COLORS.length]!;
    colors.set(event.container, color);
    return `\u001b[${color}m${prefix}\u001b[0m${time}${line}\n`;
  };
}
