import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A directory of a client's, held by one build. */
export interface KeptContext {
  readonly path: string;
  /** Leaves it for the next build. Idempotent. */
  readonly release: () => void;
}

interface ListedContext {
  readonly name: string;
  readonly path: string;
  /** Milliseconds since 1970. */
  readonly used: number;
  readonly held: boolean;
}

/** Copies of what clients have sent, so that the next build of a directory is sent what changed only. */
export interface KeptContexts {
  /** The copy that belongs to a key; one of its own for each of several builds at once. */
  hold(key: string): KeptContext;
  /** All that there are. */
  list(): readonly ListedContext[];
  /** Takes away those that no build holds. */
  prune(): Promise<void>;
}

/** Copies that stay. */
const mostKept = 24;
/** Days without a build after which a copy goes. */
const longestKept = 14;

/** @param now milliseconds since 1970 */
export function keptContexts(root: string, now: () => number): KeptContexts {
  const held = new Set<string>();
  mkdirSync(root, { recursive: true, mode: 0o700 });
  // What a crash has left half taken away.
  for (const name of readdirSync(root))
    if (name.startsWith('gone-')) rmSync(join(root, name), { recursive: true, force: true });
  /** Put aside at once, so that a build that comes meanwhile does not fill what is being taken away. */
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

  /** Those used last stay. */
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
