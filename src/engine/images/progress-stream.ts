import type { Exchange } from '../http/exchange.ts';
import { failureOf } from '../http/failure.ts';
import type { StreamWriter } from '../http/stream-writer.ts';
import { errorLine, progressLines } from './progress-lines.ts';
import type { TellProgress, TransferProgress } from './transfer-progress.ts';

/** Milliseconds between two progress reports of one layer. */
const countEveryMs = 100;

/**
 * Answers with the stream of a transfer. The head is sent with the first line: an earlier failure is an error with a
 * status, a later one the last line. Progress is reported at most ten times a second for each layer, and not while the
 * client does not read; the last report of a layer is always sent.
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
  // Nothing was sent: the request still needs an answer.
  writer ??= exchange.stream(200, 'application/json');
  writer.end();
}
