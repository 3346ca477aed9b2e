import { posix } from 'node:path';
import type { LoadEffects } from '../../src/compose/effects.ts';

/** A file system in memory, as the loader sees one: absolute path → content. */
export function memoryEffects(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly cwd?: string;
    readonly home?: string;
    readonly stdin?: string;
    readonly links?: Readonly<Record<string, string>>;
  } = {},
): LoadEffects {
  const bytes = (content: string | Uint8Array) =>
    typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const directories = new Set(
    Object.keys(files).flatMap((file) => {
      const parents: string[] = [];
      for (let at = posix.dirname(file); at !== '/'; at = posix.dirname(at)) parents.push(at);
      return parents;
    }),
  );
  return {
    env: options.env ?? {},
    cwd: options.cwd ?? '/project',
    home: options.home ?? '/home/me',
    readFile: async (path) => {
      const content = files[path];
      if (content === undefined) throw new Error(`ENOENT: ${path}`);
      return bytes(content);
    },
    readStdin: async () => bytes(options.stdin ?? ''),
    kind: async (path) =>
      files[path] !== undefined ? 'file' : directories.has(path) || path === '/' ? 'directory' : undefined,
    realPath: async (path) => options.links?.[path] ?? path,
  };
}
