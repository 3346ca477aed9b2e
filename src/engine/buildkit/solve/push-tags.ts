import { familiarReference, formatReference, parseReference } from '../../../image/reference.ts';
import type { Engine } from '../../context.ts';
import { pushImage } from '../../images/push/push-image.ts';
import { registryIdentity } from '../session/registry-identity.ts';
import { GrpcError } from '../wire/status.ts';
import type { Solve } from './solves.ts';
import { Vertices } from './vertices.ts';

/** Pushes what was built under all its names, with the client's credentials. @throws TcomposeError REGISTRY_*, GrpcError */
export async function pushTags(
  engine: Engine,
  { ref, session, signal, trace }: Solve,
  tags: readonly string[],
  ids: readonly string[],
): Promise<void> {
  if (tags.length === 0) throw new GrpcError('invalid-argument', 'tag is needed when pushing to registry');
  if (session === undefined) throw new GrpcError('invalid-argument', 'a push needs a session');
  const { images, registries } = engine;
  const namesOf = ({
    tags: names,
    repoDigests,
  }: {
    tags: readonly string[];
    repoDigests: readonly string[];
  }) => [...repoDigests, ...names];
  const context = { registries, content: images, list: () => images.list(), namesOf };
  const now = () => engine.clock.now().ms;
  const vertices = new Vertices(`${ref} push`, { now, dockerfile: () => '', exports: undefined, names: [] });
  for (const tag of tags) {
    const reference = parseReference(tag);
    const identity = await registryIdentity(session, formatReference(reference), signal);
    const title = `pushing ${formatReference(reference)}`;
    await trace.tell(vertices.start(title));
    // The index for several platforms is pushed with the last of its images, when the registry has all of them.
    for (const id of ids)
      await pushImage(context, { ...identity, signal, reference, image: images.get(id)! }, () => undefined);
    await trace.tell(vertices.end(title));
    const name = familiarReference(reference);
    engine.events.emit({ type: 'image', action: 'push', id: name, attributes: { name } });
  }
}
