import { statusOf } from '../../engine/client/api-failure.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { TcomposeError } from '../../errors.ts';
import type { EventSink } from '../../events.ts';
import { unixTime } from '../../rfc3339.ts';
import { lineSplitter } from './line-splitter.ts';
import { LogCursor, type LogPosition } from './log-position.ts';

export interface LogSource {
  readonly id: string;
  readonly name: string;
  readonly service: string;
  readonly tty: boolean;
}

interface ReadLogOptions {
  readonly follow: boolean;
  readonly tail?: number;
  readonly since?: string;
  /** Where an earlier reading ended; it takes precedence over `since`. */
  readonly from?: LogPosition;
  readonly until?: string;
  readonly signal?: AbortSignal;
  /** Awaited before more is read, so that output for a reader that stops does not fill our memory. */
  readonly drained?: () => Promise<void>;
}

/**
 * Emits a container's log as `log` events. Timestamps are always requested: with them a follower whose connection broke
 * (an engine restart) continues where it was. Returns how far it got, for a later continuation.
 */
export async function readContainerLog(
  client: EngineClient,
  source: LogSource,
  options: ReadLogOptions,
  emit: EventSink,
): Promise<LogPosition | undefined> {
  const cursor = new LogCursor(options.from);
  let tail = options.tail;
  const line = (stream: 'stdout' | 'stderr') => (text: string) => {
    const space = text.indexOf(' ');
    const stamp = space < 0 ? text : text.slice(0, space);
    const time = unixTime(stamp);
    if (time !== undefined && !cursor.isNew(time)) return;
    emit({
      type: 'log',
      service: source.service,
      container: source.name,
      stream,
      line: time === undefined ? text : text.slice(stamp.length + 1),
      ...(time === undefined ? {} : { timestamp: stamp }),
    });
  };
  for (let breaks = 0; ; ) {
    const began = cursor.position;
    const since = began?.time ?? options.since;
    const splitters = { stdout: lineSplitter(line('stdout')), stderr: lineSplitter(line('stderr')) };
    try {
      const chunks = client.containers.logs(source.id, {
        follow: options.follow,
        timestamps: true,
        tty: source.tty,
        ...(tail === undefined ? {} : { tail }),
        ...(since === undefined ? {} : { since }),
        ...(options.until === undefined ? {} : { until: options.until }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        ...(breaks > 0 ? { resumes: true } : {}),
      });
      for await (const chunk of chunks) {
        splitters[chunk.stream].push(chunk.bytes);
        await options.drained?.();
      }
      splitters.stdout.flush();
      splitters.stderr.flush();
      return cursor.position;
    } catch (error) {
      if (options.signal?.aborted === true || statusOf(error) === 404) return cursor.position;
      // A connection that delivered something is not a failed attempt, however often connections break over time.
      breaks = cursor.position === began ? breaks + 1 : 1;
      if (error instanceof TcomposeError || breaks > 5 || !options.follow) throw error;
      cursor.rewind();
      if (cursor.position !== undefined) tail = undefined;
    }
  }
}
