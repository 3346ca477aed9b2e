import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDotenv, parseRawEnv } from '../../../../src/compose/read/dotenv.ts';
import { TcomposeError } from '../../../../src/errors.ts';

const environment: Record<string, string> = { OUTER: 'outer', HOME: '/home/me' };
const lookup = (name: string) => (Object.hasOwn(environment, name) ? environment[name] : undefined);
const parse = (text: string) => Object.fromEntries(parseDotenv('/x/.env', text, { lookup }));

describe('parseDotenv', () => {
  it.each([
    ['A=1\nB=two words\n', { A: '1', B: 'two words' }],
    ['A: 1\nexport B=2\nexport\tC=3', { A: '1', B: '2', C: '3' }],
    ['\uFEFFA=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['# comment\n\n  # another\nA=1 # trailing\nB=a#b\nC=x\t#y\n', { A: '1', B: 'a#b', C: 'x\t#y' }],
    ['A=#none\nB=   # no value before it\n', { A: '#none', B: '# no value before it' }],
    ['A="a"b\nB=2', { A: 'a', B: '2' }],
    ['A="x" OUTER\nB=\'y\' C=3 # z', { A: 'x', OUTER: 'outer', B: 'y', C: '3' }],
    ['A="x"B=2\n', { A: 'x', B: '2' }],
    ["A='C:\\dir\\\\'\nB=1", { A: 'C:\\dir\\\\', B: '1' }],
    ['A=one\r\nB="two\r\nlines"\r\nC=\'3\'\r\n', { A: 'one', B: 'two\r\nlines', C: '3' }],
    ['A=\nB=""\nC=\'\'\n', { A: '', B: '', C: '' }],
    ['A=  padded  \n', { A: 'padded' }],
    ['A = spaced\n', { A: 'spaced' }],
    ['OUTER\nGONE\nA=1', { OUTER: 'outer', A: '1' }],
    ['A.B-C_d[0]=x', { 'A.B-C_d[0]': 'x' }],
    ['A=a=b:c', { A: 'a=b:c' }],
    ['A="x # y" # z', { A: 'x # y' }],
    ['A="one\ntwo"\nB=3', { A: 'one\ntwo', B: '3' }],
    ["A='one\ntwo'\nB=3", { A: 'one\ntwo', B: '3' }],
    ['A="\\n\\t\\"\\\\\\r"', { A: '\n\t"\\\r' }],
    ['A="\\0101\\q"', { A: 'A\\q' }],
    ['A="\\0 \\012 \\0777"', { A: '\\ \\12 \\777' }],
    ["A='\\n $OUTER it\\'s'", { A: "\\n $OUTER it's" }],
    ['A=$OUTER\nB="${OUTER}-${A}"\nC=${GONE:-d}', { A: 'outer', B: 'outer-outer', C: 'd' }],
    ['A="\\$OUTER"\nB=$$OUTER', { A: '$OUTER', B: '$OUTER' }],
    ['OUTER=inner\nA=$OUTER', { OUTER: 'inner', A: 'outer' }],
    ['A=1\nA=2', { A: '2' }],
    ['', {}],
  ])('%j', (text, expected) => expect(parse(text)).toEqual(expected));

  it.each([
    ['A=1\nB="open\nC=2', 2, 'unterminated quoted value'],
    ["A='open", 1, 'unterminated quoted value'],
    ['A=1\n=2', 2, 'no variable name before the separator'],
    ['A B=1', 1, 'unexpected character " " in variable name "A B"'],
    ['A="x";', 1, 'unexpected character ";" in variable name ";"'],
    ['A="x" $y', 1, 'unexpected character "$" in variable name "$y"'],
    ['A=1\nB=${', 2, 'invalid variable reference: ${'],
    ['A=${GONE:?say it}', 1, 'required variable GONE is missing a value: say it'],
  ])('refuses %j at line %i', (text, line, message) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        code: 'COMPOSE_ENV_FILE',
        message: `failed to read /x/.env: line ${line}: ${message}`,
        where: expect.objectContaining({ file: '/x/.env', line }),
      }),
    );
  });

  it('warns of a comment that became a value', () => {
    const warnings: unknown[] = [];
    const text = 'A=1 # fine\nB="# fine"\nC=#fff\nD=  # not fine\n';
    parseDotenv('/x/.env', text, {
      lookup,
      warn: ({ message, where }) => warnings.push([message, where?.line]),
    });
    expect(warnings).toEqual([['D has the value "# not fine": a comment must follow a value', 4]]);
  });

  it('passes over values without a name when told to', () => {
    const text = '===== section =====\n= "x"\nA=1';
    expect(Object.fromEntries(parseDotenv('/x/.env', text, { lookup, ignoreNameless: true }))).toEqual({
      A: '1',
    });
  });

  it('reads back whatever is written in single quotes', () => {
    const text = fc.string().filter((value) => !/[\\\r\uFEFF]/.test(value));
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[A-Z][A-Z0-9_]{0,8}$/), text), (entries) => {
        const file = Object.entries(entries)
          .map(([key, value]) => `${key}='${value.replaceAll("'", "\\'")}'\n`)
          .join('');
        expect(parse(file)).toEqual({ ...entries });
      }),
    );
  });

  it('takes long lines in its stride', () => {
    expect(parse(`A="${'x\n'.repeat(200_000)}"\nOUTER${' '.repeat(200_000)}# c\n`).OUTER).toBe('outer');
    expect(() => parse(`A${' '.repeat(200_000)}B`)).toThrow(TcomposeError);
  });

  it('throws nothing but TcomposeError', () => {
    const piece = fc.constantFrom(
      'A',
      '=',
      ':',
      '"',
      "'",
      '\\',
      '\n',
      ' ',
      '#',
      '$',
      '${',
      '}',
      'export ',
      '\t',
      '[',
      '-',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        try {
          parse(pieces.join(''));
        } catch (error) {
          if (!(error instanceof TcomposeError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('parseRawEnv', () => {
  const raw = (text: string) => Object.fromEntries(parseRawEnv('/x/raw.env', text, lookup));

  it('takes lines as they are', () => {
    expect(raw('A="quoted" # not a comment\n# comment\nB=$OUTER\n\n  C= x \r\nOUTER\nGONE\n')).toEqual({
      A: '"quoted" # not a comment',
      B: '$OUTER',
      C: ' x ',
      OUTER: 'outer',
    });
  });

  it.each([
    ['=x', 'no variable name on line'],
    ['A B=x', 'variable "A B" contains whitespaces'],
  ])('refuses %j', (text, message) => {
    expect(() => raw(text)).toThrow(
      expect.objectContaining({ message: `failed to read /x/raw.env: line 1: ${message}` }),
    );
  });
});
