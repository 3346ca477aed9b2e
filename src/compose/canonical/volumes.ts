import { posix } from 'node:path';
import type { TreeMap } from '../tree.ts';

const propagations = ['rprivate', 'private', 'rshared', 'shared', 'rslave', 'slave'];

/**
 * Long form of `[source:]target[:options]` (https://docs.docker.com/reference/compose-file/services/#short-syntax-5). A
 * source that begins like a path makes a bind, any other a named volume, a missing one an anonymous volume; unknown
 * options are ignored, as in Docker Compose. Returns a sentence when the text is not a volume.
 */
export function parseVolume(text: string): TreeMap | { readonly error: string } {
  if (text.trim() === '') return { error: 'it is empty' };
  if (text.length <= 2) return { type: 'volume', target: text };
  const fields = shortNamed(text) ?? splitFields(text);
  if (fields.some((field) => field === '')) return { error: 'it has an empty section between colons' };
  if (fields.length > 3) return { error: 'it has too many colons' };
  const [first = '', second, options = ''] = fields;
  if (second === undefined) return { type: 'volume', target: cleanTarget(first), volume: {} };
  const bind: TreeMap = {};
  const volume: TreeMap = {};
  let readOnly = false;
  for (const option of options.split(',')) {
    if (option === 'ro' || option === 'rw') readOnly = option === 'ro';
    else if (option === 'nocopy') volume.nocopy = true;
    else if (option === 'z' || option === 'Z') bind.selinux = option;
    else if (propagations.includes(option)) bind.propagation = option;
  }
  const isBind = isPath(first);
  if (isBind) bind.create_host_path = true;
  return {
    type: isBind ? 'bind' : 'volume',
    source: first,
    target: cleanTarget(second),
    ...(readOnly ? { read_only: true } : {}),
    ...(isBind || Object.keys(bind).length > 0 ? { bind } : {}),
    ...(!isBind || Object.keys(volume).length > 0 ? { volume } : {}),
  };
}

/**
 * A path without doubled slashes, `.` and `..`, and without a slash at its end; a relative path stays relative, a blank
 * one becomes `.`.
 */
export function cleanTarget(target: string): string {
  const clean = posix.normalize(target);
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}

/**
 * The fields of `v:/target[:options]`, where `v` is one letter: a volume with that name. Docker Compose takes it for a
 * path on a Windows drive, and fails; a text with a container path after it (`c:/data:/data`) remains such a path.
 */
const shortNamed = (text: string): string[] | undefined =>
  /^([a-zA-Z]):(\/[^:]*)(?::([a-zA-Z,]*))?$/
    .exec(text)
    ?.slice(1)
    .filter((field) => field !== undefined);

/** Splits at colons, except those inside `${…}` and after a drive letter. */
function splitFields(text: string): string[] {
  const fields: string[] = [];
  let field = '';
  let depth = 0;
  for (const char of text) {
    if (char === '{' && field.endsWith('$')) depth += 1;
    else if (char === '}' && depth > 0) depth -= 1;
    if (char === ':' && depth === 0 && !/^[a-zA-Z]$/.test(field)) {
      fields.push(field);
      field = '';
    } else field += char;
  }
  return [...fields, field];
}

const isPath = (source: string): boolean =>
  /^[./~]/.test(source) || source.startsWith('\\') || /^[a-zA-Z]:/.test(source);
