import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse as parsePackage, stringify, type ToStringOptions } from 'yaml';
import type { NodePlaces } from '../../../../src/compose/yaml/document.ts';
import { parseDirectly } from '../../../../src/compose/yaml/parse.ts';
import { parseFully } from '../../../../src/compose/yaml/parse-fully.ts';
import { parseYaml } from '../../../../src/compose/yaml/parse-yaml.ts';
import { NotHandled, YamlProblem } from '../../../../src/compose/yaml/problem.ts';

const values = (text: string) => parseDirectly(text).documents.map((document) => document.value);

/** Texts that the direct parser must take, with what they mean. */
const accepted: [string, string, unknown[]][] = [
  ['nothing', '', []],
  ['only comments', '# one\n\n# two\n', []],
  ['a scalar', 'hello world\n', ['hello world']],
  ['nested mappings', 'a:\n  b:\n    c: 1\n  d: x\n', [{ a: { b: { c: 1 }, d: 'x' } }]],
  ['a list at its key’s column', 'a:\n- 1\n- 2\nb: 3\n', [{ a: [1, 2], b: 3 }]],
  ['compact mappings in a list', '- a: 1\n  b: 2\n- c: 3\n', [[{ a: 1, b: 2 }, { c: 3 }]]],
  ['lists in lists', '- - 1\n  - 2\n-\n  - 3\n', [[[1, 2], [3]]]],
  ['empty values', 'a:\nb: # none\nc: ~\n', [{ a: null, b: null, c: null }]],
  ['empty items', '-\n- x\n-\n', [[null, 'x', null]]],
  ['quotes', `a: "x: \\"y\\" # z"\nb: 'it''s'\n"c d": 1\n`, [{ a: 'x: "y" # z', b: "it's", 'c d': 1 }]],
  ['escapes', 'a: "\\t\\x41\\u00e9\\U0001F600\\\n  b"\n', [{ a: '\tAé😀b' }]],
  ['folded quotes', 'a: "one\n  two\n\n  three"\n', [{ a: 'one two\nthree' }]],
  ['plain over lines', 'a: one\n  two\n\n  three\nb: 1\n', [{ a: 'one two\nthree', b: 1 }]],
  [
    'flow',
    'a: [1, "b, c", {d: e, f: [g]}]\nb: {"x":1, y: }\n',
    [{ a: [1, 'b, c', { d: 'e', f: ['g'] }], b: { x: 1, y: null } }],
  ],
  ['flow over lines', 'a: [\n  1, # one\n  2,\n]\n', [{ a: [1, 2] }]],
  ['literal', 'a: |\n  x\n   y\n\n  z\nb: 1\n', [{ a: 'x\n y\n\nz\n', b: 1 }]],
  ['a literal that the text ends without a break', 'a: |\n  x', [{ a: 'x' }]],
  ['one that keeps breaks', 'a: |+\n  x\n\n  y', [{ a: 'x\n\ny' }]],
  ['a folded one', 'a: >\n  x\n  y', [{ a: 'x y' }]],
  ['a literal before a comment', 'a: |\n  x\n# c', [{ a: 'x\n' }]],
  ['chomping', 'a: |-\n  x\n\nb: |+\n  y\n\nc: 1\n', [{ a: 'x', b: 'y\n\n', c: 1 }]],
  ['folded', 'a: >\n  one\n  two\n\n  three\n    four\n  five\n', [{ a: 'one two\nthree\n  four\nfive\n' }]],
  ['indicated indentation', 'a: |2\n    x\n', [{ a: '  x\n' }]],
  ['anchors', 'a: &x {k: 1}\nb: *x\nc: &y\n  - 1\nd: *y\n', [{ a: { k: 1 }, b: { k: 1 }, c: [1], d: [1] }]],
  ['merge key', 'a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  k: 3\n', [{ a: { k: 1, l: 2 }, b: { k: 3, l: 2 } }]],
  [
    'merge list, earlier wins',
    'a: &x {k: 1}\nb: &y {k: 2, l: 2}\nc:\n  <<: [*x, *y]\n',
    [{ a: { k: 1 }, b: { k: 2, l: 2 }, c: { k: 1, l: 2 } }],
  ],
  ['anchor on a key', '&x a: *x\n', [{ a: 'a' }]],
  ['anchors on keys', 'a:\n  &x b: 1\n  &y "c": *x\nd: [*y]\n', [{ a: { b: 1, c: 'b' }, d: ['c'] }]],
  ['anchored merge key', 'a: &x {k: 1}\nb:\n  &y <<: *x\n', [{ a: { k: 1 }, b: { k: 1 } }]],
  ['an alias as a key', 'a: &x b\nc:\n  *x : {*x : 1}\n', [{ a: 'b', c: { b: { b: 1 } } }]],
  ['quoted << is a key', 'a:\n  "<<": 1\n', [{ a: { '<<': 1 } }]],
  ['documents', 'a: 1\n---\nb: 2\n...\n---\n', [{ a: 1 }, { b: 2 }, null]],
  ['leading marker', '---\na: 1\n', [{ a: 1 }]],
  ['standard tags', 'a: !!str 1\nb: !!int "2"\n', [{ a: '1', b: 2 }]],
  [
    'standard tags of every kind',
    'a: !!str true\nb: !!bool "true"\nc: !!null ""\nd: !!float 5\ne: !!int 0x1F\nf: !!str\ng: !!binary aGVsbG8=\n',
    [{ a: 'true', b: true, c: null, d: 5, e: 31, f: '', g: 'hello' }],
  ],
  [
    'standard tags of collections',
    'a: !!map\n  b: !!seq\n    - !!str 5\nc: !!map {d: !!seq [1]}\n',
    [{ a: { b: ['5'] }, c: { d: [1] } }],
  ],
  [
    'a tag that does not fit the form of its value',
    'a: !!seq {b: 1}\nc: !!map [1]\nd: !!str {e: 1}\nf: !!seq x\n',
    [{ a: { b: 1 }, c: [1], d: { e: 1 }, f: 'x' }],
  ],
  [
    'urls and ports',
    'a: http://x:80/y#z\nb: 80:90\nc: :80\n',
    [{ a: 'http://x:80/y#z', b: '80:90', c: ':80' }],
  ],
  [
    'octal as Go reads it',
    'a: 0440\nb: 0o17\nc: 0x1F\nd: 1_000\ne: 08\n',
    [{ a: 288, b: 15, c: 31, d: 1000, e: 8 }],
  ],
  [
    'no truth in words',
    'a: yes\nb: on\nc: True\nd: 12:30:45\n',
    [{ a: 'yes', b: 'on', c: true, d: '12:30:45' }],
  ],
  ['integers without loss', 'a: 12345678901234567890\n', [{ a: '12345678901234567890' }]],
];

