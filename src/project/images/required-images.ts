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

/** How a command comes by the images it needs. */
export interface ImageOptions {
  /** Whether the engine can fetch images. */
  readonly canPull: boolean;
  /** The command line rules out that anything is built. */
  readonly noBuild?: boolean;
  /** Pull policy of the command line; it wins over the services' own. */
  readonly pull?: string;
  /** For services that name none (DOCKER_DEFAULT_PLATFORM). */
  readonly defaultPlatform?: string;
  /** Unix time in milliseconds, for policies that ask again after a time. */
  readonly nowMs: number;
  /** Of a pull only the end is shown. */
  readonly quiet?: boolean;
  /** Services whose images this command has built: whatever their pull policy, those are meant. */
  readonly built?: ReadonlySet<string>;
}

/**
 * Plans the fetching of images that are not here or are due; the map leads from service to the steps that fetch its images.
 * @throws TcomposeError PROJECT_IMAGE_MISSING, one an image, for what is not here and may not be fetched.
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

/** The service that can build an image: the one that needs it, or another that has it by the same name. */
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

/** The part of `up` that fetches images, by itself: what it brings decides which containers are recreated. */
export function planImages(project: Project, observed: Observed, options: ImageOptions): Plan {
  const plan = new PlanBuilder();
  requireImages(project, observed, plan, options);
  return plan.build();
}

/** What is done about an image; `local` is what the engine has by that name. */
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

/** What a bare architecture or system is completed with: engines run Linux, most of them on amd64. */
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

/** The engine's image of a name, or of (the beginning of) an id; of several of one name the one that fits a platform best. */
export function localImage(
  reference: string,
  observed: Observed,
  platform: string | undefined,
): LocalImage | undefined {
  const id = namedImage(reference, observed, platform) ?? idLike(reference, observed);
  return id === undefined ? undefined : { id, facts: observed.imageFacts?.get(id) };
}

/** Id of the image a name stands for. */
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

/** Digits of an id from which on a reference is taken for one. */
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
