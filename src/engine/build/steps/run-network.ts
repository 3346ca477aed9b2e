import type { EndpointRecord } from '../../../network/index.ts';
import type { AttachPlan } from '../../../network/types.ts';
import type { ShimConnection } from '../../../runtime/shim/shim-client.ts';
import { takeSockets } from '../../containers/endpoints.ts';
import type { Engine } from '../../context.ts';

/** A step's connection to the default network. */
export interface RunNetwork {
  readonly attach: AttachPlan;
  readonly endpoint: EndpointRecord;
  readonly gateway: string | undefined;
  /** To be called just before the command runs. */
  started(shim: ShimConnection): Promise<void>;
  /** Idempotent. */
  release(): Promise<void>;
}

/** Reserves an address on the network `bridge` for the command of a step. */
export async function joinDefaultNetwork(engine: Engine, id: string): Promise<RunNetwork> {
  const network = engine.networks.need('bridge');
  await engine.networks.settleDefault(false);
  const endpoint = engine.net.allocate(engine.networks.need('bridge'), {
    containerId: id,
    aliases: [],
    interfaceName: 'eth0',
  });
  let endpoints: readonly EndpointRecord[] = [endpoint];
  const release = async (): Promise<void> => {
    await engine.net.containerStopped(id);
    engine.net.release(endpoint);
  };
  try {
    const attach = await engine.net.planAttach({ containerId: id, endpoints, ports: [] });
    endpoints = attach.endpoints;
    return {
      attach: { host: attach.host, network: attach.network },
      endpoint,
      gateway: network.pools.find(({ family }) => family === 4)?.gateway,
      started: async (shim) =>
        engine.net.containerStarted({
          containerId: id,
          endpoints,
          ports: [],
          sockets: await takeSockets(shim),
        }),
      release,
    };
  } catch (error) {
    await release();
    throw error;
  }
}
