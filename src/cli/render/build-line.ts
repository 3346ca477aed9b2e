import type { TcomposeEvent } from '../../events.ts';
import { visibleLine } from '../../visible.ts';

/** `app | [2/4] RUN make`; what a command puts out is set in. */
export const buildLine = ({ service, kind, line }: Extract<TcomposeEvent, { type: 'build' }>): string =>
  `${service} | ${kind === 'output' ? '  ' : ''}${visibleLine(line)}\n`;
