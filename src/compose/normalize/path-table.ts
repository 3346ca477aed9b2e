/**
 * Rules by place in a compose file, to be followed in parallel with a tree: from `root`, `stepInto` for every key or
 * index. A pattern is dotted; `*` matches any key, `[]` any index.
 */
export interface PathTable<T> {
  rule: T | undefined;
  any: PathTable<T> | undefined;
  readonly keys: Map<string, PathTable<T>>;
}

/** Makes a table from patterns such as `services.*.ports.[]`; `*` and `[]` match any step. */
export function buildPathTable<T>(entries: readonly (readonly [pattern: string, rule: T])[]): PathTable<T> {
  const root: PathTable<T> = { rule: undefined, any: undefined, keys: new Map() };
  for (const [pattern, rule] of entries) {
    let node = root;
    for (const step of pattern.split('.')) {
      let next: PathTable<T> | undefined = step === '*' || step === '[]' ? node.any : node.keys.get(step);
      if (next === undefined) {
        next = { rule: undefined, any: undefined, keys: new Map() };
        if (step === '*' || step === '[]') node.any = next;
        else node.keys.set(step, next);
      }
      node = next;
    }
    node.rule = rule;
  }
  return root;
}

/** The table below a key or index; undefined if no rule can match any more. */
export function stepInto<T>(
  table: PathTable<T> | undefined,
  step: string | number,
): PathTable<T> | undefined {
  if (table === undefined) return undefined;
  return (typeof step === 'string' ? table.keys.get(step) : undefined) ?? table.any;
}
