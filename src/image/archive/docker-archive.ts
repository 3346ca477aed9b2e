import { TcomposeError } from '../../errors.ts';
import { archiveError } from '../../tar/archive-error.ts';
import { field, fieldsOf } from '../json-part.ts';
import { familiarReference, parseReference, withDefaultTag } from '../reference.ts';
import type { ArchivedImage } from './load-types.ts';
import type { ArchiveMembers } from './members.ts';

/** Images of one archive. */
const mostImages = 10_000;

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

/** A tag from an archive, in familiar form. @throws TcomposeError IMAGE_REFERENCE */
export function archivedTag(text: string): string {
  const reference = withDefaultTag(parseReference(text));
  if (reference.digest !== undefined)
    throw new TcomposeError('IMAGE_REFERENCE', `invalid tag ${JSON.stringify(text)}`, {
      hint: 'A digest is no tag.',
    });
  return familiarReference(reference);
}

/** The images of `manifest.json` (docker save since 1.10, skopeo's docker-archive). Undefined when there is no such file. */
export async function dockerImages(members: ArchiveMembers): Promise<ArchivedImage[] | undefined> {
  const list = await members.json('manifest.json');
  if (list === undefined) return undefined;
  if (!Array.isArray(list)) throw archiveError('manifest.json is no list');
  if (list.length > mostImages) throw archiveError(`manifest.json names more than ${mostImages} images`);
  const images: ArchivedImage[] = [];
  for (const one of list) images.push(await dockerImage(members, fieldsOf(one) ?? {}));
  return images;
}

async function dockerImage(
  members: ArchiveMembers,
  item: Readonly<Record<string, unknown>>,
): Promise<ArchivedImage> {
  const [config, layers, tags] = [
    field(item, 'Config'),
    field(item, 'Layers') ?? [],
    field(item, 'RepoTags') ?? [],
  ];
  if (typeof config !== 'string' || !isTexts(layers))
    throw archiveError('manifest.json does not say what an image is made of');
  if (!isTexts(tags)) throw archiveError('manifest.json does not say what names an image has');
  members.need(config);
  return {
    config: (await members.bytes(config))!,
    layers: layers.map((name) => ({ file: members.need(name) })),
    tags: tags.map(archivedTag),
  };
}

/** An image's directory before Docker 1.10. */
interface OldImage {
  readonly parent?: string;
  readonly created?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly architecture?: string;
  readonly os?: string;
  readonly config?: object;
  readonly container_config?: { readonly Cmd?: readonly string[] | null };
  readonly throwaway?: boolean;
}

/** How many `parent` links are followed at most. */
const mostParents = 1000;

/** A name that Docker gave to an image's directory before 1.10. */
const oldId = /^([0-9a-f]{64})\/json$/;

/**
 * The images of `<id>/{json,layer.tar}` (docker save before 1.10) with their names in `repositories`; images that neither
 * have a name there nor are the parent of another have none. Undefined when there are none at all.
 */
export async function oldDockerImages(
  members: ArchiveMembers,
  diffIdOf: (file: string) => Promise<string>,
): Promise<ArchivedImage[] | undefined> {
  const repositories = await members.json('repositories');
  const unnamed = new Set(members.names().flatMap((name) => oldId.exec(name)?.[1] ?? []));
  if (repositories === undefined && unnamed.size === 0) return undefined;
  for (const id of [...unnamed]) {
    const { parent } = ((await members.json(`${id}/json`)) ?? {}) as OldImage;
    if (parent !== id) unnamed.delete(parent ?? '');
  }
  const tagsOf = new Map<string, string[]>();
  for (const [name, tags] of Object.entries((repositories ?? {}) as Record<string, Record<string, string>>))
    for (const [tag, id] of Object.entries(tags))
      tagsOf.set(id, [...(tagsOf.get(id) ?? []), archivedTag(`${name}:${tag}`)]);
  for (const id of unnamed) if (!tagsOf.has(id)) tagsOf.set(id, []);
  const images: ArchivedImage[] = [];
  for (const [id, tags] of tagsOf) images.push({ ...(await oldImage(members, id, diffIdOf)), tags });
  return images;
}

async function oldImage(
  members: ArchiveMembers,
  top: string,
  diffIdOf: (file: string) => Promise<string>,
): Promise<Omit<ArchivedImage, 'tags'>> {
  const stack: { readonly json: OldImage; readonly file: string }[] = [];
  for (let id: string | undefined = top; id !== undefined && id !== ''; id = stack[0]!.json.parent) {
    if (stack.length > mostParents) throw archiveError('an image in it is its own parent');
    members.need(`${id}/json`);
    const json = ((await members.json(`${id}/json`)) ?? {}) as OldImage;
    stack.unshift({ json, file: members.need(`${id}/layer.tar`) });
  }
  const { json } = stack.at(-1)!;
  const diffIds: string[] = [];
  for (const { file } of stack) diffIds.push(await diffIdOf(file));
  const config = {
    created: json.created,
    author: json.author,
    architecture: json.architecture,
    os: json.os,
    config: json.config,
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: stack.map(({ json: { created, author, comment, container_config } }) => ({
      created,
      author,
      comment,
      created_by: container_config?.Cmd?.join(' '),
    })),
  };
  return {
    config: Buffer.from(JSON.stringify(config)),
    layers: stack.map(({ file }) => ({ file })),
    old: true,
  };
}
