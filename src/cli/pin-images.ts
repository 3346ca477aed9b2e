import type { Project } from '../compose/model/project.ts';
import { TcomposeError, TcomposeErrors } from '../errors.ts';
import { familiarName, formatReference, parseReference, withDefaultTag } from '../image/reference.ts';
import type { CliContext } from './context.ts';
import { registryAccess } from './credentials/registry-access.ts';

/**
 * The project with each image named by the digest that its registry has for it now: `repo:tag@sha256:…`. This only
 * queries registries, without pulling; an image that several services use is queried once.
 * @throws TcomposeError or TcomposeErrors PROJECT_IMAGE_MISSING, one for each image that its registry lacks
 */
export async function pinImages(ctx: CliContext, project: Project): Promise<Project> {
  const images = new Set(
    Object.values(project.services).flatMap(({ image }) =>
      image === undefined || parseReference(image).digest !== undefined ? [] : [image],
    ),
  );
  if (images.size === 0) return project;
  const client = await ctx.engine();
  const access = registryAccess(ctx, client);
  const pinned = new Map<string, string>();
  const errors: TcomposeError[] = [];
  await Promise.all(
    [...images].map(async (image) => {
      const reference = withDefaultTag(parseReference(image));
      try {
        const headers = await access.headersFor(image);
        const { Descriptor } = await client.images.distribution(formatReference(reference), headers);
        pinned.set(image, `${familiarName(reference)}:${reference.tag}@${Descriptor.digest}`);
      } catch (cause) {
        if (!(cause instanceof TcomposeError) || cause.code !== 'ENGINE_API') throw cause;
        const hint = (await access.explain(image, cause)) ?? cause.hint;
        errors.push(
          new TcomposeError(
            'PROJECT_IMAGE_MISSING',
            `no digest of image ${image} is available from ${reference.domain}: ${cause.message}`,
            { cause, ...(hint === undefined ? {} : { hint }) },
          ),
        );
      }
    }),
  );
  if (errors.length === 1) throw errors[0]!;
  if (errors.length > 1) throw new TcomposeErrors(errors);
  const services = Object.fromEntries(
    Object.entries(project.services).map(([name, service]) => {
      const image = service.image === undefined ? undefined : (pinned.get(service.image) ?? service.image);
      return [name, image === undefined ? service : { ...service, image }];
    }),
  );
  return { ...project, services };
}

/** A project with nothing except its services' images: an override file that pins them. */
export const imagesOnly = (project: Project): Project => ({
  ...project,
  name: '',
  services: Object.fromEntries(
    Object.entries(project.services).flatMap(([name, service]) =>
      service.image === undefined ? [] : [[name, { name, image: service.image }]],
    ),
  ),
  networks: {},
  volumes: {},
  configs: {},
  secrets: {},
  models: {},
  extensions: {},
});
