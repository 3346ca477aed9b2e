import { describe, expect, it } from 'vitest';
import type { Container } from '../../../../src/engine/containers/container.ts';
import { createContainerRegistry } from '../../../../src/engine/containers/registry.ts';
import { createSerial } from '../../../../src/engine/serial.ts';

describe('what waits for its turn with a container', () => {
  it('is told that the container is gone when it is removed meanwhile, and does nothing', async () => {
    const registry = createContainerRegistry();
    const container = { id: 'a'.repeat(64), name: 'web', serial: createSerial() } as unknown as Container;
    registry.reserve('web', container.id);
    registry.add(container);
    const done: string[] = [];
    const removal = registry.inTurn(container, async () => {
      await Promise.resolve();
      registry.remove(container);
      done.push('removal');
    });
    const late = registry.inTurn(container, async () => void done.push('late'));
    await expect(late).rejects.toThrow('No such container: web');
    await removal;
    expect(done).toEqual(['removal']);
  });
});

describe('names of containers', () => {
  it('are free again when the container could not be made, chosen ones too', () => {
    const registry = createContainerRegistry();
    for (const wanted of ['web', undefined]) {
      const { name, release } = registry.reserve(wanted, 'a');
      expect(() => registry.reserve(name, 'b')).toThrow('already in use by container "a"');
      release();
      expect(registry.reserve(name, 'b').name).toBe(name);
    }
  });

  it('are chosen among those that are neither used nor reserved', () => {
    const registry = createContainerRegistry();
    const names = new Set(Array.from({ length: 500 }, (_, id) => registry.reserve(undefined, `${id}`).name));
    expect(names.size).toBe(500);
  });
});
