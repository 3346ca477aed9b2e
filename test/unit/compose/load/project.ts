import { type LoadOptions, loadProject } from '../../../../src/compose/load.ts';
import type { Project } from '../../../../src/compose/model/project.ts';
import { TcomposeError, TcomposeErrors } from '../../../../src/errors.ts';
import { memoryEffects } from '../../../support/memory-files.ts';

export interface Loaded {
  readonly project: Project;
  readonly warnings: readonly string[];
}

/** Loads a project from files in memory; names are relative to /project. */
export async function load(
  files: Readonly<Record<string, string>>,
  options: LoadOptions & { readonly stdin?: string; readonly links?: Record<string, string> } = {},
): Promise<Loaded> {
  const absolute = Object.fromEntries(
    Object.entries(files).map(([name, text]) => [name.startsWith('/') ? name : `/project/${name}`, text]),
  );
  const { stdin, links, ...rest } = options;
  const effects = memoryEffects(absolute, {
    ...(stdin === undefined ? {} : { stdin }),
    ...(links === undefined ? {} : { links }),
  });
  const { project, warnings } = await loadProject({ effects, env: {}, ...rest });
  return { project, warnings: warnings.map((warning) => warning.message) };
}

/** The errors a load is refused with, one line each: code, place, message. */
export async function refused(
  files: Readonly<Record<string, string>>,
  options: Parameters<typeof load>[1] = {},
): Promise<string[]> {
  try {
    await load(files, options);
  } catch (error) {
    const errors = error instanceof TcomposeErrors ? error.errors : [error];
    return errors.map((one) => {
      if (!(one instanceof TcomposeError)) throw one;
      const place = one.where === undefined ? '-' : `${one.where.file}:${one.where.line}:${one.where.column}`;
      return `${one.code} ${place} ${one.message}`;
    });
  }
  throw new Error('the project was loaded');
}
