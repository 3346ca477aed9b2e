import { Listr, ListrLogger, ProcessOutput } from 'listr2';
import type { TcomposeEvent } from '../../events.ts';
import { formatError } from '../print-error.ts';
import { logFormatter } from './log-lines.ts';
import { warningText } from './plain.ts';
import type { Renderer, RenderTarget } from './renderer.ts';

interface Row {
  readonly label: string;
  text: string;
  /** Set when it is over; a row may be over before the list has begun to show it. */
  ended: 'well' | 'badly' | undefined;
  changed: () => void;
}

const title = (word: string) => word[0]!.toUpperCase() + word.slice(1);

/**
 * A live list of the resources a plan is about, for terminals. Lines that services print while the list is live are held
 * back until it is finished, so that neither tears the other apart.
 */
export function ttyRenderer(target: RenderTarget): Renderer {
  const logLine = logFormatter(target.log);
  const rows = new Map<string, Row>();
  let live: Promise<unknown> | undefined;
  let held: (() => void)[] = [];

  const begin = (resources: readonly { kind: string; name: string }[]) => {
    if (resources.length === 0 || live !== undefined) return;
    const width = Math.max(...resources.map(({ kind, name }) => kind.length + name.length + 1));
    const tasks = resources.map(({ kind, name }) => {
      const label = `${title(kind)} ${name}`.padEnd(width);
      const row: Row = { label, text: label, ended: undefined, changed: () => {} };
      rows.set(`${kind} ${name}`, row);
      return {
        title: label,
        task: (_: unknown, task: { title: string }) =>
          new Promise<void>((resolve, reject) => {
            row.changed = () => {
              task.title = row.text;
              if (row.ended === 'well') resolve();
              else if (row.ended === 'badly') reject(new Error(row.text));
            };
            row.changed();
          }),
      };
    });
    const stderr = target.err as NodeJS.WriteStream;
    const list = new Listr(tasks, {
      concurrent: true,
      exitOnError: false,
      collectErrors: false,
      registerSignalListeners: false,
      renderer: 'default',
      rendererOptions: {
        showErrorMessage: false,
        collapseErrors: false,
        logger: new ListrLogger({ processOutput: new ProcessOutput(stderr, stderr) }),
      },
    });
    live = list.run().catch(() => undefined);
  };

  const finish = async () => {
    for (const row of rows.values()) {
      row.ended ??= 'well';
      row.changed();
    }
    await live;
    live = undefined;
    rows.clear();
    for (const write of held) write();
    held = [];
  };

  /** Writes now, or when the list is finished. */
  const write = (text: string, to: NodeJS.WritableStream) => {
    if (live === undefined) to.write(text);
    else held.push(() => void to.write(text));
  };

  const emit = (event: TcomposeEvent) => {
    switch (event.type) {
      case 'begin':
        begin(event.resources);
        return;
      case 'progress': {
        const row = rows.get(`${event.kind} ${event.name}`);
        if (row === undefined) {
          write(` ${title(event.kind)} ${event.name}  ${event.status}\n`, target.err);
          return;
        }
        row.text = `${row.label}  ${event.status}${event.detail === undefined ? '' : `  ${event.detail}`}`;
        if (event.state === 'failed') row.ended = 'badly';
        row.changed();
        return;
      }
      case 'warning':
        write(warningText(event.message, event.hint, target.color.stderr), target.err);
        return;
      case 'error':
        write(formatError(event.error, { color: target.color.stderr, verbose: false }), target.err);
        return;
      default:
        write(logLine(event), target.out);
    }
  };
  return { emit, close: finish };
}
