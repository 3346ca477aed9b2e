import type { Project } from '../../compose/model/project.ts';
import type { Descriptor } from '../../image/ingest-types.ts';
import { parseReference } from '../../image/reference.ts';
import { pushManifest } from '../../registry/content/push-manifest.ts';
import type { Registry } from '../../registry/registry.ts';
import { applicationIndex } from './artifact-manifest.ts';
import { type CopyTarget, copyImage } from './copy-image.ts';

/** Annotation that names a repository of a registry from which content came; containerd's. */
const sourceAnnotation = (domain: string): string => `containerd.io/distribution.source.${domain}`;

/** The images of a project's services, each once. */
export const imagesOf = (project: Pick<Project, 'services'>): readonly string[] => [
  ...new Set(Object.values(project.services).flatMap(({ image }) => image ?? [])),
];

/**
 * Copies a project's images into the project's repository, and lists them there in an index whose subject is the
 * project. `each` is called around the copy of each image. @throws TcomposeError REGISTRY_*
 */
export async function publishImages(
  images: readonly string[],
  project: Descriptor,
  target: CopyTarget & { readonly what: string },
  options: {
    readonly open: (domain: string) => Promise<Registry>;
    readonly composeVersion: string;
    readonly each: (image: string, copy: () => Promise<Descriptor>) => Promise<Descriptor>;
  },
): Promise<void> {
  const copied = [];
  for (const image of images) {
    const { domain, path } = parseReference(image);
    const descriptor = await options.each(image, () => copyImage(image, options.open, target));
    copied.push({ ...descriptor, annotations: { [sourceAnnotation(domain)]: path } });
  }
  const index = applicationIndex(project, copied, options.composeVersion);
  const { path, what, signal, registry } = target;
  const scopes = [`repository:${path}:pull,push`];
  await pushManifest(registry.main, { path, reference: index.digest, what, scopes, signal }, index);
}
