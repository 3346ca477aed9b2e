// Writes what TypeScript needs to know of schemas/compose-file.schema.json: src/compose/generated/compose-file.ts (types
// of a file as written) and src/compose/generated/attributes.ts (the attributes known at each level).
import { readFileSync, writeFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);
const banner = '// Made by scripts/generate-types.mjs from schemas/compose-file.schema.json. Do not edit.\n';

/** @returns {{file: string, text: string}[]} paths from the project root and what belongs in them */
export function generateTypes() {
  const schema = JSON.parse(readFileSync(new URL('schemas/compose-file.schema.json', root), 'utf8'));
  return [
    { file: 'src/compose/generated/compose-file.ts', text: banner + typesOf(schema) },
    { file: 'src/compose/generated/attributes.ts', text: banner + attributesOf(schema) },
  ];
}

function typesOf(schema) {
  const { $defs, ...top } = schema;
  const parts = [named('ComposeFile', top), ...Object.entries($defs).map(([name, def]) => named(name, def))];
  return `\n${parts.join('\n\n')}\n`;
}

function named(name, schema) {
  const comment = schema.description ? `/** ${schema.description} */\n` : '';
  return `${comment}export type ${name} = ${typeOf(schema, '')};`;
}

const scalars = { string: 'string', number: 'number', integer: 'number', boolean: 'boolean', null: 'null' };

function typeOf(schema, indent) {
  if (schema === true) return 'unknown';
  if (schema.$ref) return schema.$ref.replace('#/$defs/', '');
  if (schema.enum) return schema.enum.map((value) => `'${value}'`).join(' | ');
  const types = [schema.type ?? []].flat().map((type) => {
    if (type === 'array') return arrayOf(schema.items, indent);
    if (type === 'object') return objectOf(schema, indent);
    return scalars[type];
  });
  return types.length === 0 ? 'unknown' : [...new Set(types)].join(' | ');
}

function arrayOf(items, indent) {
  const item = typeOf(items, indent);
  return /[ |{]/.test(item) ? `readonly (${item})[]` : `readonly ${item}[]`;
}

function objectOf(schema, indent) {
  const inner = `${indent}  `;
  const lines = [];
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (property.description) lines.push(`${inner}/** ${property.description} */`);
    const optional = (schema.required ?? []).includes(key) ? '' : '?';
    lines.push(`${inner}readonly ${key}${optional}: ${typeOf(property, inner)};`);
  }
  for (const [pattern, property] of Object.entries(schema.patternProperties ?? {})) {
    const key = pattern === '^x-' ? '[extension: `x-${string}`]' : '[name: string]';
    lines.push(`${inner}readonly ${key}: ${typeOf(property, inner)};`);
  }
  if (lines.length === 0) return 'Readonly<Record<string, unknown>>';
  return `{\n${lines.join('\n')}\n${indent}}`;
}

function attributesOf(schema) {
  const { $defs, ...top } = schema;
  const shapes = Object.fromEntries(
    [['ComposeFile', top], ...Object.entries($defs)]
      .map(([name, def]) => [name, shapeOf(def)])
      .filter(([, shape]) => shape !== null),
  );
  return `
/** What may stand under a node: \`keys\` the named attributes, \`any\` the value of a name the user chose, \`items\` of a list. */
export interface Shape {
  readonly keys?: { readonly [attribute: string]: Shape | string | null };
  readonly any?: Shape | string | null;
  readonly items?: Shape | string | null;
}

/** Shapes by the name of their definition in the schema; a string inside one is such a name, null a plain value. */
export const shapes: { readonly [definition: string]: Shape } = ${JSON.stringify(shapes, null, 1)};
`;
}

function shapeOf(schema) {
  if (schema === true || schema === undefined) return null;
  if (schema.$ref) return schema.$ref.replace('#/$defs/', '');
  const shape = {};
  if (schema.properties) {
    shape.keys = Object.fromEntries(
      Object.entries(schema.properties).map(([key, value]) => [key, shapeOf(value)]),
    );
  }
  for (const [pattern, value] of Object.entries(schema.patternProperties ?? {})) {
    if (pattern !== '^x-') shape.any = shapeOf(value);
  }
  if (schema.items) shape.items = shapeOf(schema.items);
  return Object.keys(shape).length === 0 ? null : shape;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  for (const { file, text } of generateTypes()) writeFileSync(new URL(file, root), text);
}
