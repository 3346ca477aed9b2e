import type { Exchange } from '../http/exchange.ts';
import { failureOf } from '../http/failure.ts';
import type { StreamWriter } from '../http/stream-writer.ts';
import { errorLine, progressLines } from './progress-lines.ts';
import type { TellProgress, TransferProgress } from './transfer-progress.ts';

/** Between two counts of one layer, milliseconds. */
const countEveryMs = 100;

/**
 * Answers with the stream of a transfer. The head goes out with the first line: what fails before is an error with a status, what fails later is the
 * last line. Counts come at most ten times a second a layer, and none is sent while the client does not read; the last one of a layer always is.
 */
export async function streamTransfer(
  exchange: Exchange,
  monotonic: () => number,
  work: (tell: TellProgress) => Promise<void>,
): Promise<void> {
  let writer: StreamWriter | undefined;
  const counted = new Map<string, { at: number; held: TransferProgress | undefined }>();
  const write = (progress: TransferProgress): void => {
    writer ??= exchange.stream(200, 'application/json');
    for (const line of progressLines(progress)) void writer.write(line);
  };

  const tell: TellProgress = (progress) => {
    if (progress.kind !== 'bytes') {
      if (progress.kind === 'layer') flush(progress.id);
      return write(progress);
    }
    const key = progress.id;
    const last = counted.get(key);
    const done = progress.current >= progress.total;
    const now = monotonic();
    if (!done && last !== undefined && (now - last.at < countEveryMs || writer?.full)) {
      last.held = progress;
      return;
    }
    counted.set(key, { at: now, held: undefined });
    write(progress);
  };

  function flush(id: string): void {
    const held = counted.get(id)?.held;
    counted.delete(id);
    if (held !== undefined) write(held);
  }

  try {
    await work(tell);
  } catch (error) {
    if (writer === undefined) throw error;
    const { message, code, hint } = failureOf(error).body;
    await writer.write(
      errorLine(message, {
        ...(code === undefined ? {} : { code }),
        ...(hint === undefined ? {} : { hint }),
      }),
    );
  }
  // Nothing was sent: an answer is owed all the same.
  writer ??= exchange.stream(200, 'application/json');
  writer.end();
}
