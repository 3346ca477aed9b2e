import { describe, expect, it } from 'vitest';
import { createContainerRegistry } from '../../../../src/engine/containers/registry.ts';

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
