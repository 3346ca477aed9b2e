import type { Project } from '../../compose/model/project.ts';
import type { Service } from '../../compose/model/service.ts';
import { type TcomposeError, TcomposeErrors } from '../../errors.ts';
import type { Platform } from '../../image/ingest-types.ts';
import { parsePlatform, platformRank } from '../../image/platform.ts';
import { idDigits, listedName } from '../../image/reference.ts';
import type { Observed } from '../observed.ts';
import type { Plan, PullFailure, StepRef } from '../plan.ts';
import { PlanBuilder } from '../plan-builder.ts';
import { isBuiltIn, missingImage, nearImage } from './missing-image.ts';
import { decideImage, type ImageDecision, type LocalImage } from './pull-policy.ts';
import { type WantedImage, wantedImages } from './wanted-images.ts';

/** How a command gets the images that it needs. */
export interface ImageOptions {
  /** Whether the engine can pull images. */
  readonly canPull: boolean;
  /** The command line forbids building. */
  readonly noBuild?: boolean;
  /** The command line's pull policy, which takes precedence over the services' own. */
  readonly pull?: string;
  /** For services without a platform (DOCKER_DEFAULT_PLATFORM). */
  readonly defaultPlatform?: string;
  /** Unix time in milliseconds, for policies that ask again after some time. */
  readonly nowMs: number;
  /** Show only the end of a pull. */
  readonly quiet?: boolean;
  /** Services whose images this command has built: these are used, whatever the pull policy. */
  readonly built?: ReadonlySet<string>;
}

/**
 * Plans to pull missing images and those that are due; the map has the steps that fetch images for each service.
 * @throws TcomposeError PROJECT_IMAGE_MISSING, one for each image that is missing and may not be pulled.
 */
export function requireImages(
  project: Project,
  observed: Observed,
  plan: PlanBuilder,
  options: ImageOptions,
): ReadonlyMap<string, readonly StepRef[]> {
  const fetched = new Map<string, StepRef[]>();
  const missing: TcomposeError[] = [];
  const all = wantedImages(project, options.defaultPlatform);
  for (const wanted of all) {
    const decision = decisionFor(wanted, observed, options);
    warnNotPulled(wanted, decision, plan, options);
    if (decision.kind === 'use') continue;
    if (decision.kind === 'pull') {
      const local = localImage(wanted.reference, observed, wanted.platform);
      if (local !== undefined && runs(wanted, observed))
        plan.warnings.push(
          `image ${wanted.reference} is pulled first: if it has changed, containers of service ${wanted.service.name} are recreated`,
        );
      const builder = builderOf(wanted, all, options);
      const step = addPull(
        plan,
        { ...wanted, service: builder ?? wanted.service },
        { ...decision, orBuild: builder !== undefined },
        observed,
        { ...options, failureIs: builder === undefined ? 'error' : 'build' },
      );
      fetched.set(wanted.service.name, [...(fetched.get(wanted.service.name) ?? []), step]);
    } else if (
      decision.kind !== 'build' ||
      localImage(wanted.reference, observed, wanted.platform) === undefined
    )
      missing.push(missingImage(wanted, decision.cause, observed, options));
  }
  if (missing.length === 1) throw missing[0]!;
  if (missing.length > 1) throw new TcomposeErrors(missing);
  return fetched;
}

/** The service that can build an image: the one that needs it, or another whose image has the same name. */
function builderOf(
  wanted: WantedImage,
  all: readonly WantedImage[],
  { noBuild = false }: ImageOptions,
): Service | undefined {
  const builds = ({ use, service }: WantedImage) => use === 'container' && service.build !== undefined;
  const same = ({ reference }: WantedImage) => listedName(reference) === listedName(wanted.reference);
  return noBuild ? undefined : [wanted, ...all].find((one) => builds(one) && same(one))?.service;
}

const runs = ({ use, service }: WantedImage, observed: Observed): boolean =>
  use === 'container' && observed.containers.some((one) => one.service === service.name && !one.oneoff);

