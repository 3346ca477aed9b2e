import type { EngineClient } from '../engine/client/engine-client.ts';
import type { TcomposeEvent } from '../events.ts';
import { visible } from '../visible.ts';
import { isTruthy } from './arguments/environment.ts';
import type { GlobalOptions } from './arguments/global-options.ts';
import type { CliContext } from './context.ts';
import { currentDirectory } from './current-directory.ts';
import { plainLogStyle } from './render/log-lines.ts';
import type { Renderer } from './render/renderer.ts';
import { warningText } from './render/warning.ts';

/** The CliContext of this process, and what main needs to finish. */
export function createContext(
  globals: GlobalOptions,
  env: NodeJS.ProcessEnv,
): {
  readonly ctx: CliContext;
  closeRenderer(): Promise<void>;
  close(): Promise<void>;
} {
  let client: Promise<EngineClient> | undefined;
  let renderer: Promise<Renderer> | undefined;
  let ready: Renderer | undefined;
  const colorOf = (stream: NodeJS.WriteStream) =>
    globals.ansi === 'always' || (globals.ansi === 'auto' && stream.isTTY === true && !process.env.NO_COLOR);
  const color = { stdout: colorOf(process.stdout), stderr: colorOf(process.stderr) };

  const statusStream = isTruthy(env.COMPOSE_STATUS_STDOUT) ? process.stdout : process.stderr;

  const emit = (event: TcomposeEvent) => {
    if (ready !== undefined) ready.emit(event);
    else if (event.type === 'warning') warnPlainly(event.message, event.hint);
  };
  const warnPlainly = (message: string, hint?: string) => {
    process.stderr.write(warningText(message, hint, color.stderr));
  };

  const ctx: CliContext = {
    env,
    cwd: currentDirectory(env),
    globals,
    // A getter: opening standard input takes time and may fail when it is closed, and few commands read it.
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    color,
    write: (text) => void process.stdout.write(process.stdout.isTTY === true ? visible(text) : text),
    drained: async () => {
      if (process.stdout.writableNeedDrain)
        await (await import('./render/outputs.ts')).drained(process.stdout);
    },
    warn: (message, hint) => emit({ type: 'warning', message, ...(hint === undefined ? {} : { hint }) }),
    engine: () => {
      client ??= import('../engine/client/connect.ts').then(({ connectEngine }) =>
        connectEngine(process.env),
      );
      return client;
    },
    renderer: (log = { ...plainLogStyle, color: color.stdout }, progress = globals.progress) => {
      renderer ??= import('./render/choose.ts').then(
        async ({ chooseRenderer, progressKind, showsUnicode }) => {
          const { ansi } = globals;
          const kind = progressKind({ progress, ansi, term: process.env.TERM, err: statusStream });
          ready = await chooseRenderer(kind, {
            out: process.stdout,
            err: statusStream,
            color,
            unicode: showsUnicode(process.env),
            log,
          });
          return ready;
        },
      );
      return renderer;
    },
    emit,
    onInterrupt(handler) {
      let count = 0;
      const listener = (signal: NodeJS.Signals) => handler(++count, signal);
      process.on('SIGINT', listener);
      process.on('SIGTERM', listener);
      return () => {
        process.off('SIGINT', listener);
        process.off('SIGTERM', listener);
      };
    },
    exit: (code) => process.exit(code),
    now: () => performance.now(),
  };
  const closeRenderer = async () => {
    const open = await renderer?.catch(() => undefined);
    await open?.close();
    ready = undefined;
  };
  return {
    ctx,
    closeRenderer,
    async close() {
      await closeRenderer();
      const open = await client?.catch(() => undefined);
      open?.close();
    },
  };
}
