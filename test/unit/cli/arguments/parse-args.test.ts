import { describe, expect, test } from 'vitest';
import type { ArgsSpec } from '../../../../src/cli/arguments/command.ts';
import { parseArgs } from '../../../../src/cli/arguments/parse-args.ts';
import { TcomposeError } from '../../../../src/errors.ts';

const spec: ArgsSpec = {
  usage: '[SERVICE...]',
  flags: [
    { name: 'detach', short: 'd', type: 'boolean', summary: '' },
    { name: 'no-tty', short: 'T', aliases: ['no-TTY'], type: 'boolean', summary: '' },
    { name: 'timeout', short: 't', type: 'number', summary: '' },
    { name: 'env', short: 'e', type: 'strings', summary: '' },
    { name: 'format', type: 'string', choices: ['table', 'json'], summary: '' },
  ],
};
const parse = (argv: string[], own: ArgsSpec = spec) => {
  const { flags, positional } = parseArgs(argv, own, { commandPath: 'tcompose up' });
  return { flags, positional };
};
const failure = (argv: string[], own: ArgsSpec = spec): TcomposeError => {
  try {
    parse(argv, own);
  } catch (error) {
    expect(error).toBeInstanceOf(TcomposeError);
    return error as TcomposeError;
  }
  throw new Error('no error');
};

describe('command lines', () => {
  test.each([
    [['-d', 'web'], { detach: true }, ['web']],
    [['web', '--detach'], { detach: true }, ['web']],
    [['--detach=false'], { detach: false }, []],
    [['-d=0'], { detach: false }, []],
    [['-dT', '-t', '5'], { detach: true, 'no-tty': true, timeout: 5 }, []],
    [['-dt5'], { detach: true, timeout: 5 }, []],
    [['--timeout=-1'], { timeout: -1 }, []],
    [['-t', '-1'], { timeout: -1 }, []],
    [['-e', 'A=1', '--env', 'B', '--env=C=2=3'], { env: ['A=1', 'B', 'C=2=3'] }, []],
    [['--no-TTY'], { 'no-tty': true }, []],
    [['--', '--detach'], {}, ['--detach']],
    [['-'], {}, ['-']],
    [['--format', 'json'], { format: 'json' }, []],
  ] as [string[], object, string[]][])('%j', (argv, flags, positional) => {
    expect(parse(argv)).toEqual({ flags, positional });
  });

  test("a container's command line is left alone", () => {
    const exec = { ...spec, passThroughAfter: 1 };
    expect(parse(['-d', 'web', 'ls', '-e', '--help'], exec)).toEqual({
      flags: { detach: true },
      positional: ['web', 'ls', '-e', '--help'],
    });
    expect(parse(['web', '--', 'ls', '--', '-l'], exec).positional).toEqual(['web', 'ls', '--', '-l']);
  });

  test.each([
    [['--detahc'], 'unknown flag: --detahc', 'Did you mean --detach?'],
    [['-x'], 'unknown shorthand flag: -x', 'See `tcompose up --help`.'],
    [['-t'], 'flag needs a value: -t', undefined],
    [['-t', 'soon'], '-t takes a whole number; got "soon"', undefined],
    [['--detach=maybe'], '--detach takes true or false; got "maybe"', undefined],
    [['--format', 'xml'], 'invalid value for --format: "xml": it takes one of table, json', undefined],
  ] as [string[], string, string | undefined][])('%j is refused', (argv, message, hint) => {
    const error = failure(argv);
    expect(error.message).toBe(message);
    if (hint !== undefined) expect(error.hint).toBe(hint);
    expect(error.code).toBe('CLI_USAGE');
  });

  test('too few and too many arguments', () => {
    expect(failure([], { ...spec, min: 2 }).message).toBe(
      'requires at least 2 arg(s), only received 0: tcompose up needs at least 2 arguments',
    );
    expect(failure(['a'], { ...spec, max: 0 }).message).toBe('tcompose up takes no arguments, got "a"');
    expect(failure(['a', 'b'], { ...spec, max: 1 }).message).toBe(
      'tcompose up takes at most 1 argument, got "b"',
    );
  });
});
