import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A client's directory, held by one build. */
export interface KeptContext {
  readonly path: string;
  /** Keeps it for the next build. Idempotent. */
  readonly release: () => void;
}

interface ListedContext {
  readonly name: string;
  readonly path: string;
  /** Milliseconds since 1970. */
  readonly used: number;
  readonly held: boolean;
}

/** Copies of what clients have sent, so that the next build of a directory receives only the changes. */
export interface KeptContexts {
  /** The copy for a key; if several builds use it at once, each gets its own. */
  hold(key: string): KeptContext;
  /** All copies. */
  list(): readonly ListedContext[];
  /** Removes those that no build holds. */
  prune(): Promise<void>;
}

/** Most copies to keep. */
const mostKept = 24;
/** Days without a build after which a copy is removed. */
const longestKept = 14;

/** @param now milliseconds since 1970 */
export function keptContexts(root: string, now: () => number): KeptContexts {
  const held = new Set<string>();
  mkdirSync(root, { recursive: true, mode: 0o700 });
  // Copies whose removal was interrupted by a crash.
  for (const name of readdirSync(root))
    if (name.startsWith('gone-')) rmSync(join(root, name), { recursive: true, force: true });
  /** Moved aside at once, so that a build that starts meanwhile does not fill what is being removed. */
  const removeAll = async (names: readonly string[]): Promise<void> => {
    const aside = names.map((name) => {
      const path = join(root, `gone-${randomBytes(6).toString('hex')}`);
      renameSync(join(root, name), path);
      return path;
    });
    for (const path of aside) await rm(path, { recursive: true, force: true });
  };
  const free = (): string[] =>
    readdirSync(root).filter((name) => !held.has(name) && !name.startsWith('gone-'));

  /** The most recently used ones stay. */
  function surplus(): readonly string[] {
    const dated = free()
      .map((name) => ({ name, used: statSync(join(root, name)).mtimeMs }))
      .sort((a, b) => b.used - a.used);
    const oldest = now() - longestKept * 24 * 3600 * 1000;
    return dated.filter(({ used }, at) => at >= mostKept || used < oldest).map(({ name }) => name);
  }

  return {
    hold(key) {
      const base = createHash('sha256').update(key).digest('hex').slice(0, 32);
      let number = 0;
      while (held.has(`${base}-${number}`)) number++;
      const name = `${base}-${number}`;
      held.add(name);
      const directory = join(root, name);
      const path = join(directory, 'files');
      mkdirSync(path, { recursive: true, mode: 0o700 });
      let holding = true;
      return {
        path,
        release() {
          if (!holding) return;
          holding = false;
          const used = now() / 1000;
          utimesSync(directory, used, used);
          held.delete(name);
          void removeAll(surplus()).catch(() => undefined);
        },
      };
    },
    list: () =>
      readdirSync(root)
        .filter((name) => !name.startsWith('gone-'))
        .map((name) => {
          const path = join(root, name);
          return { name, path, used: statSync(path).mtimeMs, held: held.has(name) };
        }),
    prune: () => removeAll(free()),
  };
}
