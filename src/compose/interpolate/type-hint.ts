import { isList, isMap, type Tree, type TreePath } from '../tree.ts';

/** What the schema allows at a place, and at the place around it. */
interface Wanted {
  readonly path: TreePath;
  /** JSON types. */
  readonly types: readonly string[];
  /** A list item whose list may also be a mapping. */
  readonly listMayBeMapping: boolean;
  /** Attributes that a service has. */
  readonly serviceAttributes: ReadonlySet<string>;
}

/** What to do about a value of the wrong type: the likely mistake behind it, or an example of the right type. */
export function typeHint(wanted: Wanted, node: Tree | undefined): string {
  const { path, types } = wanted;
  if (isMisplacedAttribute(wanted)) return 'Indent it further than the name of its service.';
  if (node === null || node === undefined) {
    return types.includes('object')
      ? 'It has no value here: indent what belongs to it below it, or leave it out.'
      : 'It has no value here: give it one, or leave it out.';
  }
  if (isMap(node)) {
    if (types.includes('array')) return 'Begin each item with "- ".';
    if (typeof path.at(-1) !== 'number') return 'It is a mapping here.';
    const makesIt = 'A colon with a space makes it a mapping: put the item in quotes';
    return wanted.listMayBeMapping ? `${makesIt}, or leave out the "- " of every item.` : `${makesIt}.`;
  }
  if (isList(node)) return types.includes('object') ? 'Leave out the "- ".' : 'It is a list here.';
  if (types.includes('boolean') && !types.includes('number')) return 'Write true or false.';
  if (types.includes('string') && durations.has(String(path.at(-1))))
    return `A duration has a unit: ${String(node)}s for seconds.`;
  if (types.includes('string')) return `Put the value in quotes: "${String(node)}".`;
  if (types.includes('array')) return listHint(String(node), types.includes('object'));
  if (typeof node === 'string' && path.length === 2 && sources[String(path[0])] !== undefined)
    return `Write ${sources[String(path[0])]} below it.`;
  const key = longForm(path, node);
  return key === undefined
    ? `It is the ${typeof node} ${shorten(String(node))} here.`
    : `Write ${key}: ${shorten(String(node))} below it.`;
}

/** Attributes whose value is a duration. */
const durations = new Set([
  'delay',
  'interval',
  'monitor',
  'pull_refresh_after',
  'start_interval',
  'start_period',
  'stop_grace_period',
  'timeout',
  'window',
]);

/** An attribute of a service in the place of a service: it is not indented. */
function isMisplacedAttribute({ path, serviceAttributes }: Wanted): boolean {
  return path.length === 2 && path[0] === 'services' && serviceAttributes.has(String(path[1]));
}

/** For text in place of a list. Lines that begin neither an item nor a key are folded into one text. */
function listHint(text: string, mayBeMapping: boolean): string {
  if (/^-\S/.test(text)) return 'Put a space behind the "-" of each item.';
  if (mayBeMapping && text.includes('=')) return 'Write KEY: value, or - KEY=value, on a line for each.';
  return /\s/.test(text) ? 'Begin each item with "- ".' : `Write a list: [${shorten(text)}].`;
}

/** What a secret or config takes its content from. */
const sources: Readonly<Record<string, string>> = {
  secrets: 'file: PATH or environment: VARIABLE',
  configs: 'file: PATH, environment: VARIABLE or content: TEXT',
};

const conditions = ['service_started', 'service_healthy', 'service_completed_successfully'];

/** The key under which a text belongs that is in the place of a mapping. */
function longForm(path: TreePath, node: Tree): string | undefined {
  if (typeof node !== 'string') return undefined;
  const key = path.at(-1);
  if (path[0] === 'services' && path.length === 2) return 'image';
  if (path.at(-2) === 'depends_on' && conditions.includes(node)) return 'condition';
  if (path[0] === 'services' && path.length === 3) {
    if (key === 'logging') return 'driver';
    if (key === 'healthcheck') return 'test';
  }
  return undefined;
}

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);
