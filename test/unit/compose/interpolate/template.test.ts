import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidTemplate, substitute, variablesOf } from '../../../../src/compose/interpolate/template.ts';

const environment: Record<string, string> = { FOO: 'foo', EMPTY: '', N: '1', DOLLAR: '$FOO' };

function run(template: string): { value: string; unset: string[] } {
  const unset: string[] = [];
  const value = substitute(template, {
    lookup: (name) => (Object.hasOwn(environment, name) ? environment[name] : undefined),
    onUnset: (name) => unset.push(name),
  });
  return { value, unset };
}

describe('substitute', () => {
  it.each([
    ['plain', 'plain'],
    ['$FOO', 'foo'],
    ['${FOO}', 'foo'],
    ['a-$FOO-b', 'a-foo-b'],
    ['$FOO_', ''],
    ['$$FOO', '$FOO'],
    ['$$$FOO', '$foo'],
    ['$${FOO}', '${FOO}'],
    ['a $ string', 'a $ string'],
    ['^R$', '^R$'],
    ['$}', '$}'],
    ['$1', '$1'],
    ['${FOO:-d}', 'foo'],
    ['${EMPTY:-d}', 'd'],
    ['${EMPTY-d}', ''],
    ['${GONE-d}', 'd'],
    ['${GONE:-}', ''],
    ['${FOO:+r}', 'r'],
    ['${EMPTY:+r}', ''],
    ['${EMPTY+r}', 'r'],
    ['${GONE+r}', ''],
    ['${FOO:?e}', 'foo'],
    ['${EMPTY?e}', ''],
    ['${GONE:-${FOO}}', 'foo'],
    ['${GONE:-a ${ALSO:-b ${FOO}} c}', 'a b foo c'],
    ['${GONE:-/non:-alnum}', '/non:-alnum'],
    ['${GONE-a:?b}', 'a:?b'],
    ['${GONE:-$$x}', '$x'],
    ['${GONE:-{"a": 1}}', '{"a": 1}'],
    ['${FOO:-{"a": {}}}', 'foo'],
    ['${FOO:+{{.Name}}}', '{{.Name}}'],
    ['${GONE:-$${x}}', '${x}'],
    ['${GONE:-{}', '{'],
    ['${FOO:-{x} $N', 'foo 1'],
    ['${FOO:-${GONE:?never asked}}', 'foo'],
    ['${FOO:+${N}}', '1'],
    ['${DOLLAR}', '$FOO'],
    ['${GONE:-a\nb}', 'a\nb'],
  ])('%j is %j', (template, value) => expect(run(template).value).toBe(value));

  it('tells of plain references without a value, not of operands it did not use', () => {
    expect(run('$GONE ${ALSO} ${FOO:-$NEVER} ${X:-$USED}').unset).toEqual(['GONE', 'ALSO', 'USED']);
  });

  it.each([
    '${',
    '${}',
    '${ FOO}',
    '${FOO }',
    '${FOO!}',
    '${FOO',
    '${FOO:-x',
    '${1}',
    '${FOO:}',
    '${FOO:=x}',
  ])('refuses %j', (template) => expect(() => run(template)).toThrow(InvalidTemplate));

  it.each([
    ['${GONE:?}', 'required variable GONE is missing a value'],
    ['${GONE?}', 'required variable GONE is missing a value'],
    ['${EMPTY:?set $FOO}', 'required variable EMPTY is missing a value: set foo'],
  ])('insists on %j', (template, message) => {
    expect(() => run(template)).toThrow(expect.objectContaining({ kind: 'required', message }));
  });

  it('throws nothing but InvalidTemplate, whatever it is given', () => {
    const piece = fc.constantFrom(
      '$',
      '{',
      '}',
      ':',
      '-',
      '+',
      '?',
      'FOO',
      'GONE',
      ' ',
      'x',
      '$$',
      '${',
      '${FOO',
      ':-',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          run(pieces.join(''));
        } catch (error) {
          if (!(error instanceof InvalidTemplate)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('leaves every text alone once its dollars are doubled', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('$', '{', 'A', '}', ':', '-') }), (text) => {
        expect(run(text.replaceAll('$', '$$$$')).value).toBe(text);
      }),
    );
  });

  it('stops at references nested beyond any use', () => {
    const deep = '${GONE:-'.repeat(500) + '}'.repeat(500);
    expect(() => run(deep)).toThrow(InvalidTemplate);
  });
});

describe('variablesOf', () => {
  it('takes no more time for a template that opens many references and closes none', () => {
    expect(variablesOf('${A:-'.repeat(200_000))).toEqual([]);
    expect(() => run('${A:-'.repeat(200_000))).toThrow(InvalidTemplate);
  });

  it('finds references in operands too, with what they say', () => {
    expect(variablesOf('$A ${B:-${C:?msg}} ${D+alt} $$E ${!')).toEqual([
      { name: 'A', required: false, defaultValue: '', alternateValue: '' },
      { name: 'B', required: false, defaultValue: '${C:?msg}', alternateValue: '' },
      { name: 'C', required: true, defaultValue: '', alternateValue: '' },
      { name: 'D', required: false, defaultValue: '', alternateValue: 'alt' },
    ]);
  });
});
