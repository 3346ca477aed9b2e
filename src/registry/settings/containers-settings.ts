import { hub, type Mirror, type RegistrySettings } from './registry-settings.ts';

/** The settings in podman's registries.conf that are used here, and sentences about those that are not. */
export interface ContainersSettings extends Pick<RegistrySettings, 'insecure' | 'mirrors' | 'blocked'> {
  readonly ignored: readonly string[];
}

/** A table of the file: the values of its keys, as written. */
interface Table {
  readonly name: string;
  readonly values: Map<string, string>;
}

/**
 * Reads registries.conf (containers-registries.conf(5), version 2): `[[registry]]` with prefix, location, insecure and
 * blocked, and `[[registry.mirror]]` of each. Of TOML it supports tables, strings, booleans and lists, which is all
 * that occurs there. Pure; unreadable parts are mentioned in `ignored`. `where` names the file in sentences.
 */
export function parseContainersSettings(text: string, where: string): ContainersSettings {
  const insecure: string[] = [];
  const mirrors: Record<string, Mirror[]> = {};
  const blocked: Record<string, string> = {};
  const ignored: string[] = [];
  let domain: string | undefined;
  for (const { name, values } of tablesOf(text)) {
    const location = textOf(values.get('location'));
    if (name === '') {
      const search = values.get('unqualified-search-registries');
      if (search !== undefined && !/^\[\s*(["']docker\.io["']\s*,?\s*)?\]$/.test(search))
        ignored.push(
          `${where}: unqualified-search-registries is not used: a name without a registry is Docker Hub's`,
        );
    } else if (name === 'registry') {
      const prefix = textOf(values.get('prefix')) ?? location ?? '';
      domain = domainOf(prefix);
      if (domain === undefined) {
        ignored.push(`${where}: the registry "${prefix}" is not used: only whole registries can be set here`);
        continue;
      }
      if (values.get('blocked') === 'true') blocked[domain] = where;
      if (values.get('insecure') === 'true') insecure.push(location?.split('/')[0] ?? domain);
      // Another place replaces the registry as a whole.
      if (location !== undefined && location !== prefix)
        mirrors[domain] = [...(mirrors[domain] ?? []), mirrorOf(location, values, false)];
    } else if (name === 'registry.mirror' && domain !== undefined && location !== undefined) {
      if (values.get('insecure') === 'true') insecure.push(location.split('/')[0]!);
      const others = mirrors[domain] ?? [];
      // The place that replaces the registry is asked last.
      mirrors[domain] = [
        ...others.filter(({ fallback }) => fallback),
        mirrorOf(location, values, true),
        ...others.filter(({ fallback }) => !fallback),
      ];
    }
  }
  return { insecure, mirrors, blocked, ignored };
}

const mirrorOf = (location: string, values: Table['values'], fallback: boolean): Mirror => ({
  url: `https://${location.replace(/\/+$/, '')}`,
  fallback,
  ...(values.get('insecure') === 'true' ? { plain: true } : {}),
});

/** The registry for a prefix without a path; undefined for a part of a registry, or a pattern. */
function domainOf(prefix: string): string | undefined {
  if (prefix === '' || prefix.includes('/') || prefix.includes('*')) return undefined;
  return prefix === 'index.docker.io' || prefix === 'registry-1.docker.io' ? hub : prefix;
}

const textOf = (value: string | undefined): string | undefined =>
  /^(["'])(.*)\1$/.exec(value ?? '')?.[2]?.replace(/^https?:\/\//, '');

function tablesOf(text: string): Table[] {
  const tables: Table[] = [{ name: '', values: new Map() }];
  let open: { key: string; value: string } | undefined;
  for (const raw of text.split('\n')) {
    const line = withoutComment(raw).trim();
    if (open !== undefined) {
      open.value += ` ${line}`;
    } else {
      const table = /^\[\[?\s*([\w.-]+)\s*\]\]?$/.exec(line);
      if (table !== null) tables.push({ name: table[1]!, values: new Map() });
      const [, key, value] = /^([\w.-]+)\s*=\s*(.+)$/.exec(line) ?? [];
      if (key === undefined || value === undefined) continue;
      open = { key, value };
    }
    // A list may continue on the next lines.
    if (open.value.startsWith('[') && !open.value.endsWith(']')) continue;
    tables.at(-1)!.values.set(open.key, open.value.trim());
    open = undefined;
  }
  return tables;
}

/** `#` begins a comment, except inside a string. */
function withoutComment(line: string): string {
  let quote = '';
  for (const [at, character] of [...line].entries()) {
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (character === '#') return line.slice(0, at);
  }
  return line;
}
