import { type Shape, shaped } from './body-shape.ts';
import { badParameter } from './failure.ts';

/**
 * The type of a query parameter. `texts` may occur several times. A `flag` is false for 0, false, no and none, and true
 * for everything else. `filters` and `time` are texts whose format is checked where they are read (filters.ts).
 */
type QueryKind = 'text' | 'texts' | 'flag' | 'integer' | 'time' | 'filters';

/** The parameters that a route reads, by name. */
export type QueryShape = Readonly<Record<string, QueryKind>>;

/** What a request may contain. */
export interface Declared {
  /** Absent: the query is not read. */
  readonly query?: QueryShape;
  /** `bytes`: a stream that the route reads itself. Absent: the body is not read. */
  readonly body?: Shape | 'bytes';
}

/** A query of which only the declared parameters can be read: reading another is an error in the route. */
class DeclaredQuery extends URLSearchParams {
  readonly #shape: QueryShape;

  constructor(text: string, shape: QueryShape) {
    super(text);
    this.#shape = shape;
  }

  override get(name: string): string | null {
    this.#check(name);
    return super.get(name);
  }

  override getAll(name: string): string[] {
    this.#check(name);
    return super.getAll(name);
  }

  #check(name: string): void {
    if (!Object.hasOwn(this.#shape, name))
      throw new Error(`the route does not declare the parameter ${name}`);
  }
}

/**
 * The parameters that a route declares. Others are ignored, as by dockerd: clients of other versions send more.
 * @throws TcomposeError ENGINE_BAD_PARAMETER for an invalid number
 */
export function declaredQuery(text: string, shape: QueryShape = {}): URLSearchParams {
  const query = new DeclaredQuery(text, shape);
  for (const [name, kind] of Object.entries(shape)) {
    if (kind !== 'integer') continue;
    const value = query.get(name);
    if (value && !isWhole(value)) throw badParameter(`${name} must be a whole number, not "${value}"`);
  }
  return query;
}

const isWhole = (text: string) => /^-?\d+$/.test(text) && Number.isSafeInteger(Number(text));

/** The body as the type that the route declares. @throws TcomposeError ENGINE_BAD_PARAMETER */
export function declaredBody<T>(body: unknown, { body: shape }: Declared, path: string): T {
  if (shape === undefined || shape === 'bytes') throw new Error(`${path} declares no JSON as its body`);
  return shaped<T>(body, shape);
}
