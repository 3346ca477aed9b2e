import { expect, test } from 'vitest';
import type { EngineClient } from '../../../../src/engine/client/engine-client.ts';
import type { ContainerWatch } from '../../../../src/project/execute/container-watch.ts';
import { waitForContainer } from '../../../../src/project/execute/wait.ts';

const operation = {
  ...{ kind: 'wait', service: 's', condition: 'ready', required: true, dependents: [] },
} as unknown as Parameters<typeof waitForContainer>[3];

/** Waits for a container that is in the given states, one after the other, at each look at it. */
function wait(...states: object[]) {
  let looks = 0;
  const client = {
    containers: {
      inspect: async () => ({ State: states[Math.min(looks++, states.length - 1)], Config: {} }),
      async *logs() {},
    },
  } as unknown as EngineClient;
  const watch = {
    next: () => new Promise<void>(() => undefined),
    lost: new Promise<never>(() => undefined),
  } as unknown as ContainerWatch;
  const container = { id: 'c', name: 's-1' };
  const ended = waitForContainer(client, watch, container, operation, new AbortController().signal);
  return ended.then((verdict) => ({ verdict, looks }));
}

const now = () => new Date().toISOString();
const running = (StartedAt: string) => ({ Status: 'running', StartedAt });

test('a container without health check that ends right after its start has failed', async () => {
  await expect(wait(running(now()), { Status: 'exited', ExitCode: 4, StartedAt: now() })).rejects.toThrow(
    'container s-1 exited (4)',
  );
});

test('one that has been running for a while counts at once, one that began in the future of this clock too', async () => {
  const met = { kind: 'met', as: 'running' };
  expect(await wait(running('2020-01-01T00:00:00Z'))).toEqual({ verdict: met, looks: 1 });
  expect((await wait(running('2120-01-01T00:00:00Z'))).verdict).toEqual(met);
});
