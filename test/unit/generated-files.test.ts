import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { serviceFields } from '../../src/compose/codec/service-fields.ts';
import { shapes } from '../../src/compose/generated/attributes.ts';
import { schemaDigest } from '../../src/compose/generated/validate-schema.js';
import { serviceSupport } from '../../src/compose/validate/support.ts';

interface Generated {
  readonly file: string;
  readonly text: string;
}

// Scripts are plain JavaScript without types.
const script = async (name: string): Promise<Record<string, () => Generated[] | Promise<Generated[]>>> =>
  import(/* @vite-ignore */ new URL(`../../scripts/${name}`, import.meta.url).href);

test('types, docs and the launch plan in C are what npm run generate writes', async () => {
  const { generateTypes } = await script('generate-types.mjs');
  const { generateDocs } = await script('generate-docs.mjs');
  const { generatePlan } = await script('generate-plan.mjs');
  const files = [...(await generateTypes!()), ...(await generateDocs!()), ...(await generatePlan!())];
  expect(files.map(({ file }) => file)).toEqual(
    expect.arrayContaining(['docs/errors.md', 'src/runtime/native/plan/generated/plan-tables.c']),
  );
  for (const { file, text } of files)
    expect(readFileSync(file, 'utf8') === text, `npm run generate: ${file}`).toBe(true);
});

test('the compiled schema is that of the schema file', () => {
  const schema = readFileSync('schemas/compose-file.schema.json', 'utf8');
  expect(schemaDigest).toBe(createHash('sha256').update(schema).digest('hex'));
});

test('the schema, the model and the support table know the same attributes of a service', () => {
  const attributes = Object.keys(shapes.Service?.keys ?? {}).sort();
  const legacy = ['dockerfile', 'log_driver', 'log_opt', 'net', 'volume_driver'];
  expect(attributes).toHaveLength(93);
  expect(Object.keys(serviceSupport).sort()).toEqual(attributes);
  const modelled = serviceFields.map(([name]) => name).filter((name) => !legacy.includes(name));
  expect(modelled.sort()).toEqual(attributes);
});

test.each(['attributes', 'merge'])(
  'each attribute of a service has its table among the tests of %s',
  (kind) => {
    const folder = `test/unit/compose/${kind}`;
    const tables = readdirSync(folder)
      .map((file) => readFileSync(`${folder}/${file}`, 'utf8'))
      .join('\n');
    const known = new Set([...tables.matchAll(/'([a-z_]+)'/g)].map(([, name]) => name));
    expect(Object.keys(serviceSupport).filter((name) => !known.has(name))).toEqual([]);
  },
);
