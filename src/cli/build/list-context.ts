import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type IgnoreLine, readIgnoreFile } from '../../build/ignore/ignore-file.ts';
import type { Project } from '../../compose/model/project.ts';
import type { Service } from '../../compose/model/service.ts';
import { TcomposeError } from '../../errors.ts';
import { humanSize } from '../arguments/sizes.ts';
import type { CliContext } from '../context.ts';
import { walkContext } from './walk-context.ts';

interface Listed {
  readonly file: string | undefined;
  readonly lines: readonly IgnoreLine[];
}

/**
 * Prints the files that the services' builds find in their contexts, a line each; with `excluded` what ignore files leave out
 * instead, with the line that does. What it comes to is on standard error.
 */
export async function listContexts(
  ctx: Pick<CliContext, 'write' | 'stderr' | 'drained' | 'warn'>,
  project: Project,
  services: readonly string[],
  { excluded }: { readonly excluded: boolean },
): Promise<void> {
  for (const name of services) {
    const service = project.services[name]!;
    const place = service.build?.context ?? '.';
    if (/^[a-z+]+:\/\/|^git@|^github\.com\//.test(place)) {
      ctx.warn(`the context of ${name}, ${place}, is not a directory of this machine`);
      continue;
    }
    const context = resolve(project.workingDir, place);
    const { file, lines } = await ignoreOf(service, context);
    let [files, bytes, left] = [0, 0, 0];
    for await (const { path, size, excludedBy } of walkContext(context, lines)) {
      if (excludedBy === undefined) {
        files += 1;
        bytes += size;
      } else left += 1;
      if ((excludedBy !== undefined) !== excluded) continue;
      const why = excludedBy === undefined ? '' : `\t${file}:${excludedBy.line} ${excludedBy.pattern}`;
      ctx.write(`${services.length > 1 ? `${name}: ` : ''}${path}${why}\n`);
      await ctx.drained();
    }
    const omitted = file === undefined ? 'no .dockerignore file' : `${left} left out by ${file}`;
    ctx.stderr.write(`${name}: ${files} file${files === 1 ? '' : 's'}, ${humanSize(bytes)}; ${omitted}\n`);
  }
}

/** The ignore file beside the Dockerfile, else that of the context; its name is relative to the context. */
async function ignoreOf({ build }: Service, context: string): Promise<Listed> {
  const dockerfile = resolve(context, build?.dockerfile ?? 'Dockerfile');
  const own = build?.dockerfile_inline === undefined ? [`${dockerfile}.dockerignore`] : [];
  for (const path of [...own, join(context, '.dockerignore')]) {
    try {
      return { file: basename(path), lines: readIgnoreFile(await readFile(path, 'utf8')) };
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') continue;
      throw new TcomposeError('BUILD_CONTEXT', `${path} can not be read: ${message}`, { cause });
    }
  }
  return { file: undefined, lines: [] };
}
