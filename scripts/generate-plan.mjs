// Writes what C needs to know of the launch plan's table (src/runtime/launch/plan-fields.ts): its structures, and where each
// field lies in them and how it is encoded.
import { importTs } from './import-ts.mjs';

const folder = 'src/runtime/native/plan/generated';
const banner =
  '/* Made by scripts/generate-plan.mjs from src/runtime/launch/plan-fields.ts. Do not edit. */\n';

/** @returns {Promise<{file: string, text: string}[]>} paths from the project root and what belongs in them */
export async function generatePlan() {
  const { launchPlanCodec, planVersion } = await importTs('src/runtime/launch/plan-fields.ts');
  const types = collect(launchPlanCodec.shape);
  return [
    { file: `${folder}/plan-types.h`, text: typesOf(types, planVersion) },
    { file: `${folder}/plan-tables.c`, text: tablesOf(types) },
  ];
}

/** Names that C has taken. */
const taken = { stdin: 'stdin_open', delete: 'delete_args' };

const snake = (name) =>
  taken[name] ?? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replaceAll('-', '_');
const constant = (prefix, name) => `${prefix}_${snake(String(name))}`.toUpperCase();

/** kind → its type in C and what plan-fields.h calls the kind. */
const scalars = {
  text: ['const char *', 'T_TEXT'],
  flag: ['bool ', 'T_FLAG'],
  number: ['uint32_t ', 'T_U32'],
  octal: ['uint32_t ', 'T_OCTAL'],
  hex: ['uint32_t ', 'T_HEX'],
  signed: ['int32_t ', 'T_I32'],
  size: ['uint64_t ', 'T_SIZE'],
  wide: ['uint64_t ', 'T_WIDE'],
  mask: ['uint64_t ', 'T_MASK'],
  limit: ['uint64_t ', 'T_LIMIT'],
  bytes: ['struct blob ', 'T_BYTES'],
  program: ['struct blob ', 'T_PROGRAM'],
  namespace: ['struct namespace_source ', 'T_NAMESPACE'],
};

/** Name of a type's table. */
function tableName(shape) {
  switch (shape.kind) {
    case 'optional':
    case 'list':
      return `${shape.kind}_${tableName(shape.inner)}`;
    case 'choice':
      return `choice_${shape.name}`;
    case 'record':
      return `record_${shape.name}`;
    case 'op':
      return `op_${shape.name}`;
    default:
      return `type_${shape.kind}`;
  }
}

/** The type of a value in C, ready for a name behind it. */
function cType(shape) {
  switch (shape.kind) {
    case 'optional':
      return `OPTIONAL(${cType(shape.inner).trim()}) `;
    case 'list':
      return 'struct list ';
    case 'choice':
      return 'uint8_t ';
    case 'record':
      return shape.name === undefined
        ? `struct {\n${members(shape, '      ')}    } `
        : `struct ${shape.name} `;
    case 'op':
      return `struct ${shape.name}_op `;
    default:
      return scalars[shape.kind][0];
  }
}

/** What the items of a list are, where the type does not say. */
function listComment(shape) {
  return shape.kind === 'list' ? ` /* ${cType(shape.inner).trim()} */` : '';
}

function members(record, indent) {
  return Object.entries(record.fields)
    .map(([name, shape]) => `${indent}${cType(shape)}${snake(name)};${listComment(shape)}\n`)
    .join('');
}

/** Every type of the plan by the name of its table, each after those it is made of. */
function collect(shape, found = new Map()) {
  const name = tableName(shape);
  if (found.has(name)) {
    if (JSON.stringify(found.get(name)) !== JSON.stringify(shape))
      throw new Error(`two types are called ${name}`);
    return found;
  }
  for (const part of insideOf(shape)) collect(part, found);
  found.set(name, shape);
  return found;
}

function insideOf({ kind, inner, fields, ops }) {
  if (inner !== undefined) return [inner];
  const parts = Object.values((kind === 'op' ? ops : fields) ?? {});
  return parts.flatMap((part) =>
    part.kind === 'record' && part.name === undefined ? insideOf(part) : [part],
  );
}

