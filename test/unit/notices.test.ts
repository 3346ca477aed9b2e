import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bundledPackages, notices } from '../../scripts/notices.mjs';

describe('the notices of third parties', () => {
  it('name every package of a bundle, scoped and nested ones too', () => {
    const inputs = {
      'src/cli/main.ts': {},
      'node_modules/yaml/dist/index.js': {},
      'node_modules/yaml/dist/errors.js': {},
      'node_modules/@scope/one/index.js': {},
      'node_modules/yaml/node_modules/inner/index.js': {},
    };
    expect(bundledPackages({ inputs })).toEqual(['yaml', '@scope/one', 'inner']);
  });

  it('hold each licence in full, and that of what the binary is linked with', () => {
    const text = notices(['yaml']);
    expect(text).toContain(readFileSync('node_modules/yaml/LICENSE', 'utf8').trim());
    expect(text).toContain('GNU Lesser General Public');
    expect(() => notices(['no-such-package'])).toThrow();
  });
});
