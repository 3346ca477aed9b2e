import { posix } from 'node:path';
import { csvFields } from '../csv-fields.ts';
import { fault } from '../dockerfile/fault.ts';
import { cleanPath } from '../go-path.ts';
import { suggested } from '../suggest.ts';
import type { Mount, Tree } from './types.ts';

const types = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'] as const;
type MountType = (typeof types)[number];

const keys = [
  'type',
  'from',
  'source',
  'target',
  'readonly',
  'readwrite',
  'id',
  'sharing',
  'required',
  'size',
  'mode',
  'uid',
  'gid',
  'env',
] as const;
type Key = (typeof keys)[number];

const aliases: Readonly<Record<string, Key>> = {
  src: 'source',
  dst: 'target',
  destination: 'target',
  ro: 'readonly',
  rw: 'readwrite',
};
const switches: readonly Key[] = ['readonly', 'readwrite', 'required'];

/** What a mount option needs to know about its stage. */
export interface MountContext {
  readonly directory: string;
  readonly expand: (text: string) => string;
  /** The tree that `from=` names; if there is none, the message contains the mount's target as written. */
  readonly tree: (name: string, target: string) => Tree;
  /** Use the value as written in messages about the field. */
}

/**
 * Reads the value of `--mount`.
 * @throws TcomposeError BUILD_DOCKERFILE, BUILD_EXPANSION
 */
export function readMount(text: string, context: MountContext): Mount {
  if (text === '') throw fault('failed to parse csv mounts: EOF');
  const fields = new Map<Key, string>();
  for (const field of csvFields(text)) readField(field, fields, context);
  const type = typeOf(fields.get('type') ?? 'bind');
  checkFields(type, fields);
  switch (type) {
    case 'bind':
      return bindMount(fields, context);
    case 'cache':
      return cacheMount(fields, context);
    case 'tmpfs':
      return {
        type,
        target: targetOf(fields, context),
        size: fields.has('size') ? bytes(fields.get('size')!) : undefined,
        writable: writable(fields, true),
      };
    case 'secret':
      return secretMount(fields, context);
    case 'ssh':
      return {
        type,
        id: fields.get('id') || 'default',
        target: fields.has('target') ? targetOf(fields, context) : undefined,
        env: 'SSH_AUTH_SOCK',
        required: fields.get('required') === 'true',
        ...ownership(fields, 0o600),
      };
  }
}

function readField(field: string, fields: Map<Key, string>, { expand }: MountContext): void {
  const at = field.indexOf('=');
  const name = (at < 0 ? field : field.slice(0, at)).toLowerCase();
  const known = aliases[name] ?? keys.find((key) => key === name);
  const isSwitch = known !== undefined && switches.includes(known);
  if (at < 0) {
    if (!isSwitch) throw fault(`invalid field '${field}' must be a key=value pair`);
    fields.set(known, 'true');
    return;
  }
  if (known === undefined) {
    const close = suggested(name, [...keys, ...Object.keys(aliases)]);
    const meant = close === undefined ? '' : ` (did you mean ${close}?)`;
    throw fault(`unexpected key '${name}' in '${field}'${meant}`);
  }
  const value = known === 'from' ? field.slice(at + 1) : expand(field.slice(at + 1));
  if (isSwitch && !/^(?:true|false|1|0|t|f)$/i.test(value))
    throw fault(`invalid value for ${name}: ${value}`);
  fields.set(known, isSwitch ? String(/^(?:true|1|t)$/i.test(value)) : value);
}

function typeOf(text: string): MountType {
  const type = types.find((one) => one === text.toLowerCase());
  if (type !== undefined) return type;
  const close = suggested(text, types);
  throw fault(`unsupported mount type "${text}"${close === undefined ? '' : ` (did you mean ${close}?)`}`);
}

