import type { ImageRecord } from '../../image/index.ts';
import type { Engine } from '../context.ts';
import type { Exchange } from '../http/exchange.ts';
import { badParameter, failureOf } from '../http/failure.ts';
import type { StreamWriter } from '../http/stream-writer.ts';
import { emitImage } from './image-events.ts';
import { errorLine, line, progressBar } from './progress-lines.ts';
import type { RegistryRequest } from './registries.ts';

/** Milliseconds between two progress reports of a download. */
const countEveryMs = 100;

/** Imports an archive in the request's body, or one at an address. */
export async function importImage(
  engine: Engine,
  exchange: Exchange,
  { source, request }: { readonly source: string; readonly request: RegistryRequest },
): Promise<void> {
  if (source !== '-') return await importAddress(engine, exchange, { url: urlOf(source), request });
  // Refusing an archive must not destroy the connection: the answer still has to be sent on it.
  const record = await take(engine, exchange, exchange.body.iterator({ destroyOnReturn: false }));
  const writer = exchange.stream(200, 'application/json');
  await writer.write(line({ status: record.id }));
  writer.end();
}

/** As in dockerd, an address without a scheme is http. */
function urlOf(source: string): URL {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(source) ? source : `http://${source}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw badParameter(`${source} is not an http or https address to import from`);
  return url;
}

/** A failure after something was sent becomes the last line of the stream. */
async function importAddress(
  engine: Engine,
  exchange: Exchange,
  { url, request }: { readonly url: URL; readonly request: RegistryRequest },
): Promise<void> {
  const fetched = await engine.registries.openAddress(url, request);
  const writer = exchange.stream(200, 'application/json');
  try {
    void writer.write(line({ status: `Downloading from ${url.href}` }));
    const record = await take(engine, exchange, counted(engine, fetched, writer));
    void writer.write(line({ status: record.id }));
  } catch (error) {
    const { message, code, hint } = failureOf(error).body;
    void writer.write(
      errorLine(message, {
        ...(code === undefined ? {} : { code }),
        ...(hint === undefined ? {} : { hint }),
      }),
    );
  } finally {
    fetched.discard();
  }
  writer.end();
}

async function* counted(
  engine: Engine,
  { body, size }: { readonly body: AsyncIterable<Uint8Array>; readonly size: number | undefined },
  writer: StreamWriter,
): AsyncGenerator<Uint8Array> {
  let current = 0;
  let told = Number.NEGATIVE_INFINITY;
  for await (const chunk of body) {
    yield chunk;
    current += chunk.length;
    const now = engine.clock.monotonic();
    if (writer.full || (now - told < countEveryMs && current !== size)) continue;
    told = now;
    const total = size === undefined ? {} : { total: size };
    void writer.write(
      line({
        status: 'Importing',
        progressDetail: { current, ...total },
        ...(size === undefined ? {} : { progress: progressBar(current, size) }),
      }),
    );
  }
}

async function take(
  engine: Engine,
  { query }: Exchange,
  archive: AsyncIterable<Uint8Array>,
): Promise<ImageRecord> {
  const repository = query.get('repo');
  const reference = repository ? `${repository}${query.get('tag') ? `:${query.get('tag')}` : ''}` : undefined;
  const platform = query.get('platform');
  const record = await engine.images.importRootfs(archive, {
    ...(reference === undefined ? {} : { reference }),
    changes: query.getAll('changes'),
    message: query.get('message') ?? '',
    ...(platform ? { platform } : {}),
  });
  emitImage(engine, 'import', record.id, reference ?? record.id);
  return record;
}
