import { TcomposeError } from '../../errors.ts';

/** `--filter key=value` flags as the API's filters. @throws TcomposeError CLI_USAGE */
export function parseFilters(specs: readonly string[]): Record<string, string[]> {
  const filters: Record<string, string[]> = {};
  for (const spec of specs) {
    const equals = spec.indexOf('=');
    if (equals <= 0) throw new TcomposeError('CLI_USAGE', `--filter takes KEY=VALUE; got "${spec}"`);
    const key = spec.slice(0, equals);
    filters[key] = [...(filters[key] ?? []), spec.slice(equals + 1)];
  }
  return filters;
}
