import { describe, expect, it } from 'vitest';
import type { Container } from '../../../../src/engine/containers/container.ts';
import { createStartHolds } from '../../../../src/engine/containers/start-holds.ts';

const container = (id: string, project: string): Pick<Container, 'id' | 'name' | 'record'> => ({
  id,
  name: `name of ${id}`,
  record: { config: { Labels: { project } } } as unknown as Container['record'],
});

/** Whether a promise has resolved by now. */
async function settled(promise: Promise<void>): Promise<boolean> {
  let is = false;
  void promise.then(() => {
    is = true;
  });
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  return is;
}

describe('holds of starts', () => {
  it('keep containers with the labels waiting until they are released, and no others', async () => {
    const holds = createStartHolds(() => {});
    const told: string[] = [];
    holds.hold(['project=mine'], (id) => told.push(id));
    const [one, again, other] = [
      holds.clear(container('1', 'mine')),
      holds.clear(container('1', 'mine')),
      holds.clear(container('2', 'theirs')),
    ];
    expect(told).toEqual(['1', '1']);
    expect([await settled(one), await settled(again), await settled(other)]).toEqual([false, false, true]);
    holds.release('2');
    expect(await settled(one)).toBe(false);
    holds.release('1');
    expect([await settled(one), await settled(again)]).toEqual([true, true]);
  });

  it('end with who holds them', async () => {
    const holds = createStartHolds(() => {});
    const release = holds.hold([], () => {});
    const start = holds.clear(container('1', 'mine'));
    expect(await settled(start)).toBe(false);
    release?.();
    expect(await settled(start)).toBe(true);
    expect(await settled(holds.clear(container('1', 'mine')))).toBe(true);
  });

  it('are not more than a client may make', () => {
    const holds = createStartHolds(() => {});
    const all = Array.from({ length: 300 }, () => holds.hold([], () => {}));
    expect(all.filter((one) => one !== undefined)).toHaveLength(256);
  });
});
