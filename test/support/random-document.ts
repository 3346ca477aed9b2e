/** Reproducible random numbers (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** 0 ≤ result < 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly pattern?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const words = [
  'web',
  'db',
  'always',
  'FOO=bar',
  '80',
  '8080:80',
  '10s',
  '512m',
  './data',
  'true',
  'a-b.c_d',
  '1',
];

/** A document that keeps to the schema, or nearly: uniqueness, bounds and alternatives may be broken by chance. */
export function randomDocument(schema: Schema, random: Random): unknown {
  const resolve = (part: Schema): Schema =>
    part.$ref === undefined ? part : resolve(schema.$defs?.[part.$ref.replace('#/$defs/', '')] ?? {});
  const make = (given: Schema, depth: number): unknown => {
    const part = resolve(given);
    if (part.oneOf !== undefined) return make(random.pick(part.oneOf), depth);
    if (part.enum !== undefined) return random.pick(part.enum);
    switch (part.type === undefined ? 'any' : random.pick([part.type].flat())) {
      case 'object':
        return makeObject(part, depth);
      case 'array': {
        const items = part.items ?? {};
        return Array.from({ length: random.below(3) }, () => make(items, depth + 1));
      }
      case 'string':
        return part.pattern?.includes('always') ? random.pick(['always', 'daily']) : random.pick(words);
      case 'integer':
        return random.below(200);
      case 'number':
        return random.chance(0.5) ? random.below(100) : random.next() * 10;
      case 'boolean':
        return random.chance(0.5);
      case 'null':
        return null;
      default:
        return random.pick(['x', 1, true, null, {}, []]);
    }
  };
  const makeObject = (part: Schema, depth: number): Record<string, unknown> => {
    const entries: [string, unknown][] = [];
    const properties = Object.entries(part.properties ?? {});
    const share = depth === 0 ? 0.5 : properties.length > 30 ? 0.1 : 0.5;
    for (const [key, property] of properties) {
      if ((part.required ?? []).includes(key) || random.chance(share))
        entries.push([key, make(property, depth + 1)]);
    }
    for (const [pattern, property] of Object.entries(part.patternProperties ?? {})) {
      const names =
        pattern === '^x-' ? ['x-own'] : pattern === '^[a-z]+$' ? ['nofile', 'core'] : ['web', 'db.1', 'A_b'];
      for (const name of names) if (random.chance(0.4)) entries.push([name, make(property, depth + 1)]);
    }
    return Object.fromEntries(entries);
  };
  return make(schema, 0);
}

const strangers = [
  null,
  true,
  0,
  -1,
  1.5,
  '',
  'x',
  'all',
  [],
  ['a'],
  ['a', 'a'],
  [1, 1],
  {},
  { a: 1 },
  { 'x-y': 1 },
];

/** Changes one random node: another value, an unknown key, a missing key, a repeated item. Returns the document to go on with. */
export function mutate(document: unknown, random: Random): unknown {
  const containers: object[] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    containers.push(node);
    for (const child of Object.values(node)) walk(child);
  };
  walk(document);
  if (containers.length === 0) return random.pick(strangers);
  const target = random.pick(containers);
  const stranger = () => structuredClone(random.pick(strangers));
  if (Array.isArray(target)) {
    if (target.length > 0 && random.chance(0.4)) target.push(structuredClone(random.pick(target)));
    else if (target.length > 0 && random.chance(0.5)) target[random.below(target.length)] = stranger();
    else target.push(stranger());
    return document;
  }
  const map = target as Record<string, unknown>;
  const keys = Object.keys(map);
  if (keys.length > 0 && random.chance(0.6)) map[random.pick(keys)] = stranger();
  else if (keys.length > 0 && random.chance(0.4)) delete map[random.pick(keys)];
  else map[random.pick(['imge', 'x-z', '', 'name', 'web page', 'source', 'driver'])] = stranger();
  return document;
}

/** A function that puts a value at one place of an otherwise minimal document. */
export type Place = (value: unknown) => unknown;

/** Every place the schema speaks of: attributes, entries of mappings and lists, each alternative by itself. */
export function everyPlace(schema: Schema): Place[] {
  const places: Place[] = [];
  const resolve = (part: Schema): Schema =>
    part.$ref === undefined ? part : resolve(schema.$defs?.[part.$ref.replace('#/$defs/', '')] ?? {});
  const filler: Readonly<Record<string, unknown>> = {
    type: 'bind',
    action: 'sync',
    condition: 'service_started',
    soft: 1,
    hard: 2,
  };
  const walk = (given: Schema, place: Place): void => {
    const part = resolve(given);
    places.push(place);
    for (const alternative of part.oneOf ?? []) walk(alternative, place);
    const needed = (except: string) =>
      Object.fromEntries(
        (part.required ?? [])
          .filter((key) => key !== except)
          .map((key) => [key, key === 'capabilities' ? ['gpu'] : (filler[key] ?? 'x')]),
      );
    for (const [key, property] of Object.entries(part.properties ?? {})) {
      walk(property, (value) => place({ ...needed(key), [key]: value }));
    }
    for (const [pattern, property] of Object.entries(part.patternProperties ?? {})) {
      const key = pattern === '^x-' ? 'x-own' : 'name';
      walk(property, (value) => place({ ...needed(key), [key]: value }));
    }
    if (part.items !== undefined) walk(part.items, (value) => place([value]));
    if (part.properties !== undefined) places.push((value) => place({ ...needed(''), unheardof: value }));
    if (part.required !== undefined) places.push(() => place({}));
  };
  walk(schema, (value) => value);
  return places;
}

export { strangers };
