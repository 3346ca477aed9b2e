import type { Declared } from './declared.ts';
import type { Exchange } from './exchange.ts';
import { splitVersion } from './versions.ts';

type Handler = (exchange: Exchange) => Promise<void> | void;

/** An endpoint. A request's parameters and body are checked before its handler runs. */
export interface Route extends Declared {
  readonly method: string;
  /**
   * `/containers/{id}/json`: `{x}` is one segment, `{x*}` any number of segments (image names contain slashes). Routes
   * are tried in the order of registration, so that those with longer literal endings come first.
   */
  readonly path: string;
  readonly handler: Handler;
}

interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

export type Lookup =
  | { readonly kind: 'match'; readonly match: Match; readonly version: string | undefined }
  | { readonly kind: 'method-not-allowed'; readonly version: string | undefined }
  | { readonly kind: 'unknown'; readonly version: string | undefined };

interface Compiled extends Route {
  readonly pattern: RegExp;
  readonly names: readonly string[];
}

/** Makes the look-up function. Patterns are compiled once; a request scans the routes of its method. */
export function createRouter(routes: readonly Route[]): (method: string, path: string) => Lookup {
  const compiled = routes.map(compile);
  return (method, path) => {
    const { version, rest } = splitVersion(path);
    let otherMethod = false;
    for (const route of compiled) {
      const found = route.pattern.exec(rest);
      if (found === null) continue;
      if (route.method !== method && !(method === 'HEAD' && route.method === 'GET' && !hasHead(rest))) {
        otherMethod = true;
        continue;
      }
      const params: Record<string, string> = {};
      route.names.forEach((name, index) => {
        params[name] = decode(found[index + 1] ?? '');
      });
      return { kind: 'match', match: { route, params }, version };
    }
    return { kind: otherMethod ? 'method-not-allowed' : 'unknown', version };
  };

  function hasHead(rest: string): boolean {
    return compiled.some((route) => route.method === 'HEAD' && route.pattern.test(rest));
  }
}

function compile(route: Route): Compiled {
  const names: string[] = [];
  const source = route.path.replace(/[.+^$()|[\]\\]/g, '\\$&').replace(/\{(\w+)(\*?)\}/g, (_, name, many) => {
    names.push(name);
    return many === '*' ? '(.+)' : '([^/]+)';
  });
  return { ...route, names, pattern: new RegExp(`^${source}/?$`) };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
