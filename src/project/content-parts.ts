import { configHash } from '../compose/config/hash-input.ts';
import type { FileReference } from '../compose/model/files.ts';
import type { Project } from '../compose/model/project.ts';
import type { Config, Secret } from '../compose/model/resources.ts';
import type { Service } from '../compose/model/service.ts';

/** Whether a config or secret is copied into the container; a file whose owner and mode are not changed is mounted instead. */
export const isCopied = (reference: FileReference, source: Config | Secret): boolean =>
  source.file === undefined ||
  reference.uid !== undefined ||
  reference.gid !== undefined ||
  reference.mode !== undefined;

interface CopiedFile {
  /** `config c` or `secret s`. */
  readonly name: string;
  readonly source: Config | Secret;
}

function copiedFiles(project: Project, service: Service): readonly CopiedFile[] {
  const of = (
    kind: string,
    references: readonly FileReference[] | undefined,
    objects: Readonly<Record<string, Config | Secret>>,
  ) =>
    (references ?? []).flatMap((reference): CopiedFile[] => {
      const source = objects[reference.source];
      return source === undefined || source.external === true || !isCopied(reference, source)
        ? []
        : [{ name: `${kind} ${reference.source}`, source }];
    });
  return [
    ...of('config', service.configs, project.configs),
    ...of('secret', service.secrets, project.secrets),
  ];
}

/** Files whose content is copied into containers of the project, sorted, without duplicates. */
export const copiedPaths = (project: Project): readonly string[] =>
  [
    ...new Set(
      Object.values(project.services).flatMap((service) =>
        copiedFiles(project, service).flatMap(({ source }) => source.file ?? []),
      ),
    ),
  ].sort();

/**
 * Short hashes of what is copied into a service's containers: `config c=1f2e3d4c,secret s=…`. `fileHashes` has those of
 * files, by path; files that are missing or can't be read are left out.
 */
export function contentParts(
  project: Project,
  service: Service,
  fileHashes: ReadonlyMap<string, string>,
): string {
  const parts = copiedFiles(project, service).flatMap(({ name, source }) => {
    const hash = source.file === undefined ? configHash(source.content ?? '') : fileHashes.get(source.file);
    return hash === undefined ? [] : [`${name}=${hash.slice(0, 8)}`];
  });
  return [...new Set(parts)].sort().join(',');
}
