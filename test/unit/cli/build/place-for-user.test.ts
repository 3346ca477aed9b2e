import { describe, expect, test } from 'vitest';
import { placeForUser } from '../../../../src/cli/build/build-error.ts';

describe('the place of a fault in a Dockerfile', () => {
  const where = { file: 'Dockerfile', line: 3, column: 1 };
  test.each([
    ['below the directory', { context: '/p/web' }, 'web/Dockerfile'],
    ['beside it', { context: '/q' }, '../q/Dockerfile'],
    ['with a Dockerfile elsewhere', { context: '/p/web', dockerfile: '/p/d/Dockerfile' }, 'Dockerfile'],
    ['of an inline Dockerfile', { context: '/p/web', dockerfileText: 'FROM x' }, 'Dockerfile'],
    ['of a repository', { context: 'https://h/r.git' }, 'Dockerfile'],
  ])('is told by the path from where the command runs, of a context %s', (_what, request, file) => {
    expect(placeForUser(where, request, '/p')).toEqual({ ...where, file });
  });

  test('follows the name of another Dockerfile', () => {
    const other = { ...where, file: '/p/d/Dev' };
    expect(placeForUser(other, { context: '/p/web', dockerfile: '/p/d/Dev' }, '/p')?.file).toBe('d/Dev');
    expect(placeForUser(undefined, { context: '/p' }, '/p')).toBeUndefined();
  });
});
