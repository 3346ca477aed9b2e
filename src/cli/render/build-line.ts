import type { TcomposeEvent } from '../../events.ts';
import { visibleLine, visibleOutput } from '../../visible.ts';

/** `app | [2/4] RUN make`; a command's output is indented, and keeps its tabs and colours like the output of containers. */
export const buildLine = ({ service, kind, line }: Extract<TcomposeEvent, { type: 'build' }>): string =>
  `${service} | ${kind === 'output' ? `  ${visibleOutput(line)}` : visibleLine(line)}\n`;
