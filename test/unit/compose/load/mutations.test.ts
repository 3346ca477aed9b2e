import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadMutation, projectFiles } from '../../../support/fuzz-load.ts';

const files = projectFiles(join(import.meta.dirname, '../../../../fixtures/compose/load'));
const count = Number(process.env.FUZZ_COUNT ?? 400);

describe('a mutated project', () => {
  it(`loads or is refused with a proper error (${count} mutations)`, async () => {
    const outcomes = { loaded: 0, refused: 0 };
    for (let seed = 0; seed < count; seed += 1) {
      try {
        outcomes[await loadMutation(files, seed)] += 1;
      } catch (cause) {
        throw new Error(`seed ${seed}`, { cause });
      }
    }
    expect(outcomes.loaded + outcomes.refused).toBe(count);
    expect(outcomes.loaded).toBeGreaterThan(0);
  });
});
