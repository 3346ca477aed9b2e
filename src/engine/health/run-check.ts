import type { HealthLogEntry } from '../api/container.ts';
import type { HealthClock, HealthConfig, HealthExec } from './types.ts';

/** Bytes of output kept in a log entry, Docker's limit. */
const keptOutput = 4096;
/** Docker's exit code for a check that could not be run or took too long. */
const noExitCode = -1;

/**
 * Runs one check. Never rejects: a check that could not be started, or was killed at its timeout, gives an entry with
 * exit code -1 and a sentence. Undefined when `cancelled` fired first.
 */
export async function runCheck(
  config: HealthConfig,
  exec: HealthExec,
  clock: HealthClock,
  cancelled: AbortSignal,
): Promise<HealthLogEntry | undefined> {
  const Start = clock.timestamp();
  const controller = new AbortController();
  const output = new BoundedOutput();
  let stopTimer = (): void => {};
  const timedOut = new Promise<'timeout'>((resolve) => {
    stopTimer = clock.after(config.timeout, () => resolve('timeout'));
  });
  let stopListening = (): void => {};
  const gone = new Promise<'cancelled'>((resolve) => {
    if (cancelled.aborted) resolve('cancelled');
    const cancel = (): void => resolve('cancelled');
    cancelled.addEventListener('abort', cancel);
    stopListening = () => cancelled.removeEventListener('abort', cancel);
  });
  const check = exec(config.command, {
    signal: controller.signal,
    onOutput: (bytes) => output.add(bytes),
  }).catch((error: unknown) => ({ failed: error instanceof Error ? error.message : String(error) }));
  const outcome = await Promise.race([check, timedOut, gone]);
  stopTimer();
  stopListening();
  if (outcome === 'cancelled') {
    controller.abort();
    return undefined;
  }
  const End = clock.timestamp();
  if (outcome === 'timeout') {
    controller.abort();
    const seconds = config.timeout / 1000;
    const text = output.text();
    const said = `Health check exceeded timeout (${seconds}s)`;
    return { Start, End, ExitCode: noExitCode, Output: text === '' ? said : `${said}: ${text}` };
  }
  if ('failed' in outcome) return { Start, End, ExitCode: noExitCode, Output: outcome.failed };
  return { Start, End, ExitCode: outcome.exitCode, Output: output.text() };
}

/** Collects the first bytes and counts all of them. */
class BoundedOutput {
  readonly #chunks: Uint8Array[] = [];
  #size = 0;
  #cut = false;

  add(bytes: Uint8Array): void {
    const room = keptOutput - this.#size;
    if (bytes.length > room) this.#cut = true;
    if (room <= 0) return;
    const kept = bytes.slice(0, room);
    this.#chunks.push(kept);
    this.#size += kept.length;
  }

  /** UTF-8, only whole characters, with Docker's mark when something is missing. */
  text(): string {
    const text = new TextDecoder().decode(Buffer.concat(this.#chunks), { stream: true });
    return this.#cut ? `${text}...` : text;
  }
}
