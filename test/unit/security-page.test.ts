import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Title {
  readonly kind: 'group' | 'test';
  readonly title: string;
}

// Scripts are plain JavaScript without types.
const { testTitles }: { testTitles: (source: string) => Title[] } = await import(
  /* @vite-ignore */ new URL('../../scripts/test-titles.mjs', import.meta.url).href
);
const page = readFileSync('docs/security.md', 'utf8');
const titlesOf = (file: string): string[] =>
  testTitles(readFileSync(file, 'utf8'))
    .filter(({ kind }) => kind === 'test')
    // A reason to be skipped may stand at the end.
    .map(({ title }) => title.replace(/\$\{[^}]*\}$/, ''));

/** Where a title is to be found now, as a hint for who moved or renamed a test. */
function elsewhere(title: string): string {
  const files = readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `test/${name}`);
  return files.find((file) => titlesOf(file).includes(title)) ?? 'no file';
}

test('every test that the page on security names is there', () => {
  const named = [...page.matchAll(/^- `(test\/[^`]+)`: (.+)$/gm)].map(([, file = '', title = '']) => ({
    file,
    title,
  }));
  expect(named.length).toBeGreaterThan(30);
  const missing = named
    .filter(({ file, title }) => !existsSync(file) || !titlesOf(file).includes(title))
    .map(({ file, title }) => `docs/security.md names "${title}" in ${file}; it is in ${elsewhere(title)}`);
  expect(missing).toEqual([]);
});

test('every vulnerability stands on the page once', () => {
  const rows = [...page.matchAll(/^\| ((?:(?:CVE|GHSA)-[\w-]+(?:, )?)+) \|/gm)].flatMap(([, ids = '']) =>
    ids.split(', '),
  );
  expect(rows.length).toBeGreaterThan(150);
  expect(rows.filter((id, at) => rows.indexOf(id) !== at)).toEqual([]);
  expect(rows.filter((id) => !/^(CVE-20\d\d-\d{4,6}|GHSA(-[0-9a-z]{4}){3})$/.test(id))).toEqual([]);
});

test('titles are found in whatever form a test is written', () => {
  const source = `describe.skipIf(a !== (b))('group', () => {
  it('plain', () => {});
  it.each([
    ['(', "it('not this')"],
  ])('each %s', () => {});
  it.each<[string, (x: number) => void]>([])("it's", () => {});
  for (const x of y)
    it.skipIf(z('no'))(\`with \${x}\`, () => {});
});
test(name, () => {});
`;
  expect(testTitles(source).map(({ kind, title }) => `${kind} ${title}`)).toEqual([
    'group group',
    'test plain',
    'test each %s',
    "test it's",
    'test with ${x}',
  ]);
});

test('every attack has a name to be printed', async () => {
  const { attackFiles }: { attackFiles: () => string[] } = await import(
    /* @vite-ignore */ new URL('../../scripts/list-attacks.mjs', import.meta.url).href
  );
  expect(attackFiles()).toContain('test/engine/security/descriptors.test.ts');
  for (const file of attackFiles())
    expect([file, titlesOf(file)]).toEqual([file, expect.arrayContaining([expect.any(String)])]);
});
