import type { EngineClient } from '../../engine/client/engine-client.ts';
import { TcomposeError } from '../../errors.ts';
import { parseAddress } from '../../network/ipam/address.ts';
import { findPortHolder } from '../../network/ports/port-holder.ts';

interface TakenPort {
  /** Undefined where the engine does not say. */
  readonly protocol: 'tcp' | 'udp' | undefined;
  readonly address: string;
  readonly port: number;
}

/** The port a Docker engine could not publish, from its sentence; undefined when that is about something else. */
export function takenPort(message: string): TakenPort | undefined {
  const listen = /listen (tcp|udp)[46]? (\S+):(\d+): bind: address already in use/.exec(message);
  if (listen !== null) return port(listen[2]!, listen[3]!, listen[1] as 'tcp' | 'udp');
  const allocated =
    /Bind for (\S+):(\d+) failed: port is already allocated/.exec(message) ??
    /bind host port (?:for )?(\[[^\]]+\]|[\d.]+):(\d+)\b.*address already in use/.exec(message);
  return allocated === null ? undefined : port(allocated[1]!, allocated[2]!, undefined);
}

const port = (address: string, number: string, protocol: TakenPort['protocol']): TakenPort => ({
  protocol,
  address: address.replace(/^\[|\]$/g, ''),
  port: Number(number),
});

/**
 * A refusal to publish a port, with a hint that names who has it: a container of the engine, or a process of this
 * machine when the engine is on it. Our own engine says so itself; other errors come back as they are.
 */
export async function withPortHolder(client: EngineClient, error: unknown): Promise<unknown> {
  if (!(error instanceof TcomposeError) || error.hint !== undefined) return error;
  const taken = takenPort(error.message);
  if (taken === undefined) return error;
  const holder = (await containerWith(client, taken)) ?? processWith(client, taken);
  if (holder === undefined) return error;
  return new TcomposeError(error.code, error.message, {
    cause: error.cause,
    exitCode: error.exitCode,
    hint: `${holder} has port ${taken.port}: stop it, or publish another port.`,
  });
}

async function containerWith(client: EngineClient, taken: TakenPort): Promise<string | undefined> {
  const running = await client.containers.list({}).catch(() => []);
  const owner = running.find((container) =>
    container.Ports.some(
      ({ PublicPort, Type }) =>
        PublicPort === taken.port && (taken.protocol === undefined || Type === taken.protocol),
    ),
  );
  return owner === undefined
    ? undefined
    : `container ${owner.Names[0]?.replace(/^\//, '') ?? owner.Id.slice(0, 12)}`;
}

function processWith(client: EngineClient, taken: TakenPort): string | undefined {
  const address = parseAddress(taken.address);
  if (client.transport.endpoint.kind !== 'unix' || address === undefined) return undefined;
  const found = findPortHolder(taken.protocol ?? 'tcp', address, taken.port);
  return found === undefined ? undefined : `${found.command} (pid ${found.pid})`;
}