function typesOf(types, version) {
  const parts = [];
  for (const shape of types.values()) {
    if (shape.kind === 'choice') parts.push(enumOf(`${shape.name}_choice`, shape.name, shape.values));
    if (shape.kind === 'record') parts.push(`struct ${shape.name} {\n${members(shape, '  ')}};\n`);
    if (shape.kind === 'op') parts.push(opStruct(shape));
  }
  return `${banner}#pragma once\n#include "plan-values.h"\n\nenum { PLAN_VERSION = ${version} };\n\n${parts.join('\n')}`;
}

function enumOf(name, prefix, values) {
  return `enum ${name} {\n${values.map((value) => `  ${constant(prefix, value)},\n`).join('')}};\n`;
}

function opStruct({ name, ops }) {
  const parts = Object.entries(ops)
    .filter(([, record]) => Object.keys(record.fields).length > 0)
    .map(([op, record]) => `    ${cType(record)}${snake(op)};\n`);
  return [
    enumOf(`${name}_code`, name, Object.keys(ops)),
    `struct ${name}_op {\n  uint64_t code;\n  union {\n${parts.join('')}  };\n};\n`,
  ].join('\n');
}

function tablesOf(types) {
  const plan = types.get('record_plan');
  // The fields of an op are listed with the op, and those of the plan stand alone.
  const used = new Set([...types.values()].flatMap(partsOf).map(tableName));
  const parts = [...types].filter(([name]) => used.has(name)).map(([name, shape]) => tableOf(name, shape));
  parts.push(
    `static const struct field fields_plan[] = ${fields(plan, 'struct plan', '')};`,
    `const struct field *const plan_fields = fields_plan;`,
    `const struct type *const network_ops_type = &${tableName(plan.fields.network)};`,
  );
  return `${banner}#include "plan-fields.h"\n\n${parts.join('\n')}\n`;
}

/** Types that the table of a type points to. */
function partsOf({ kind, inner, fields, ops }) {
  if (kind === 'op') return Object.values(ops).flatMap(partsOf);
  return inner === undefined ? Object.values(fields ?? {}) : [inner];
}

function tableOf(name, shape) {
  const table = (kind, size, rest) =>
    `static const struct type ${name} = {.kind = ${kind}, .size = ${size}${rest}};`;
  switch (shape.kind) {
    case 'optional':
      return table('T_OPTIONAL', `sizeof(${cType(shape).trim()})`, `, .inner = &${tableName(shape.inner)}`);
    case 'list':
      return table('T_LIST', 'sizeof(struct list)', `, .inner = &${tableName(shape.inner)}`);
    case 'choice':
      return [
        `static const char *const names_${shape.name}[] = {${strings(shape.values)}NULL};`,
        table('T_CHOICE', 'sizeof(uint8_t)', `, .names = names_${shape.name}`),
      ].join('\n');
    case 'record':
      return [
        `static const struct field fields_${shape.name}[] = ${fields(shape, `struct ${shape.name}`, '')};`,
        table('T_RECORD', `sizeof(struct ${shape.name})`, `, .fields = fields_${shape.name}`),
      ].join('\n');
    case 'op':
      return opTable(shape, table);
    default:
      return table(scalars[shape.kind][1], `sizeof(${scalars[shape.kind][0].trim()})`, '');
  }
}

const strings = (values) => values.map((value) => `"${value}", `).join('');

function fields(record, struct, path) {
  const lines = Object.entries(record.fields).map(
    ([name, shape]) => `    {"${name}", &${tableName(shape)}, offsetof(${struct}, ${path}${snake(name)})},\n`,
  );
  return `{\n${lines.join('')}    {.name = NULL},\n}`;
}

function opTable(shape, table) {
  const struct = `struct ${shape.name}_op`;
  const lists = Object.entries(shape.ops).map(
    ([op, record]) => `(const struct field[])${fields(record, struct, `${snake(op)}.`)},\n`,
  );
  return [
    `const char *const ${shape.name}_op_names[] = {${strings(Object.keys(shape.ops))}NULL};`,
    `static const struct field *const ops_${shape.name}[] = {\n${lists.join('')}};`,
    table('T_OP', `sizeof(${struct})`, `, .names = ${shape.name}_op_names, .ops = ops_${shape.name}`),
  ].join('\n');
}
