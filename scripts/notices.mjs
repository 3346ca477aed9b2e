// Licences of what is inside dist/: the packages in the bundles, by esbuild's own account of them, and what the static C binary
// is linked with.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Names of the packages whose code is in a bundle; `metafile` is esbuild's. */
export function bundledPackages(metafile) {
  const names = Object.keys(metafile.inputs).flatMap((file) => {
    const at = file.lastIndexOf('node_modules/');
    if (at < 0) return [];
    const [scope, name] = file.slice(at + 'node_modules/'.length).split('/');
    return [scope.startsWith('@') ? `${scope}/${name}` : scope];
  });
  return [...new Set(names)];
}

const libc = `The static binary tcompose-shim contains code of the GNU C Library, which is under the GNU Lesser General Public
License, version 2.1 or later, and of libgcc, which is under the GNU General Public License, version 3, with the GCC Runtime Library
Exception. The binary's own source is in tcompose's repository (src/runtime/native) with the build that links it
(scripts/build.mjs), so that it can be linked anew with another version of these libraries.
`;

/** The text of THIRD_PARTY_NOTICES. @throws when a package has no licence file: then nobody may ship it */
export function notices(packages) {
  const parts = [...packages].sort().map((name) => {
    const directory = join('node_modules', name);
    const { version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
    const file = readdirSync(directory).find((one) => /^(licen[cs]e|copying)/i.test(one));
    if (file === undefined || !existsSync(join(directory, file))) {
      throw new Error(`${name} is bundled and has no licence file`);
    }
    return `${name} ${version} (${license})\n\n${readFileSync(join(directory, file), 'utf8').trim()}\n`;
  });
  const line = `${'-'.repeat(80)}\n\n`;
  return `tcompose contains code of others, under these licences.\n\n${[...parts, libc].map((part) => line + part).join('\n')}`;
}
