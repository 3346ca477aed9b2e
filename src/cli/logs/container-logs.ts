import { statusOf } from '../../engine/client/api-failure.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { TcomposeError } from '../../errors.ts';
import type { EventSink } from '../../events.ts';
import { unixTime } from '../../rfc3339.ts';
import { lineSplitter } from './line-splitter.ts';

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
  readonly until?: string;
  readonly signal?: AbortSignal;
}

/**
 * Emits a container's log as `log` events. Timestamps are always asked for: by them a follower whose connection broke
 * (an engine restart) goes on where it was. Returns the time of the last line, for a later continuation.
 */
export async function readContainerLog(
  client: EngineClient,
  source: LogSource,
  options: ReadLogOptions,
  emit: EventSink,
): Promise<string | undefined> {
  let last: string | undefined;
  let since = options.since;
  let tail = options.tail;
  const line = (stream: 'stdout' | 'stderr') => (text: string) => {
    const space = text.indexOf(' ');
    const stamp = space < 0 ? text : text.slice(0, space);
    const time = unixTime(stamp);
    if (time !== undefined) {
      if (last !== undefined && time <= last) return;
      pending = time;
    }
    emit({
      type: 'log',
      service: source.service,
      container: source.name,
      stream,
      line: time === undefined ? text : text.slice(stamp.length + 1),
      ...(time === undefined ? {} : { timestamp: stamp }),
    });
  };
  let pending: string | undefined;
  for (let breaks = 0; ; ) {
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
      });
      for await (const chunk of chunks) splitters[chunk.stream].push(chunk.bytes);
      splitters.stdout.flush();
      splitters.stderr.flush();
      return pending;
    } catch (error) {
      if (options.signal?.aborted === true) return pending;
      if (statusOf(error) === 404) return pending;
      const broken = !(error instanceof TcomposeError) && ++breaks <= 5;
      if (!broken || !options.follow) throw error;
      // Continue after the last line seen; lines of that very instant were given already.
      last = pending;
      since = pending ?? since;
      if (pending !== undefined) tail = undefined;
    }
  }
}
