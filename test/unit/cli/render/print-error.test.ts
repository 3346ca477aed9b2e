import { describe, expect, test } from 'vitest';
import { exitCodeOf, formatError } from '../../../../src/cli/render/print-error.ts';
import { TcomposeError, TcomposeErrors } from '../../../../src/errors.ts';

const plain = { color: false, verbose: false };

describe('errors', () => {
  const error = new TcomposeError('CLI_USAGE', 'unknown key "imge"', {
    hint: 'Did you mean "image"?',
    where: { file: 'compose.yaml', line: 12, column: 6, sourceLine: '\t    imge: x' },
    cause: new Error('deep'),
  });

  test('message, place with a caret under the character, hint', () => {
    expect(formatError(error, plain)).toBe(
      'error: unknown key "imge"\n   --> compose.yaml:12:6\n12 | \t    imge: x\n   | \t    ^\nhint: Did you mean "image"?\n',
    );
  });

  test('the cause only with --verbose', () => {
    expect(formatError(error, plain)).not.toContain('deep');
    expect(formatError(error, { color: false, verbose: true })).toContain('caused by: Error: deep');
  });

  test('several are apart, and the first gives the exit code', () => {
    const both = new TcomposeErrors([
      new TcomposeError('CLI_USAGE', 'a', { exitCode: 5 }),
      new TcomposeError('CLI_USAGE', 'b'),
    ]);
    expect(formatError(both, plain)).toBe('error: a\n\nerror: b\n');
    expect(exitCodeOf(both)).toBe(5);
  });

  test('what was not foreseen is called a bug', () => {
    expect(formatError(new TypeError('x is undefined'), plain)).toContain('This is a bug in tcompose');
    expect(exitCodeOf(new TypeError('x'))).toBe(1);
  });
});
