import type { TestEngine } from './engine.ts';

/** Files below an engine's root. A user's engine has some of his sub-ids there, which only root of his namespaces reads and changes. */
export interface OwnedFiles {
  list(directory: string): string[];
  /** Owners as containers see them; `mode` has the permission bits alone. */
  stat(path: string): {
    readonly mode: number;
    readonly uid: number;
    readonly gid: number;
    readonly inode: number;
  };
  read(path: string): string;
  write(path: string, text: string): void;
  remove(paths: readonly string[]): void;
  /** Lines of the mount table of engine and shims. */
  mounts(): string[];
}

export function ownedFiles(engine: () => TestEngine): OwnedFiles {
  const run = (script: string, words: readonly string[], input = ''): string => {
    const { status, stdout, stderr } = engine().shell(script, words, input);
    if (status !== 0) throw new Error(`${script}: ${stderr}`);
    return stdout;
  };
  const lines = (text: string): string[] => text.split('\n').filter(Boolean);
  return {
    list: (directory) => lines(run('ls -A "$1"', [directory])),
    stat(path) {
      const [mode = '', ...numbers] = run('stat -c "%a %u %g %i" "$1"', [path]).trim().split(' ');
      const [uid = -1, gid = -1, inode = -1] = numbers.map(Number);
      return { mode: Number.parseInt(mode, 8), uid, gid, inode };
    },
    read: (path) => run('cat "$1"', [path]),
    write: (path, text) => void run('cat > "$1"', [path], text),
    remove: (paths) => void run('rm -f "$@"', paths),
    mounts: () => lines(run('cat /proc/self/mountinfo', [])),
  };
}