/** Refuses fields that a type of mount does not have. */
function checkFields(type: MountType, fields: ReadonlyMap<Key, string>): void {
  const sharing = fields.get('sharing');
  if (sharing !== undefined && type !== 'cache') throw fault(`invalid cache sharing set for ${type} mount`);
  if (sharing !== undefined && !['shared', 'private', 'locked'].includes(sharing.toLowerCase()))
    throw fault(`unsupported sharing value "${sharing}"`);
  if (fields.has('size') && type !== 'tmpfs') throw fault(`unexpected key 'size' for mount type '${type}'`);
  if (fields.has('required') && type !== 'secret' && type !== 'ssh')
    throw fault(`unexpected key 'required' for mount type '${type}'`);
  if (fields.has('env') && type !== 'secret') throw fault(`unexpected key 'env' for mount type '${type}'`);
  for (const key of ['mode', 'uid', 'gid'] as const)
    if (fields.has(key) && (type === 'bind' || type === 'tmpfs'))
      throw fault(`${key} not allowed for "${type}" type mounts`);
  if (type === 'secret' && fields.has('from')) throw fault('secret mount should not have a from');
  if (type === 'secret' && fields.has('source') && fields.has('id'))
    throw fault("both source and id can't be set");
  if (type === 'ssh' && fields.has('source')) throw fault('ssh does not support source');
}

function targetOf(fields: ReadonlyMap<Key, string>, { directory }: MountContext): string {
  const target = posix.resolve(directory, fields.get('target') ?? '');
  if (target === '/') throw fault('invalid mount target "/"');
  return target;
}

const writable = (fields: ReadonlyMap<Key, string>, usual: boolean): boolean => {
  const readOnly = fields.get('readonly');
  const readWrite = fields.get('readwrite');
  if (readWrite !== undefined) return readWrite === 'true';
  return readOnly === undefined ? usual : readOnly !== 'true';
};

function bindMount(fields: ReadonlyMap<Key, string>, context: MountContext): Mount {
  const from = fields.get('from') || undefined;
  return {
    type: 'bind',
    target: targetOf(fields, context),
    source: cleanPath(`/${fields.get('source') ?? ''}`),
    from: from === undefined ? { kind: 'context', name: '' } : context.tree(from, fields.get('target') ?? ''),
    writable: writable(fields, false),
  };
}

function cacheMount(fields: ReadonlyMap<Key, string>, context: MountContext): Mount {
  const target = targetOf(fields, context);
  const from = fields.get('from') || undefined;
  return {
    type: 'cache',
    target,
    id: fields.get('id') || target,
    from: from === undefined ? { kind: 'empty' } : context.tree(from, fields.get('target') ?? ''),
    source: cleanPath(`/${fields.get('source') ?? ''}`),
    sharing: (fields.get('sharing')?.toLowerCase() ?? 'shared') as 'shared' | 'private' | 'locked',
    writable: writable(fields, true),
    ...ownership(fields, 0o755),
  };
}

function secretMount(fields: ReadonlyMap<Key, string>, context: MountContext): Mount {
  const target = fields.get('target');
  const env = fields.get('env');
  const id = fields.get('id') || fields.get('source') || (target === undefined ? '' : posix.basename(target));
  if (id === '') throw fault('invalid secret mount. one of source, target required');
  const place = target === undefined ? `/run/secrets/${posix.basename(id)}` : targetOf(fields, context);
  return {
    type: 'secret',
    id,
    target: target === undefined && env !== undefined ? undefined : place,
    env,
    required: fields.get('required') === 'true',
    ...ownership(fields, 0o400),
  };
}

function ownership(fields: ReadonlyMap<Key, string>, mode: number) {
  const number = (key: 'mode' | 'uid' | 'gid', base: number, usual: number): number => {
    const text = fields.get(key);
    if (text === undefined) return usual;
    if (!(base === 8 ? /^[0-7]+$/ : /^\d+$/).test(text)) throw fault(`invalid value ${text} for ${key}`);
    return Number.parseInt(text, base);
  };
  return { mode: number('mode', 8, mode), uid: number('uid', 10, 0), gid: number('gid', 10, 0) };
}

const units: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
};

function bytes(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([bkmgt]?)(?:i?b)?$/i.exec(text) ?? [];
  if (number === '') throw fault(`invalid value for size: ${text}`);
  return Math.floor(Number(number) * units[unit.toLowerCase()]!);
}