/** The part of `up` that pulls images, on its own: the result decides which containers are recreated. */
export function planImages(project: Project, observed: Observed, options: ImageOptions): Plan {
  const plan = new PlanBuilder();
  requireImages(project, observed, plan, options);
  return plan.build();
}

/** Decides what to do about an image; `local` is what the engine has under that name. */
export const decisionFor = (
  { service, reference, platform }: WantedImage,
  observed: Observed,
  options: ImageOptions,
): ImageDecision =>
  options.built?.has(service.name) === true && localImage(reference, observed, platform) !== undefined
    ? { kind: 'use' }
    : decideImage(service, localImage(reference, observed, platform), wantedPlatform(platform), {
        override: options.pull,
        // No registry has the image that an engine makes of its machine.
        canPull: options.canPull && !isBuiltIn(reference),
        nowMs: options.nowMs,
      });

/** Completes a bare architecture or system: engines run Linux, most of them on amd64. */
const usual: Platform = { os: 'linux', architecture: 'amd64' };

const wantedPlatform = (text: string | undefined): Platform | undefined =>
  text === undefined || text === '' ? undefined : parsePlatform(text, usual);

/** Adds the step that fetches an image; services with the same image and platform share it. */
export function addPull(
  plan: PlanBuilder,
  { reference, platform, service }: WantedImage,
  {
    cause,
    orBuild,
    mismatch,
  }: Pick<Extract<ImageDecision, { kind: 'pull' }>, 'cause' | 'orBuild' | 'mismatch'>,
  observed: Observed,
  options: { readonly quiet?: boolean; readonly failureIs?: PullFailure },
): StepRef {
  return plan.add(
    {
      kind: 'pull-image',
      reference,
      platform,
      service: service.name,
      buildable: orBuild,
      quiet: options.quiet === true,
      failureIs: options.failureIs ?? 'error',
      near: nearImage(reference, observed),
      ...(mismatch === undefined ? {} : { elsewhere: `${reference}: ${mismatch}.` }),
    },
    `${cause}${orBuild ? ' (it is built when it cannot be pulled)' : ''}`,
  );
}

/**
 * The engine's image for a name, or for (the beginning of) an id; of several with one name the one that suits a
 * platform best.
 */
export function localImage(
  reference: string,
  observed: Observed,
  platform: string | undefined,
): LocalImage | undefined {
  const id = namedImage(reference, observed, platform) ?? idLike(reference, observed);
  return id === undefined ? undefined : { id, facts: observed.imageFacts?.get(id) };
}

/** Id of the image that a name refers to. */
export function namedImage(
  reference: string,
  observed: Observed,
  platform: string | undefined,
): string | undefined {
  const name = listedName(reference);
  return fittingImage(name, observed, wantedPlatform(platform)) ?? observed.images.get(name);
}

function fittingImage(
  name: string,
  { platformImages, imageFacts }: Observed,
  wanted: Platform | undefined,
): string | undefined {
  const ids = platformImages?.get(name);
  if (ids === undefined || wanted === undefined) return undefined;
  const ranked = ids.flatMap((id) => {
    const facts = imageFacts?.get(id);
    const rank = facts === undefined ? undefined : platformRank(wanted, facts.platform);
    return rank === undefined ? [] : [{ id, rank }];
  });
  return ranked.sort((a, b) => a.rank - b.rank)[0]?.id;
}

function idLike(reference: string, observed: Observed): string | undefined {
  const digits = idDigits(reference);
  if (digits === undefined || digits.length < shortestId) return undefined;
  return [...observed.images.values()].find((id) => idDigits(id)?.startsWith(digits));
}

/** Least number of digits for a reference to count as an id. */
const shortestId = 12;

function warnNotPulled(
  { service, use }: WantedImage,
  decision: ImageDecision,
  plan: PlanBuilder,
  { pull, canPull }: ImageOptions,
): void {
  const policy = pull ?? service.pull_policy ?? 'missing';
  if (canPull || use !== 'container' || decision.kind !== 'use') return;
  if (!['missing', 'if_not_present', 'never', 'build'].includes(policy))
    plan.warnings.push(
      `pull_policy ${policy} of service ${service.name} is not supported: this engine cannot pull, and the local image is used`,
    );
}