/** Aliases with the colon of a key right behind, which YAML counts to the name and Docker Compose does not. */
const aliasKeys: [string, string, unknown[]][] = [
  ['in a block', 'a: &x b\nc:\n  *x: 1\n  d: one\n   two\n', [{ a: 'b', c: { b: 1, d: 'one two' } }]],
  ['of a nested mapping', 'a: &x b\n*x:\n  *x:\n    - *x: 2\n', [{ a: 'b', b: { b: [{ b: 2 }] } }]],
  ['in braces', 'a: &x b\nc: {*x: 1, d: {*x: }}\n', [{ a: 'b', c: { b: 1, d: { b: null } } }]],
  ['to the anchor of a key', 'a:\n  &x b: 1\nc:\n  *x: 2\n', [{ a: { b: 1 }, c: { b: 2 } }]],
];

/** Texts with rare syntax: only the full parser answers. */
const rare: [string, string, unknown[]][] = [
  ['explicit key', '? a\n: 1\n', [{ a: 1 }]],
  ['pair in a flow list', '[a: 1]\n', [[{ a: 1 }]]],
  ['plain over lines in flow', '[a\n b]\n', [['a b']]],
  ['merge key with its tag', 'a: &x {k: 1}\nb:\n  !!merge <<: *x\n', [{ a: { k: 1 }, b: { k: 1 } }]],
  [
    'merge key with its tag in flow',
    'a: &x {k: 1}\nb: {!!merge <<: *x, l: 2}\n',
    [{ a: { k: 1 }, b: { k: 1, l: 2 } }],
  ],
  [
    'merge key with the long tag',
    'a: &x {k: 1}\nb:\n  !<tag:yaml.org,2002:merge> <<: *x\n',
    [{ a: { k: 1 }, b: { k: 1 } }],
  ],
  ['merge key with a bare tag', 'a: &x {k: 1}\nb:\n  ! <<: *x\n', [{ a: { k: 1 }, b: { k: 1 } }]],
  ['a string for a key that looks like merge', 'b:\n  !!str <<: 1\n', [{ b: { '<<': 1 } }]],
  ['tags on keys', '!!str a:\n  !!str 5: 1\n  !!str true: 2\n', [{ a: { '5': 1, true: 2 } }]],
  ['a string by a bare tag', 'a: ! 5\n', [{ a: '5' }]],
  ['a tag by directive', '%TAG !y! tag:yaml.org,2002:\n---\na: !y!str 5\n', [{ a: '5' }]],
  ['directive', '%YAML 1.2\n---\na: 1\n', [{ a: 1 }]],
];

