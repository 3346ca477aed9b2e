import { describe, expect, it } from 'vitest';
import { ContainerFollower } from '../../../../src/cli/logs/container-follower.ts';
import type { EngineClient } from '../../../../src/engine/client/engine-client.ts';
import { labels } from '../../../../src/project/labels.ts';

const container = { id: 'i', name: 'p-s-1', service: 's' };
const labelled = { [labels.project]: 'p', [labels.service]: 's', [labels.number]: '1' };

/** An engine with one container, whose state it lists, and that reports the container's end when `die` is called. */
function engineWith(state: string, atList: () => void = () => {}) {
  let report: (event: object) => void = () => {};
  const reported = new Promise<object>((resolve) => {
    report = resolve;
  });
  const client = {
    async *events({ onOpen, signal }: { onOpen: () => void; signal: AbortSignal }) {
      onOpen();
      yield await reported;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
    containers: {
      async list() {
        atList();
        // The answer takes longer than an event that is already on its way.
        await new Promise((resolve) => setTimeout(resolve, 20));
        return [
          {
            Id: 'i',
            Names: ['/p-s-1'],
            State: state,
            Labels: labelled,
            Image: 'x',
            ImageID: 'x',
            Command: '',
          },
        ];
      },
    },
  } as unknown as EngineClient;
  const die = () =>
    report({
      Type: 'container',
      Action: 'die',
      Actor: {
        ID: 'i',
        Attributes: { ...labelled, name: 'p-s-1', exitCode: '0', 'tcompose.restarting': 'false' },
      },
    });
  return { client, die };
}

const open = (client: EngineClient) =>
  ContainerFollower.open({
    client,
    project: 'p',
    shows: () => false,
    counts: () => true,
    tty: () => false,
    emit: () => {},
    drained: async () => {},
  });

describe('a follower of containers that were running', () => {
  it('is over when they had ended before it was told of ends', async () => {
    const { client } = engineWith('exited');
    const follower = await open(client);
    await follower.trackPresent([container]);
    await expect(follower.over()).resolves.toBeUndefined();
    await follower.close();
  });

  it('is over when their end arrives before the answer that they run', async () => {
    const { client, die } = engineWith('running', () => die());
    const follower = await open(client);
    await follower.trackPresent([container]);
    await expect(follower.over()).resolves.toBeUndefined();
    await follower.close();
  });

  it('waits for the end of one that runs', async () => {
    const { client, die } = engineWith('running');
    const follower = await open(client);
    await follower.trackPresent([container]);
    let over = false;
    const end = follower.over().then(() => {
      over = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(over).toBe(false);
    die();
    await end;
    await follower.close();
  });
});
