import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Architecture } from './architecture.ts';
import { cacheDirectory, unpackOnce } from './packages.ts';

/** A kernel with its modules, unpacked. */
export interface Kernel {
  readonly image: string;
  /** `lib/modules/<release>` of the unpacked package. */
  readonly modules: string;
  readonly release: string;
}

/** Debian's kernel for virtual machines, or why it is not to be had, as a sentence. */
export function findKernel(architecture: Architecture): Kernel | string {
  const tree = join(cacheDirectory(architecture), 'kernel');
  const problem = unpackOnce(architecture, tree, (apt) => {
    const metaPackage = `linux-image-cloud-${architecture.debian}`;
    const name = /Depends: (linux-image-\S+)/.exec(apt.cache('depends', metaPackage))?.[1];
    if (name === undefined) throw new Error(`apt knows no package ${metaPackage}`);
    apt.get('download', name);
  });
  if (problem !== undefined) return problem;
  const [release] = names(join(tree, 'lib/modules'));
  const image = names(join(tree, 'boot')).find((name) => name.startsWith('vmlinuz-'));
  if (release === undefined || image === undefined) return `${tree} holds no kernel: remove it and try again`;
  return { image: join(tree, 'boot', image), modules: join(tree, 'lib/modules', release), release };
}

function names(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory).sort() : [];
}
