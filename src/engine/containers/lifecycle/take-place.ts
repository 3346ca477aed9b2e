import { setTimeout as sleep } from 'node:timers/promises';
import { TcomposeError } from '../../../errors.ts';
import type { PortBinding } from '../../../network/index.ts';
import type { Engine } from '../../context.ts';
import { conflict } from '../../http/failure.ts';
import type { Container, Launch } from '../container.ts';
import { collectPorts } from '../spec/port-spec.ts';

/** Milliseconds between two attempts to reach a port that does not answer yet. */
const attemptEvery = 20;

/**
 * Moves names and published ports of one container to another, which was started beside it: a client that connects
 * meanwhile reaches one of them. The sockets that hold the ports stay the same, with their pending connections. Waits
 * up to `within` milliseconds for the new container to listen. @throws TcomposeError ENGINE_CONFLICT when one of them
 * does not run, requests other ports, or nothing listens
 */
export async function takePlace(
  engine: Engine,
  container: Container,
  from: Container,
  within: number,
): Promise<void> {
  if (container === from) throw conflict(`${container.name} cannot take its own place`);
  await listens(engine, container, from.mutable.ports, within);
  await container.serial.run(() =>
    from.serial.run(async () => {
      const [taking, giving] = [launchOf(container), launchOf(from)];
      const wanted = (one: Container) => JSON.stringify(collectPorts(one.hostConfig, one.record.config));
      if (wanted(container) !== wanted(from))
        throw conflict(`${container.name} publishes other ports than ${from.name}`);
      const { ports } = from.mutable;
      for (const [name, fd] of await giving.shim.sockets())
        if (name.startsWith('port-')) await taking.shim.takeSocket(name, { pid: giving.shim.shimPid, fd });
      if (onNetworks(container)) await engine.net.takePlace(from.id, container.id);
      // Both must never be recorded at the same time: an engine that starts now would publish the ports twice.
      from.change({ ports: [] });
      container.change({ ports });
      for (const [name] of await giving.shim.sockets())
        if (name.startsWith('port-')) await giving.shim.releaseSocket(name);
    }),
  );
}

const onNetworks = ({ mutable }: Container): boolean =>
  Object.values(mutable.attachments).some(({ endpoint }) => endpoint !== undefined);

function launchOf(container: Container): Launch {
  if (container.launch === undefined || container.state.status !== 'running')
    throw conflict(`container ${container.name} is not running`);
  return container.launch;
}

/** Waits until something listens on each TCP port in the container; other protocols can't be tested. */
async function listens(
  engine: Engine,
  container: Container,
  ports: readonly PortBinding[],
  within: number,
): Promise<void> {
  const targets = new Set(
    ports.filter(({ protocol }) => protocol === 'tcp').map(({ containerPort }) => containerPort),
  );
  const until = engine.clock.monotonic() + within;
  for (const port of targets)
    while (!(await engine.net.listens(addressOf(container), port))) {
      launchOf(container);
      if (engine.clock.monotonic() > until)
        throw new TcomposeError(
          'ENGINE_CONFLICT',
          `nothing listens on port ${port} in container ${container.name} after ${within} ms`,
          { hint: 'The ports did not move.' },
        );
      await sleep(attemptEvery);
    }
}

function addressOf(container: Container): string {
  launchOf(container);
  const address = Object.values(container.mutable.attachments).find(
    ({ endpoint }) => endpoint?.ipv4,
  )?.endpoint;
  if (address === undefined) throw conflict(`container ${container.name} is not on any network`);
  return address.ipv4;
}
