import { fault } from '../dockerfile/fault.ts';
import { suggested } from '../suggest.ts';

type FlagKind = 'text' | 'switch' | 'list';

const tables: Readonly<Record<string, Readonly<Record<string, FlagKind>>>> = {
  FROM: { platform: 'text' },
  RUN: { mount: 'list', network: 'text', security: 'text', device: 'list' },
  COPY: {
    from: 'text',
    chown: 'text',
    chmod: 'text',
    link: 'switch',
    parents: 'switch',
    exclude: 'list',
  },
  ADD: {
    chown: 'text',
    chmod: 'text',
    link: 'switch',
    'keep-git-dir': 'switch',
    checksum: 'text',
    unpack: 'switch',
    exclude: 'list',
  },
  HEALTHCHECK: {
    interval: 'text',
    timeout: 'text',
    'start-period': 'text',
    'start-interval': 'text',
    retries: 'text',
  },
};

/** The flags of one instruction, by name. */
export interface Flags {
  text(name: string): string | undefined;
  switched(name: string): boolean | undefined;
  list(name: string): readonly string[];
}

/**
 * Reads the flags that an instruction may have.
 * @throws TcomposeError BUILD_DOCKERFILE for an unknown flag, a duplicate, or one without a required value
 */
export function readFlags(keyword: string, flags: readonly string[]): Flags {
  const table = tables[keyword] ?? {};
  const values = new Map<string, string[]>();
  for (const flag of flags) {
    const [, name = '', value] = /^--([^=]*)(?:=([\s\S]*))?$/.exec(flag) ?? [];
    const kind = table[name];
    if (kind === undefined) throw unknownFlag(name, Object.keys(table));
    const before = values.get(name);
    if (before !== undefined && kind !== 'list') throw fault(`duplicate flag specified: --${name}`);
    values.set(name, [...(before ?? []), checked(name, kind, value)]);
  }
  return {
    text: (name) => values.get(name)?.[0],
    switched: (name) => {
      const value = values.get(name)?.[0];
      return value === undefined ? undefined : value === 'true';
    },
    list: (name) => values.get(name) ?? [],
  };
}

function unknownFlag(name: string, known: readonly string[]) {
  const close = suggested(name, known);
  return fault(`unknown flag: --${name}${close === undefined ? '' : ` (did you mean ${close}?)`}`);
}

function checked(name: string, kind: FlagKind, value: string | undefined): string {
  if (kind !== 'switch') {
    if (value === undefined) throw fault(`missing a value on flag: --${name}`);
    return value;
  }
  if (value === undefined) return 'true';
  if (value === '') throw fault(`missing a value on flag: --${name}`);
  const lower = value.toLowerCase();
  if (lower !== 'true' && lower !== 'false')
    throw fault(`expecting boolean value for flag --${name}, not: ${value}`);
  return lower;
}
