import type { LoadEvent } from '../../image/index.ts';
import { formatPlatform } from '../../image/platform.ts';
import { shortId } from '../../image/reference.ts';
import type { Engine } from '../context.ts';
import type { Exchange } from '../http/exchange.ts';
import { failureOf } from '../http/failure.ts';
import { askedPlatform } from './asked-platform.ts';
import { emitImage } from './image-events.ts';
import { errorLine, line, progressBar } from './progress-lines.ts';

/** Milliseconds between two progress reports of one layer. */
const countEveryMs = 100;

/** The line that docker's clients get for an event; `quiet` omits layers. */
export function loadLine(event: LoadEvent, quiet: boolean): string | undefined {
  if (event.kind === 'loaded') {
    // Dockerd does not report these, and its clients look for the words below.
    if (event.old)
      return line({ stream: `Loaded from an archive of docker before 1.10: ${event.name ?? event.id}\n` });
    const what = event.name === undefined ? `Loaded image ID: ${event.id}` : `Loaded image: ${event.name}`;
    return line({ stream: `${what}\n` });
  }
  if (event.kind === 'renamed') {
    const words = `The image ${event.name} already exists, renaming the old one with ID ${event.oldId} to empty string`;
    return line({ stream: `${words}\n` });
  }
  if (quiet) return undefined;
  const { current, total, diffId } = event;
  return line({
    status: 'Loading layer',
    progressDetail: { current, total },
    progress: progressBar(current, total),
    id: shortId(diffId),
  });
}

/** `POST /images/load`: always 200; a failure is the stream's last line. */
export async function loadImages(engine: Engine, exchange: Exchange, quiet: boolean): Promise<void> {
  const platform = askedPlatform(exchange.query.get('platform'));
  const writer = exchange.stream(200, 'application/json');
  let counted = 0;
  const tell = (event: LoadEvent): void => {
    if (event.kind === 'layer' && event.current < event.total) {
      const now = engine.clock.monotonic();
      if (now - counted < countEveryMs || writer.full) return;
      counted = now;
    }
    if (event.kind === 'loaded') emitImage(engine, 'load', event.id, event.name ?? event.id);
    const text = loadLine(event, quiet);
    if (text !== undefined) void writer.write(text);
  };
  try {
    // Refusing an archive must not destroy the connection: the answer still has to be sent on it.
    await engine.images.load(exchange.body.iterator({ destroyOnReturn: false }), {
      ...(platform === undefined ? {} : { platform: formatPlatform(platform) }),
      tell,
    });
  } catch (error) {
    exchange.body.resume();
    const { message, code, hint } = failureOf(error).body;
    await writer.write(
      errorLine(message, {
        ...(code === undefined ? {} : { code }),
        ...(hint === undefined ? {} : { hint }),
      }),
    );
  }
  writer.end();
}
