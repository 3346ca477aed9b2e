import type { TcomposeEvent } from '../../events.ts';
import { visibleLine, visibleOutput } from '../../visible.ts';

/** `app | [2/4] RUN make`; what a command puts out is set in, with its tabs and colours, as what a container prints. */
export const buildLine = ({ service, kind, line }: Extract<TcomposeEvent, { type: 'build' }>): string =>
  `${service} | ${kind === 'output' ? `  ${visibleOutput(line)}` : visibleLine(line)}\n`;
