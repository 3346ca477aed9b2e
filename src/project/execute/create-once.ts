import type { ContainerCreateRequest } from '../../engine/api/container.ts';
import type { NetworkCreateRequest } from '../../engine/api/network.ts';
import { isBrokenConnection, statusOf, tolerate } from '../../engine/client/api-failure.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';

/** How often, 100 ms apart, to check a name that is taken but whose object does not exist yet: for a minute. */
const unseenTries = 600;
const unseenPause = 100;

type Labelled = { readonly Labels?: Readonly<Record<string, string>> | null };

/** The labels contain project, service, number, a hash of the configuration, and for a one-off container its own slug. */
const same = (found: Labelled, asked: Labelled) =>
  Object.entries(asked.Labels ?? {}).every(([name, value]) => found.Labels?.[name] === value);

/**
 * Sends a create request. If the engine dies before it answers, checks whether the object exists under its name, and
 * sends the request again only if it does not. With `shared`, an object that another command has made meanwhile from
 * the same configuration counts as the answer. `find` returns undefined for an object that does not exist.
 */
async function once<Created, Found>(
  create: () => Promise<Created>,
  find: () => Promise<Found | undefined>,
  take: (found: Found) => Created | undefined,
  shared: boolean,
): Promise<Created> {
  for (let tries = 0; ; tries++) {
    try {
      return await create();
    } catch (error) {
      const conflict = shared && statusOf(error) === 409;
      if (!isBrokenConnection(error) && !conflict) throw error;
      let found: Found | undefined;
      try {
        found = await find();
      } catch {
        throw error;
      }
      if (found !== undefined) {
        const taken = take(found);
        if (taken === undefined) throw error;
        return taken;
      }
      if (!conflict) return create();
      // The name is taken, but nothing has it yet: another command is just creating its object.
      if (tries >= unseenTries) throw error;
      await new Promise((resolve) => setTimeout(resolve, unseenPause));
    }
  }
}

/**
 * Creates a container, only once even if the engine dies. `shared`: it is complete after this, so that it does not
 * matter which of two simultaneous commands made it.
 */
export const createContainerOnce = (
  client: EngineClient,
  name: string,
  body: ContainerCreateRequest,
  platform: string | undefined,
  shared: boolean,
): Promise<{ readonly Id: string; readonly Warnings: readonly string[] }> =>
  once(
    () => client.containers.create(name, body, platform),
    () => tolerate(client.containers.inspect(name), 404),
    (found) => (same(found.Config, body) ? { Id: found.Id, Warnings: [] } : undefined),
    shared,
  );

/** Creates a network and returns the engine's warnings, only once even if the engine dies or another command does the same. */
export const createNetworkOnce = (
  client: EngineClient,
  body: NetworkCreateRequest,
): Promise<{ readonly Id: string; readonly warnings: readonly string[] }> =>
  once(
    async () => {
      // Engines may omit it.
      const { Id, Warning = '' }: { readonly Id: string; readonly Warning?: string } =
        await client.networks.create(body);
      return { Id, warnings: Warning.split('\n').filter(Boolean) };
    },
    () => tolerate(client.networks.inspect(body.Name), 404),
    (found) => (same(found, body) ? { Id: found.Id, warnings: [] } : undefined),
    true,
  );
