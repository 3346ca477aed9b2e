import type { EventSink } from '../../events.ts';
import type { LogStyle } from './log-lines.ts';

/** Consumes the event union and shows it. `close` leaves the terminal as it was found and is safe to call twice. */
export interface Renderer {
  readonly emit: EventSink;
  close(): Promise<void>;
  /** Resolves when what was emitted has been taken by the terminal or pipe: who emits much waits for it before going on. */
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
  /** `false` when the locale says that the terminal shows something else than UTF-8. */
  readonly unicode: boolean;
  readonly log: LogStyle;
}
