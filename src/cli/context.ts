import type { EngineClient } from '../engine/client/engine-client.ts';
import type { EventSink } from '../events.ts';
import type { GlobalOptions } from './arguments/global-options.ts';
import type { ProgressKind } from './render/choose.ts';
import type { LogStyle } from './render/log-lines.ts';
import type { Renderer } from './render/renderer.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** Everything in the outside world that a command may use. Created once by main.ts; tests create their own. */
export interface CliContext {
  readonly env: Env;
  readonly cwd: string;
  readonly globals: GlobalOptions;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Whether colours may be written to standard output and to standard error. */
  readonly color: { readonly stdout: boolean; readonly stderr: boolean };
  /**
   * Writes to standard output. On a terminal, control characters are made visible, because names, labels and values in
   * the text come from files, images and engines. A pipe gets the text unchanged.
   */
  write(text: string): void;
  /** Resolves when standard output accepts more: code that writes without limit waits for it. */
  drained(): Promise<void>;
  /** Prints one warning line on standard error (or a JSON event with `--progress json`). */
  warn(message: string, hint?: string): void;
  /** The engine's client, connected on first use (starting our engine if necessary), closed by main. */
  engine(): Promise<EngineClient>;
  /** The renderer of events for this run, made on first use (which sets the styles) and closed by main. */
  renderer(log?: LogStyle, progress?: ProgressKind): Promise<Renderer>;
  /** Sends an event to the renderer; warnings before there is a renderer are printed on standard error. */
  readonly emit: EventSink;
  /**
   * Calls `handler` with 1, 2, 3 … at each SIGINT or SIGTERM instead of ending the process. The returned function
   * restores the previous behaviour.
   */
  onInterrupt(handler: (count: number, signal: NodeJS.Signals) => void): () => void;
  /** Ends the process at once; for a second interrupt. */
  exit(code: number): never;
  /** Milliseconds of the monotonic clock. */
  now(): number;
}
