import type { Project } from '../../compose/model/project.ts';
import type { Service } from '../../compose/model/service.ts';
import { listedName } from '../../image/reference.ts';
import { imageReference } from '../names.ts';
import { needsFacts } from './pull-policy.ts';

/** An image that a service needs. */
export interface WantedImage {
  readonly reference: string;
  readonly service: Service;
  /** Its use: for the service's containers, a mount of type image, or a hook before the start. */
  readonly use: 'container' | 'mount' | 'hook';
  /** `os/architecture[/variant]` that it must be for. */
  readonly platform: string | undefined;
}

/**
 * The images that a project's services need: for their containers, mounts and hooks. Only the first kind can be built.
 * @param defaultPlatform for services without one
 */
export function wantedImages(
  project: Pick<Project, 'name' | 'services'>,
  defaultPlatform: string | undefined,
): readonly WantedImage[] {
  return Object.values(project.services).flatMap((service): WantedImage[] => {
    if (service.provider !== undefined) return [];
    const platform = service.platform ?? defaultPlatform;
    const { build: _, ...pulled } = service;
    const policy = service.pull_policy === 'build' ? 'missing' : service.pull_policy;
    const withoutBuild: Service = { ...pulled, ...(policy === undefined ? {} : { pull_policy: policy }) };
    const mounted = (service.volumes ?? []).flatMap(({ type, source }) =>
      type === 'image' && source !== undefined ? [source] : [],
    );
    const hooks = (service.pre_start ?? []).flatMap(({ image }) => (image === undefined ? [] : [image]));
    return [
      { reference: imageReference(project, service), service, use: 'container', platform },
      ...[...new Set(mounted)].map(
        (reference) => ({ reference, service: withoutBuild, use: 'mount', platform }) as const,
      ),
      ...[...new Set(hooks)].map(
        (reference) => ({ reference, service: withoutBuild, use: 'hook', platform }) as const,
      ),
    ];
  });
}

/** References for which more than the id is needed. */
export const inspectedImages = (
  project: Pick<Project, 'name' | 'services'>,
  override: string | undefined,
  defaultPlatform: string | undefined,
): readonly string[] => [
  ...new Set(
    wantedImages(project, defaultPlatform)
      .filter(({ service, platform }) => needsFacts(service, override, platform))
      .map(({ reference }) => listedName(reference)),
  ),
];
