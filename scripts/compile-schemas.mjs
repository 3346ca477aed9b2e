// Compiles schemas/compose-file.schema.json into src/compose/generated/validate-schema.js, so that no command pays for
// compiling a schema at start. Run by the build, by `npm run generate` and alone.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { _, Ajv } from 'ajv';
import standaloneModule from 'ajv/dist/standalone/index.js';
import { transformSync } from 'esbuild';

const standalone = standaloneModule.default ?? standaloneModule;
const root = new URL('../', import.meta.url);
const source = readFileSync(new URL('schemas/compose-file.schema.json', root), 'utf8');

const ajv = new Ajv({
  allErrors: true,
  messages: false,
  inlineRefs: false,
  strict: true,
  allowUnionTypes: true,
  strictTypes: false,
  strictRequired: false,
  code: { source: true, esm: true, lines: false },
});
// Ajv compares mixed items pairwise, which is quadratic; a list in a compose file may be long.
ajv.removeKeyword('uniqueItems');
ajv.addKeyword({
  keyword: 'uniqueItems',
  type: 'array',
  schemaType: 'boolean',
  error: { message: 'duplicate', params: ({ params }) => _`{duplicate: ${params.duplicate}}` },
  code(context) {
    const duplicate = context.gen.const('duplicate', _`firstDuplicate(${context.data})`);
    context.setParams({ duplicate });
    context.fail(_`${duplicate} !== undefined`);
  },
});
const bare = JSON.parse(source, (key, value) =>
  key === 'description' && typeof value === 'string' ? undefined : value,
);
const validate = ajv.compile(bare);
// Messages are made from the keyword and the instance's path alone.
const code = standalone(ajv, validate)
  .replace(/^"use strict";/, '')
  .replaceAll(/,schemaPath:"[^"]*"/g, '');
const { code: small } = transformSync(code, {
  minify: true,
  format: 'esm',
  target: 'node20',
  charset: 'utf8',
  treeShaking: true,
});

const digest = createHash('sha256').update(source).digest('hex');
mkdirSync(new URL('src/compose/generated/', root), { recursive: true });
writeFileSync(
  new URL('src/compose/generated/validate-schema.js', root),
  [
    '// Made by scripts/compile-schemas.mjs from schemas/compose-file.schema.json. Do not edit.',
    "import { firstDuplicate } from '../validate/unique-items.ts';",
    `export const schemaDigest = '${digest}';`,
    small,
  ].join('\n'),
);