describe('parseYaml', () => {
  it.each(accepted)('reads %s directly', (_, text, expected) => {
    expect(values(text)).toEqual(expected);
  });

  it.each(aliasKeys)('reads aliases as keys %s', (_, text, expected) => {
    expect(values(text)).toEqual(expected);
  });

  it('notes an alias as a key that is no string', () => {
    expect(parseDirectly('a: &x [1]\nb:\n  *x: 1\n').mistakes).toMatchObject([
      { kind: 'key-type', offset: 15 },
    ]);
  });

  it.each(accepted)('reads %s the same way fully', (_, text, expected) => {
    const full = parseFully(text).documents.map((document) => document.value);
    // An empty stream is one empty document to the full parser; both mean that nothing is there.
    expect(full.length === 1 && full[0] === null && expected.length === 0 ? [] : full).toEqual(expected);
  });

  it.each(rare)('leaves %s to the full parser', async (_, text, expected) => {
    expect(() => parseDirectly(text)).toThrow(NotHandled);
    expect((await parseYaml(text)).stream.documents.map((document) => document.value)).toEqual(expected);
  });

  it.each([
    ['a: *nope\n', 'unknown anchor "nope" referenced', 3],
    ['a: &x\n  b: *x\n', 'cycle detected: "*x" stands inside the value it refers to', 11],
    ['__proto__: x\n', 'the key __proto__ is reserved', 0],
    ['a:\n  <<: 1\n', 'map merge requires map or sequence of maps as the value', 5],
    ['a: "\0"\n', 'control characters are not allowed', 4],
  ])('refuses %j in both parsers alike', (text, message, offset) => {
    for (const parse of [parseDirectly, parseFully]) {
      if (text.includes('\0') && parse === parseFully) continue;
      const error = caught(() => parse(text));
      expect(error).toBeInstanceOf(YamlProblem);
      expect((error as YamlProblem).message).toBe(message);
      expect((error as YamlProblem).offset).toBe(offset);
    }
  });

  it.each(['!!int 1e3', '!!int 5.0', '!!bool yes', '!!null x', '!!binary x'])(
    'refuses %j, whose value does not fit its tag, in both parsers',
    (value) => {
      for (const parse of [parseDirectly, parseFully])
        expect(() => parse(`a: ${value}\n`)).toThrow(`the value does not fit its tag ${value.split(' ')[0]}`);
    },
  );

  it.each([
    [
      'a: 1\nb: 2\na: 3\nb: 4\n',
      { a: 3, b: 4 },
      [
        'line 3: mapping key "a" already defined at line 1',
        'line 4: mapping key "b" already defined at line 2',
      ],
      [10, 15],
    ],
    ['{a: 1, a: 2}\n', { a: 2 }, ['line 1: mapping key "a" already defined at line 1'], [7]],
    [
      'a: &x {b: 1}\nc: {<<: *x, <<: *x}\n',
      { a: { b: 1 }, c: { b: 1 } },
      ['line 2: mapping key "<<" already defined at line 2'],
      [25],
    ],
  ])('notes every key given twice in %j in both parsers alike', (text, value, messages, offsets) => {
    for (const parse of [parseDirectly, parseFully]) {
      const { documents, mistakes } = parse(text);
      expect(documents.map((document) => document.value)).toEqual([value]);
      expect(mistakes.map(({ kind, message }) => [kind, message])).toEqual(
        messages.map((message) => ['duplicate-key', message]),
      );
      expect(mistakes.map(({ offset }) => offset)).toEqual(offsets);
    }
  });

  it('notes every key that is no string in both parsers alike', () => {
    for (const parse of [parseDirectly, parseFully]) {
      const { documents, mistakes } = parse('1: x\ntrue: {2.5: y}\nnull: z\n');
      expect(documents[0]?.value).toEqual({ 1: 'x', true: { 2.5: 'y' }, null: 'z' });
      expect(mistakes.map(({ kind, message, offset }) => [kind, message, offset])).toEqual([
        ['key-type', 'non-string key: 1', 0],
        ['key-type', 'non-string key: true', 5],
        ['key-type', 'non-string key: 2.5', 12],
        ['key-type', 'non-string key: null', 20],
      ]);
    }
  });

  it('notes a key under a tag of ours', async () => {
    const { stream } = await parseYaml('!reset a: 1\n? !override b\n: 2\n');
    expect(stream.mistakes.map(({ message }) => message)).toEqual(['non-string key: a', 'non-string key: b']);
  });

  it('notes the first of very many keys given twice', () => {
    const text = 'a: 1\n'.repeat(50_000);
    for (const parse of [parseDirectly, parseFully]) expect(parse(text).mistakes).toHaveLength(20);
  });

  it.each([
    ['a: [1, 2\n', 'the bracket opened here is never closed', 3],
    ['a: [1, 2\nb: 1\n', 'the bracket opened above is not closed before this', 9],
    ['a: {x: [1}\n', /flow sequence|never closed|not closed/, expect.any(Number)],
    ['a: "x\nb: 1\n', 'the quote opened here is never closed', 3],
    ["a: 'x\n", 'the quote opened here is never closed', 3],
    ['a:\n\tb: 1\n', /tabs are not allowed/, 3],
    ['a: b: c\n', 'a colon and a space inside a value, which is not quoted', 4],
    ['a: 1\n  b: 2\n', /colon and a space|indented neither/, expect.any(Number)],
    ['a:\n  b: 1\n c: 2\n', 'indented neither like what is above it nor as a part of it', expect.any(Number)],
    ['a: {x: 1\n---\n', /flow|document|not closed/, expect.any(Number)],
    ['a: @x\n', /reserved character/, 3],
    ['a\nb: 1\n', 'neither a key with its colon nor a part of the value above', 3],
    ['a: 1\n- b\n', /.+/, expect.any(Number)],
  ])('says what is wrong in %j', async (text, message, offset) => {
    const stringOf = typeof message === 'string' ? message : expect.stringMatching(message);
    await expect(parseYaml(text)).rejects.toMatchObject({ name: 'YamlProblem', message: stringOf, offset });
  });

  it('stops an alias bomb before it is built', () => {
    let text = 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n';
    for (let level = 1; level < 10; level += 1) {
      text += `a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(', ')}]\n`;
    }
    for (const parse of [parseDirectly, parseFully]) {
      expect(caught(() => parse(text))).toMatchObject({ kind: 'too-large' });
    }
  });

  it('lets thousands of services share a fragment', () => {
    let text =
      'x-common: &common\n  restart: always\n  logging: {driver: json-file, options: {max-size: 10m}}\nservices:\n';
    for (let index = 0; index < 10_000; index += 1) text += `  s${index}:\n    <<: *common\n    image: i\n`;
    const [document] = values(text) as [{ services: Record<string, unknown> }];
    expect(Object.keys(document.services)).toHaveLength(10_000);
  });

  it('refuses nesting that later stages could not walk', () => {
    const deep = '['.repeat(5000) + ']'.repeat(5000);
    expect(caught(() => parseDirectly(deep))).toMatchObject({ kind: 'too-deep' });
    const blocks = Array.from({ length: 500 }, (_, level) => `${' '.repeat(level)}a:\n`).join('');
    expect(caught(() => parseDirectly(blocks))).toMatchObject({ kind: 'too-deep' });
  });

  it.each([
    ['single quotes over many lines', `'${"it''s\n ".repeat(200_000)}'`],
    ['double quotes over many lines', `"${'x \\n \n '.repeat(200_000)}"`],
    ['quotes with a gap', `"a${' '.repeat(500_000)}b\n  c"`],
    ['plain text over many lines', `x${'\n  word'.repeat(200_000)}`],
    ['folded text', `>\n${'  word\n\n'.repeat(200_000)}`],
    ['a number of a million digits', '9'.repeat(1_000_000)],
    ['a gap before a comment', `a${' '.repeat(500_000)}# c`],
  ])('reads %s in linear time', (_, value) => {
    expect(parseDirectly(`k: ${value}\n`).documents).toHaveLength(1);
  });

  it('refuses more keys or documents than could be handled in time', () => {
    const keys = Array.from({ length: 100_001 }, (_, index) => `k${index}: 1`);
    expect(caught(() => parseDirectly(keys.join('\n')))).toMatchObject({ kind: 'too-large' });
    expect(caught(() => parseDirectly(`{${keys.join(', ')}}`))).toMatchObject({ kind: 'too-large' });
    expect(caught(() => parseDirectly('a: 1\n---\n'.repeat(10_001)))).toMatchObject({ kind: 'too-large' });
  });

  it('refuses a large text that only the full parser could read', async () => {
    const text = `? a\n: 1\nb: |\n${'  x\n'.repeat(500_000)}`;
    await expect(parseYaml(text)).rejects.toMatchObject({ kind: 'too-large', offset: 0 });
  });

  it('notes places of keys, values and items, under << where they were written', () => {
    const text = 'x: &x {k: 1}\nservices:\n  web:\n    <<: *x\n    ports:\n      - "80"\n      - 81\n';
    for (const parse of [parseDirectly, parseFully]) {
      const places = new Map<object, NodePlaces>();
      const [document] = parse(text, places).documents;
      const web = (document!.value as { services: { web: { ports: object } } }).services.web;
      expect(places.get(web)).toMatchObject({
        keys: new Map([
          ['ports', [text.indexOf('ports'), text.indexOf('- "80"')]],
          ['k', [text.indexOf('k: 1'), text.indexOf('1}')]],
        ]),
      });
      expect(places.get(web.ports)).toMatchObject({ items: [text.indexOf('"80"'), text.indexOf('81')] });
    }
  });

  it.each(['!a{}', '!!map{}', '!reset[]', '&x{}', 'a: &x{b: c}'])(
    'leaves %s, with nothing between a tag or an anchor and what it is of, to the full parser',
    (text) => {
      expect(() => values(text)).toThrow(NotHandled);
      expect(() => parseFully(text)).toThrow(/white space/);
    },
  );

  it.each([
    '[&x[]]',
    '[!a{}]',
    'a: !x,b',
    'a: &x,b',
    'a: &x]',
    'a: !!str}',
    '[!!str,b]',
    '[&x,b]',
    '{a: &x}',
    '[!!str]',
    '&x}',
    '!!str,',
    '- >\n\t\n- ',
    'a: |\n\t\nb: 1',
    'a:\n  b: |\n \t\n  c: 1',
    'a:\n  b: |\n  \t\n  c: 1',
    '[&x a, *x]',
  ])('reads %s as the full parser does, or leaves it to that', agree);

  it('says what the full parser says, whatever it accepts', () => {
    fc.assert(fc.property(yamlLikeText, agree), { numRuns: 3000 });
  });

  it('reads what the package writes as the package itself does, in every style', () => {
    fc.assert(
      fc.property(writtenTree, fc.constantFrom(...styles), fc.boolean(), (tree, style, ended) => {
        const written = stringify({ top: tree }, { ...style, aliasDuplicateObjects: true });
        const text = ended ? written : written.replace(/\n$/, '');
        agree(text);
        expect(parseFully(written).documents.map((document) => document.value)).toEqual([
          parsePackage(written),
        ]);
      }),
      { numRuns: 1500 },
    );
  });
});

