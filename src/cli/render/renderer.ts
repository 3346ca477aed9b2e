import type { EventSink } from '../../events.ts';
import type { LogStyle } from './log-lines.ts';

/** Consumes events and shows them. `close` restores the terminal and may be called twice. */
export interface Renderer {
  readonly emit: EventSink;
  close(): Promise<void>;
  /** Resolves when the terminal or pipe has taken what was emitted: code that emits much waits for it before it continues. */
  drained(): Promise<void>;
}

/** Where and how a renderer writes. */
export interface RenderTarget {
  readonly out: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly err: NodeJS.WritableStream & {
    readonly isTTY?: boolean;
    readonly columns?: number;
    readonly rows?: number;
  };
  readonly color: { readonly stdout: boolean; readonly stderr: boolean };
  /** `false` when the locale says that the terminal's encoding is not UTF-8. */
  readonly unicode: boolean;
  readonly log: LogStyle;
}
