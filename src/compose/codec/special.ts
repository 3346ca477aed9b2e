import { isList, isMap, own, setOwn, type Tree } from '../tree.ts';
import { withoutBrackets } from '../values/ip.ts';
import { splitShellWords } from '../values/shell-words.ts';
import { type Codec, type Cursor, pathOf, type ReadContext, reject } from './codec.ts';
import { alwaysInJson, struct, texts } from './collections.ts';
import { compareBytes, sortedKeys } from './key-order.ts';
import { type Out, OutMap } from './out.ts';
import { integer, integerAsGiven, textOf } from './scalars.ts';

/** Words of a command; null stays null. Printed even when empty, and as null in JSON when absent. */
export const command: Codec = alwaysInJson(
  {
    read: (node, at, context) => {
      if (node === null) return null;
      return isList(node) ? texts.read(node, at, context) : readCommandLine(textOf(node) ?? '', at, context);
    },
    write: (value, format) => {
      if (value === null) return format === 'json' ? null : undefined;
      return value as readonly string[];
    },
  },
  () => null,
);

function readCommandLine(line: string, at: Cursor, context: ReadContext): readonly string[] | undefined {
  const split = splitShellWords(line);
  if ('error' in split) return reject(context, at, `the command can't be split into words: ${split.error}`);
  if (split.operator !== undefined) {
    const path = pathOf(at);
    const where = context.positions.place(path, 'value');
    context.warn({
      message: `${path.join('.')}: the command ends before "${split.operator}", for no shell runs it`,
      hint: `To use a shell, write ["sh", "-c", "…"].`,
      ...(where === undefined ? {} : { where }),
    });
  }
  return split.words;
}

/** `healthcheck.test`: a string is a command for the container's shell. */
export const healthTest: Codec = {
  read: (node, at, context) =>
    typeof node === 'string' ? ['CMD-SHELL', node] : texts.read(node, at, context),
  write: texts.write,
};

/** Host → addresses, from a mapping or a list of HOST=ADDRESS or HOST:ADDRESS; printed as a sorted list. */
export const hosts: Codec = {
  read: (node, at, context) => {
    const found: Record<string, string[]> = {};
    for (const [host, address, key] of hostEntries(node, at, context)) {
      if (host === '' || /[:=]/.test(host)) {
        reject(context, { key, parent: at }, `bad host name '${host}'`);
        continue;
      }
      const addresses = own(found, host);
      if (addresses === undefined) setOwn(found, host, [withoutBrackets(address)]);
      else addresses.push(withoutBrackets(address));
    }
    return found;
  },
  write: (value) => {
    const lines: string[] = [];
    for (const [host, addresses] of Object.entries(value as Readonly<Record<string, readonly string[]>>)) {
      for (const address of addresses) lines.push(`${host}=${address}`);
    }
    return lines.length === 0 ? undefined : lines.sort(compareBytes);
  },
};

type HostEntry = readonly [host: string, address: string, key: string | number];

function hostEntries(node: Tree, at: Cursor, context: ReadContext): HostEntry[] {
  if (isMap(node)) {
    return Object.entries(node).flatMap(([host, value]) =>
      (isList(value) ? value : [value]).map((address): HostEntry => [host, textOf(address) ?? '', host]),
    );
  }
  if (!isList(node)) return [];
  return node.flatMap((item, index): HostEntry[] => {
    const line = textOf(item) ?? '';
    const separator = line.includes('=') ? '=' : ':';
    const cut = line.indexOf(separator);
    if (cut === -1) {
      const message = `invalid additional host, missing IP: ${line}`;
      reject(context, { key: index, parent: at }, message, 'Write HOST=ADDRESS.');
      return [];
    }
    return line
      .slice(cut + 1)
      .split(',')
      .map((address): HostEntry => [line.slice(0, cut), address, index]);
  });
}

const pair = struct([
  ['soft', integerAsGiven],
  ['hard', integerAsGiven],
]);

/** One limit: a number for both, or soft and hard. A single 0 is printed as a pair, as by Docker Compose. */
const ulimit: Codec = {
  read: (node, at, context) => (isMap(node) ? pair : integer).read(node, at, context),
  write: (value, format) => pair.write(value === 0 ? { soft: 0, hard: 0 } : value, format) as Out,
};

/** `ulimits`: a number for both limits, or the pair. */
export const ulimits: Codec = {
  read: (node, at, context) => {
    if (!isMap(node)) return undefined;
    const limits: Record<string, unknown> = {};
    for (const [name, limit] of Object.entries(node)) {
      const read = ulimit.read(limit, { key: name, parent: at }, context);
      if (read !== undefined) limits[name] = read;
    }
    return limits;
  },
  write: (value, format) => {
    const limits = value as Readonly<Record<string, unknown>>;
    const map = new OutMap();
    for (const name of sortedKeys(limits, format)) {
      const limit = limits[name];
      const codec = typeof limit === 'number' && limit !== 0 ? integer : ulimit;
      map.set(name, codec.write(limit, format) as Out);
    }
    return map.entries.length === 0 ? undefined : map;
  },
};

/** `healthcheck.retries`, `deploy…max_attempts`: a non-negative integer. */
export const count: Codec = {
  read: (node, at, context) => {
    const number = integer.read(node, at, context) as number | undefined;
    return number !== undefined && number < 0 ? reject(context, at, 'must not be negative') : number;
  },
  write: integerAsGiven.write,
};

/** The container side of a port: 0 to 65535. */
export const portNumber: Codec = {
  read: (node, at, context) => {
    const port = integer.read(node, at, context) as number | undefined;
    return port !== undefined && (port < 0 || port > 65_535)
      ? reject(context, at, `${port} is not a port: it must be at most 65535`)
      : port;
  },
  write: integer.write,
};

/** `dns`: an empty string counts as missing (it comes from an unset variable). */
export const nonEmptyTexts: Codec = {
  read: (node, at, context) => {
    const list = texts.read(node, at, context) as readonly string[] | undefined;
    return list?.filter((item) => item !== '');
  },
  write: texts.write,
};

/** Numbers and strings as strings, without duplicates: `7` and `"7"` are equal. */
export const distinctTexts: Codec = {
  read: (node, at, context) => {
    const list = texts.read(node, at, context) as readonly string[] | undefined;
    return list && [...new Set(list)];
  },
  write: texts.write,
};