const pieces = [
  'a',
  'b: ',
  'c:',
  '"d"',
  "'e'",
  ': ',
  '- ',
  '-',
  '  ',
  ' ',
  '\n',
  '\n  ',
  '\n    ',
  '\n- ',
  '\n\n',
  '#',
  ' # x',
  '[',
  ']',
  '{',
  '}',
  ', ',
  '|',
  '>',
  '|-',
  '>+',
  '|2',
  '&x ',
  '*x',
  '<<: ',
  '? ',
  '!!str ',
  '!reset ',
  '!foo ',
  '---\n',
  '...\n',
  '1',
  '0440',
  'null',
  'true',
  '.5',
  '~',
  '\t',
  '"x\\n"',
  "'it''s'",
  'http://x:1',
  '\\',
  '%',
  '@',
];
const yamlLikeText = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...pieces) },
      { weight: 1, arbitrary: fc.string({ maxLength: 3 }) },
    ),
    {
      maxLength: 24,
    },
  )
  .map((parts) => parts.join('').replaceAll('\r', ''));

const styles: readonly ToStringOptions[] = [
  {},
  { indent: 4, indentSeq: false },
  { collectionStyle: 'flow' },
  { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' },
  { defaultStringType: 'QUOTE_SINGLE', lineWidth: 30 },
  { defaultStringType: 'BLOCK_LITERAL', defaultKeyType: 'PLAIN' },
  { defaultStringType: 'BLOCK_FOLDED', defaultKeyType: 'PLAIN', lineWidth: 25 },
];
const words = fc
  .array(
    fc.constantFrom(
      'a',
      'two words',
      ' ',
      '\n',
      ': ',
      ' #',
      '- ',
      "'",
      '"',
      '\\',
      '[',
      '}',
      ',',
      '$X',
      'é',
      '1',
      'null',
      'http://x:1/y',
    ),
    {
      maxLength: 6,
    },
  )
  .map((parts) => parts.join(''));
const { tree: writtenTree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    words,
    fc.constantFrom(null, true, false, 0, -7, 1.5),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('a', 'b c', 'x-y', '1a', 'é', 'k:', '.5x'), tie('tree'), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  ),
}));

/** Where the direct parser answers, the full one must answer the same; where it refuses, so must the full one. */
function agree(text: string): void {
  let direct: unknown;
  try {
    direct = values(text);
  } catch (error) {
    if (error instanceof NotHandled || (error as Error).message.startsWith('control')) return;
    expect(() => parseFully(text)).toThrow();
    return;
  }
  let full: unknown[];
  try {
    full = parseFully(text).documents.map((document) => document.value);
  } catch (error) {
    // Parsers of the libyaml family, Docker Compose's too, don't mind where a bracket closes.
    if (error instanceof YamlProblem && /sufficiently indented|more indented than/.test(error.message))
      return;
    throw error;
  }
  // Empty documents mean that nothing is there, however many there are.
  const something = (value: unknown) => value !== null;
  expect(full.filter(something)).toEqual((direct as unknown[]).filter(something));
}

function caught(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
