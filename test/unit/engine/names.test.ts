import { describe, expect, it } from 'vitest';
import { generateName, namePattern } from '../../../src/engine/names.ts';

describe('generated names', () => {
  it('are names of containers', () => {
    for (let n = 0; n < 500; n++) expect(generateName(() => false)).toMatch(namePattern);
  });

  it('end even when every pair of words is taken', () => {
    expect(
      generateName(
        (name) => /[a-z]$/.test(name),
        () => 0,
      ),
    ).toMatch(/\d$/);
  });
});
