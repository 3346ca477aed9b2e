import type { Project } from '../../compose/model/project.ts';
import { flag, type ParsedArgs } from '../arguments/command.ts';
import { matchServices } from '../project.ts';

/** Services whose output `up` shows; `roots` are those named on the command line, undefined means all. */
export function shownServices(
  project: Project,
  roots: ReadonlySet<string> | undefined,
  args: ParsedArgs,
): ReadonlySet<string> {
  const all = Object.keys(project.services);
  const only = flag.list(args, 'attach');
  const hidden = matchList(all, flag.list(args, 'no-attach'));
  const base =
    only.length > 0
      ? matchList(all, only)
      : new Set(
          all.filter(
            (name) =>
              project.services[name]!.attach !== false &&
              (roots === undefined || roots.has(name) || flag.bool(args, 'attach-dependencies')),
          ),
        );
  return new Set([...base].filter((name) => !hidden.has(name)));
}

const matchList = (all: readonly string[], names: readonly string[]) =>
  names.length === 0 ? new Set<string>() : matchServices(all, names);
