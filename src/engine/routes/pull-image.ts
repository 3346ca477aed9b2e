import {
  familiarName,
  familiarReference,
  type ImageReference,
  parseReference,
} from '../../image/reference.ts';
import { listTags } from '../../registry/content/list-tags.ts';
import type { Engine } from '../context.ts';
import type { Exchange } from '../http/exchange.ts';
import { forbidden } from '../http/failure.ts';
import { askedPlatform, bestPlatform, runsHere } from '../images/asked-platform.ts';
import { streamTransfer } from '../images/progress-stream.ts';
import { noticeTeller, pullImage } from '../images/pull/pull-image.ts';
import type { TellProgress } from '../images/transfer-progress.ts';
import { registryRequest } from './registry-request.ts';

/** `POST /images/create?fromImage=…`: an image by tag or digest, or all tags of a repository. */
export async function pullRoute(engine: Engine, exchange: Exchange, fromImage: string): Promise<void> {
  const { query, signal } = exchange;
  const reference = withTag(parseReference(fromImage), query.get('tag') ?? '');
  const name = familiarName(reference);
  if (name === 'scratch') throw forbidden("'scratch' is a reserved name");
  const platform = askedPlatform(query.get('platform'));
  const request = { ...registryRequest(exchange), platform };
  const { images, registries } = engine;
  const context = {
    registries,
    content: images,
    get: (id: string) => images.get(id),
    own: bestPlatform(),
    isRun: runsHere,
  };

  const one = async (wanted: ImageReference, tell: TellProgress): Promise<void> => {
    await pullImage(context, { ...request, reference: wanted }, tell);
    const id = familiarReference(wanted);
    engine.events.emit({ type: 'image', action: 'pull', id, attributes: { name } });
  };
  await streamTransfer(
    exchange,
    () => engine.clock.monotonic(),
    async (tell) => {
      if (images.get(familiarReference(reference))?.host) {
        return tell({ kind: 'builtin', reference: familiarReference(reference) });
      }
      if (reference.tag !== undefined || reference.digest !== undefined) return await one(reference, tell);
      const { domain, path } = reference;
      const registry = registries.open(domain, request, noticeTeller(tell));
      const scopes = [`repository:${path}:pull`];
      const tags = await registry.across((session) => listTags(session, path, scopes, signal));
      let newer = false;
      for (const tag of tags)
        await one({ ...reference, tag }, (progress) => {
          if (progress.kind !== 'pulled') return tell(progress);
          newer ||= progress.newer;
          tell({ kind: 'digest', digest: progress.digest });
        });
      tell({ kind: 'status', reference: name, newer });
    },
  );
}

/** A separate tag or digest takes precedence over one in the name. */
function withTag(reference: ImageReference, text: string): ImageReference {
  if (text === '') return reference;
  const { domain, path, tag } = reference;
  // Its form is checked with the whole reference. A tag beside a digest is only recorded.
  const beside = tag === undefined ? '@' : `:${tag}@`;
  return parseReference(`${domain}/${path}${text.includes(':') ? beside : ':'}${text}`);
}
