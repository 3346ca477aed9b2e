import { TcomposeError } from '../errors.ts';

type Fields = Readonly<Record<string, unknown>>;

export const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;

/** A field by its name in whatever case, the last one of several: as Go reads JSON. */
export function field(fields: Fields, name: string): unknown {
  const wanted = name.toLowerCase();
  return Object.entries(fields).findLast(([key]) => key.toLowerCase() === wanted)?.[1];
}

/** That an image's configuration can't be used. */
export const refused = (why: string): TcomposeError =>
  new TcomposeError('IMAGE_CONFIG', why, {
    hint: 'The image is damaged, or it is not an image: charts and other artifacts look alike.',
  });

/** One object of a configuration, whose values must have the types that they should have. `null` counts as absent. */
export class JsonPart {
  readonly #fields: Fields;
  readonly #name: string;

  constructor(fields: Fields, name: string) {
    this.#fields = fields;
    this.#name = name;
  }

  /** @throws TcomposeError IMAGE_CONFIG */
  part(name: string): JsonPart | undefined {
    return this.#read(name, 'an object', (value) => {
      const fields = fieldsOf(value);
      return fields === undefined ? undefined : new JsonPart(fields, `${this.#name}${name}.`);
    });
  }

  /** Those of a list; an entry that is `null` counts for nothing. */
  parts(name: string): JsonPart[] {
    const list = this.#read(name, 'a list of objects', (value) => {
      const all = Array.isArray(value) ? value.filter((one) => one !== null).map(fieldsOf) : [undefined];
      return all.every((one) => one !== undefined) ? all : undefined;
    });
    return (list ?? []).map((fields) => new JsonPart(fields, `${this.#name}${name}.`));
  }

  text(name: string): string | undefined {
    return (
      this.#read(name, 'a text', (value) => (typeof value === 'string' ? value : undefined)) || undefined
    );
  }

  number(name: string): number | undefined {
    return this.#read(name, 'a whole number', (value) =>
      Number.isSafeInteger(value) ? (value as number) : undefined,
    );
  }

  flag(name: string): true | undefined {
    return (
      this.#read(name, 'true or false', (value) => (typeof value === 'boolean' ? value : undefined)) ||
      undefined
    );
  }

  words(name: string): string[] | undefined {
    return this.#read(name, 'a list of texts', wordsOf);
  }

  /** A command: one text is a list of it alone. */
  command(name: string): string[] | undefined {
    return this.#read(name, 'a list of texts', (value) =>
      typeof value === 'string' ? [value] : wordsOf(value),
    );
  }

  /** Names that map to nothing: ports and volumes. A list of names is one, too. */
  names(name: string): Record<string, object> | undefined {
    const list = this.#read(name, 'an object', (value) => {
      const fields = fieldsOf(value);
      return fields === undefined ? wordsOf(value) : Object.keys(fields);
    });
    if (list === undefined || list.length === 0) return undefined;
    return Object.fromEntries(list.map((one) => [one, {}]));
  }

  labels(name: string): Record<string, string> | undefined {
    return this.#read(name, 'an object of texts', (value) => {
      const all = Object.entries(fieldsOf(value) ?? { wrong: 0 }).map(([key, one]) => [key, one ?? '']);
      return all.every(([, one]) => typeof one === 'string') ? Object.fromEntries(all) : undefined;
    });
  }

  #read<T>(name: string, expected: string, take: (value: unknown) => T | undefined): T | undefined {
    const value = field(this.#fields, name);
    if (value === undefined || value === null) return undefined;
    const taken = take(value);
    if (taken !== undefined) return taken;
    const shown = (JSON.stringify(value) ?? '').slice(0, 100);
    throw refused(`invalid image JSON, ${this.#name}${name} is ${shown} and should be ${expected}`);
  }
}

/** A list whose `null` is an empty text, as Go reads one. */
function wordsOf(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const list = value.map((one: unknown) => one ?? '');
  return list.every((one) => typeof one === 'string') ? list : undefined;
}
