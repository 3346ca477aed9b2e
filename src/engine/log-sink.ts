import type { Clock } from './clock.ts';
import { rfc3339 } from './time-text.ts';

/**
 * The engine's own log: one line for each entry, `time level message`, on standard error, which the keeper appends to
 * engine.log.
 */
export interface EngineLog {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string, cause?: unknown): void;
}

/** Writes each entry with `write`, one whole line at a time; debug entries only with `debug`. */
export function createLog(clock: Clock, write: (line: string) => void, debug: boolean): EngineLog {
  const line = (level: string, message: string): void =>
    write(`${rfc3339(clock.now())} ${level} ${message.replaceAll('\n', '\\n')}\n`);
  return {
    debug: (message) => {
      if (debug) line('debug', message);
    },
    info: (message) => line('info', message),
    warn: (message) => line('warning', message),
    error: (message, cause) =>
      line('error', cause === undefined ? message : `${message}: ${describe(cause)}`),
  };
}

function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const first = cause.stack?.split('\n').slice(0, 4).join(' | ') ?? cause.message;
  return cause.cause === undefined ? first : `${first} caused by ${describe(cause.cause)}`;
}
