import type { Info } from '../api/system.ts';
import type { Engine } from '../context.ts';

/** The built-in runtime and all others, in the form of GET /info, where faults of engine.json are warnings. */
export function shownRuntimes(engine: Pick<Engine, 'runtimes'>): {
  readonly shown: Info['Runtimes'];
  readonly warnings: readonly string[];
} {
  const builtIn = { tcompose: { path: 'built-in' } };
  try {
    const others = engine.runtimes
      .list()
      .map(({ name, program, args }) => [
        name,
        { path: program, ...(args.length === 0 ? {} : { runtimeArgs: args }) },
      ]);
    return { shown: { ...builtIn, ...Object.fromEntries(others) }, warnings: [] };
  } catch (error) {
    return { shown: builtIn, warnings: [(error as Error).message] };
  }
}
