import { copyFileSync, mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

/** The CLI of this source tree built as another version, in a directory of its own that the caller removes. */
export async function buildVersion(
  version: string,
): Promise<{ readonly directory: string; readonly cli: string }> {
  const directory = mkdtempSync(join(tmpdir(), `tcompose-${version}-`));
  await build({
    entryPoints: { tcompose: resolve('src/cli/main.ts'), engine: resolve('src/engine/main.ts') },
    outdir: join(directory, 'dist'),
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['koffi'],
    define: { TCOMPOSE_VERSION: JSON.stringify(version), 'import.meta.url': '__importMetaUrl' },
    banner: { js: 'const __importMetaUrl=require("node:url").pathToFileURL(__filename).href;' },
    logLevel: 'warning',
  });
  const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
  mkdirSync(join(directory, 'dist', 'native'));
  const shim = join('native', `tcompose-shim-${arch}`);
  copyFileSync(resolve('dist', shim), join(directory, 'dist', shim));
  symlinkSync(resolve('node_modules'), join(directory, 'node_modules'));
  return { directory, cli: join(directory, 'dist', 'tcompose.cjs') };
}
