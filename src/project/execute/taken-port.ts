import type { EngineClient } from '../../engine/client/engine-client.ts';
import { TcomposeError } from '../../errors.ts';
import { parseAddress } from '../../network/ipam/address.ts';
import { findPortHolder } from '../../network/ports/port-holder.ts';

interface TakenPort {
  /** Undefined if the engine does not say. */
  readonly protocol: 'tcp' | 'udp' | undefined;
  readonly address: string;
  readonly port: number;
}

/** The port that a Docker engine could not publish, from its message; undefined if that is about something else. */
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
 * machine if the engine is on it. Our own engine includes that itself; other errors are returned unchanged.
 */
export async function withPortHolder(client: EngineClient, error: unknown): Promise<unknown> {
  if (!(error instanceof TcomposeError) || error.hint !== undefined) return error;
  const taken = takenPort(error.message);
  if (taken === undefined) return error;
  const local = client.transport.endpoint.kind === 'unix';
  const container = await containerWith(client, taken);
  const hint = container ? hintOf(container, taken) : local ? processHint(taken) : undefined;
  if (hint === undefined) return error;
  return new TcomposeError(error.code, error.message, {
    cause: error.cause,
    exitCode: error.exitCode,
    hint,
  });
}

const hintOf = (holder: string, { port }: TakenPort): string =>
  `${holder} has port ${port}: stop it, or publish another port.`;

/** A hint that names the process on this machine that has a port; undefined if this process can't see which it is. */
export function processHint(taken: TakenPort): string | undefined {
  const address = parseAddress(taken.address);
  const found = address && findPortHolder(taken.protocol ?? 'tcp', address, taken.port);
  return found && hintOf(`${found.command} (pid ${found.pid})`, taken);
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
