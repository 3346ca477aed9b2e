import type { LoadEffects } from '../../../src/compose/effects.ts';

/** A world that has a few files in /p, named by their paths below it, and nothing else. */
export const memoryWorld = (files: Readonly<Record<string, string>>): LoadEffects => ({
  env: {},
  cwd: '/p',
  home: '/home',
  readFile: async (path) => {
    const text = Object.hasOwn(files, path.replace('/p/', '')) ? files[path.replace('/p/', '')] : undefined;
    if (text === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    return Buffer.from(text);
  },
  readStdin: async () => Buffer.alloc(0),
  kind: async (path) => {
    if (path === '/p') return 'directory';
    return Object.hasOwn(files, path.replace('/p/', '')) ? 'file' : undefined;
  },
  realPath: async (path) => path,
});
