import { setTimeout as sleep } from 'node:timers/promises';
import { version } from '../../version.ts';
import { describeEndpoint, parseDockerHost } from './endpoint.ts';
import { createEngineClient, type EngineClient, identify } from './engine-client.ts';
import { enginePaths } from './engine-paths.ts';
import { createTransport } from './transport.ts';

type Env = Readonly<Record<string, string | undefined>>;

interface ConnectOptions {
  /** Start our engine when none answers (default). If false, a missing engine is ENGINE_UNREACHABLE. */
  readonly start?: boolean;
  /** Called with each limitation of an engine that is started; default: a line on standard error. */
  readonly warn?: (sentence: string) => void;
}

/**
 * Connects to the engine that DOCKER_HOST names, else to the built-in one, which is started if it does not run, and
 * asked to hand over if it is of another version.
 * @throws TcomposeError ENGINE_UNREACHABLE, ENGINE_START_FAILED, ENGINE_ROOTLESS.
 */
export async function connectEngine(env: Env, options: ConnectOptions = {}): Promise<EngineClient> {
  if (env.DOCKER_HOST) {
    const endpoint = parseDockerHost(env.DOCKER_HOST);
    return createEngineClient(createTransport(endpoint));
  }
  const paths = enginePaths(env);
  const transport = createTransport(
    { kind: 'unix', path: paths.socket },
    options.start === false
      ? {}
      : {
          async revive(_failure, attempt) {
            const { accepts, startEngine } = await import('./start-engine.ts');
            // If the engine died, its keeper starts it again: allow it a moment before starting another.
            if (attempt > 1) await sleep(100 * attempt);
            if (!(await accepts(paths.socket))) await startEngine(paths, options.warn ?? warnOnStderr);
          },
          async await() {
            const { awaitEngine } = await import('./start-engine.ts');
            await awaitEngine(paths);
          },
        },
  );
  const client = await createEngineClient(transport);
  const running = /^tcompose\/(\S+)/i.exec(client.identity.server)?.[1];
  if (running === undefined || running === version || version === 'dev') return client;
  return handOver(client);
}

const warnOnStderr = (sentence: string): void => void process.stderr.write(`warning: ${sentence}\n`);

/** Far more than a start takes, even when commands of several versions run at once on a slow machine. */
const HANDOVER_SECONDS = 60;

/** Asks an engine of another version to make way for this one's, then waits for it. */
async function handOver(client: EngineClient): Promise<EngineClient> {
  const { engineProgram } = await import('./engine-paths.ts');
  const { transport } = client;
  const ask = () => client.system.handover({ engine: engineProgram().engine, version });
  await ask();
  for (let tries = 0; tries < HANDOVER_SECONDS * 20; tries++) {
    await sleep(50);
    const identity = await identify(transport).catch(() => undefined);
    if (identity?.server.includes(`/${version} `)) {
      transport.prefix = '';
      return createEngineClient(transport);
    }
    // A command of a third version may have been faster.
    if (identity !== undefined && tries % 10 === 9) await ask().catch(() => {});
  }
  const { TcomposeError } = await import('../../errors.ts');
  throw new TcomposeError(
    'ENGINE_START_FAILED',
    `the engine at ${describeEndpoint(transport.endpoint)} did not hand over to version ${version} within ${HANDOVER_SECONDS} s`,
    { hint: `The engine's log is ${enginePaths(process.env).log}.` },
  );
}
