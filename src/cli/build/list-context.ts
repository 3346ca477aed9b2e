import { basename } from 'node:path';
import type { Project } from '../../compose/model/project.ts';
import { humanSize } from '../arguments/sizes.ts';
import type { CliContext } from '../context.ts';
import { buildFiles, ignoreOf } from './build-ignore.ts';
import { walkContext } from './walk-context.ts';

/**
 * Prints the files that the services' builds find in their contexts, one per line; with `excluded`, what ignore files
 * leave out, with the line that does so. The total is printed on standard error.
 */
export async function listContexts(
  ctx: Pick<CliContext, 'write' | 'stderr' | 'drained' | 'warn'>,
  project: Project,
  services: readonly string[],
  { excluded }: { readonly excluded: boolean },
): Promise<void> {
  for (const name of services) {
    const service = project.services[name]!;
    const build = buildFiles(service, project.workingDir);
    if (build === undefined) {
      ctx.warn(`the context of ${name}, ${service.build?.context}, is not a directory of this machine`);
      continue;
    }
    const { context, lines, ...found } = await ignoreOf(build);
    const file = found.file && basename(found.file);
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
