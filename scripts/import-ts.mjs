import { build } from 'esbuild';

/** Imports a TypeScript module of the project from a script; `path` is relative to the project root. */
export async function importTs(path) {
  const root = new URL('../', import.meta.url);
  const { outputFiles } = await build({
    entryPoints: [new URL(path, root).pathname],
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    logLevel: 'error',
  });
  const code = Buffer.from(outputFiles[0].contents).toString('base64');
  return import(`data:text/javascript;base64,${code}`);
}
