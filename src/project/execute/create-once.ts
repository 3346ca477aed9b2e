import type { ContainerCreateRequest } from '../../engine/api/container.ts';
import type { NetworkCreateRequest } from '../../engine/api/network.ts';
import { isBrokenConnection, tolerate } from '../../engine/client/api-failure.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { labels } from '../labels.ts';

type Labelled = { readonly Labels?: Readonly<Record<string, string>> | null };

const same = (found: Labelled, asked: Labelled) =>
  found.Labels?.[labels.project] === asked.Labels?.[labels.project] &&
  found.Labels?.[labels.configHash] === asked.Labels?.[labels.configHash];

/**
 * Sends a create request; when the engine dies over it, looks whether the object stands under its name, and sends the
 * request again only if it does not. `find` answers undefined for an object that does not exist.
 */
async function once<Created, Found>(
  create: () => Promise<Created>,
  find: () => Promise<Found | undefined>,
  take: (found: Found) => Created | undefined,
): Promise<Created> {
  try {
    return await create();
  } catch (error) {
    if (!isBrokenConnection(error)) throw error;
    let found: Found | undefined;
    try {
      found = await find();
    } catch {
      throw error;
    }
    if (found === undefined) return create();
    const taken = take(found);
    if (taken === undefined) throw error;
    return taken;
  }
}

/** Creates a container, once also over the death of an engine. */
export const createContainerOnce = (
  client: EngineClient,
  name: string,
  body: ContainerCreateRequest,
  platform: string | undefined,
): Promise<{ readonly Id: string; readonly Warnings: readonly string[] }> =>
  once(
    () => client.containers.create(name, body, platform),
    () => tolerate(client.containers.inspect(name), 404),
    (found) => (same(found.Config, body) ? { Id: found.Id, Warnings: [] } : undefined),
  );

/** Creates a network, once also over the death of an engine. */
export const createNetworkOnce = (
  client: EngineClient,
  body: NetworkCreateRequest,
): Promise<{ readonly Id: string }> =>
  once(
    () => client.networks.create(body),
    () => tolerate(client.networks.inspect(body.Name), 404),
    (found) => (same(found, body) ? { Id: found.Id } : undefined),
  );
