import type { Service } from '../../compose/model/service.ts';
import type { Platform } from '../../image/ingest-types.ts';
import { platformRank } from '../../image/platform.ts';

/** When to pull an image. */
export type PullRule =
  | { readonly kind: 'always' | 'missing' | 'never' | 'build' }
  /** When the last successful check of the registry is older than this many milliseconds. */
  | { readonly kind: 'refresh'; readonly afterMs: number };

const unitMs: Readonly<Record<string, number>> = {
  w: 604_800_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
};

/** Milliseconds of `1d12h`; undefined for an invalid text. */
function windowMs(text: string): number | undefined {
  if (!/^(?:\d+[wdhms])+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([wdhms])/g)) sum += Number(count) * unitMs[unit!]!;
  return sum;
}

/**
 * The rule for a `pull_policy` (Compose Specification, "pull_policy"); an unknown one counts as none. `refresh` without
 * `pull_refresh_after` always asks.
 */
export function pullRule(policy: string | undefined, refreshAfter?: string): PullRule {
  switch (policy) {
    case 'always':
    case 'never':
    case 'build':
      return { kind: policy };
    case 'daily':
      return { kind: 'refresh', afterMs: unitMs.d! };
    case 'weekly':
      return { kind: 'refresh', afterMs: unitMs.w! };
    case 'refresh': {
      const afterMs = windowMs(refreshAfter ?? '');
      return afterMs === undefined ? { kind: 'always' } : { kind: 'refresh', afterMs };
    }
    default: {
      const afterMs = policy?.startsWith('every_') ? windowMs(policy.slice('every_'.length)) : undefined;
      return afterMs === undefined ? { kind: 'missing' } : { kind: 'refresh', afterMs };
    }
  }
}

/** What is known about an image on the engine's machine besides its id. */
export interface ImageFacts {
  readonly platform: Platform;
  /** When its name was last confirmed, in milliseconds of Unix time; 0 if the engine does not say. */
  readonly lastTagMs: number;
}

/** An image on the engine's machine. */
export interface LocalImage {
  readonly id: string;
  /** Looked up only if the policy or a platform requires it. */
  readonly facts: ImageFacts | undefined;
}

export type ImageDecision =
  /** It is here, and is used unchanged. */
  | { readonly kind: 'use' }
  /** `orBuild`: if that fails it is built. */
  | {
      readonly kind: 'pull';
      readonly cause: string;
      readonly orBuild: boolean;
      /** The local image with this name is for another platform: which, and which one was requested. */
      readonly mismatch?: string;
    }
  | { readonly kind: 'build'; readonly cause: string }
  /** It is missing and may not be pulled. */
  | { readonly kind: 'missing'; readonly cause: string };

export interface PolicyOptions {
  /** The command line's policy, which takes precedence over the services' own. */
  readonly override?: string | undefined;
  /** Whether the engine can pull images. */
  readonly canPull: boolean;
  /** Unix time, milliseconds. */
  readonly nowMs: number;
}

/** Decides what to do about a service's image. `wanted`: its required platform. Pure. */
export function decideImage(
  service: Service,
  local: LocalImage | undefined,
  wanted: Platform | undefined,
  options: PolicyOptions,
): ImageDecision {
  const policy = options.override ?? service.pull_policy;
  const rule = pullRule(policy, service.pull_refresh_after);
  const buildable = service.build !== undefined;
  const mismatch = otherPlatform(local, wanted);
  const here = local !== undefined && mismatch === undefined;
  const why = mismatch ?? 'it is not on this machine';
  if (rule.kind === 'never') return here ? { kind: 'use' } : { kind: 'missing', cause: why };
  if (rule.kind === 'build')
    return here && !buildable ? { kind: 'use' } : buildNow(buildable, 'its pull policy is build', why);
  const due = dueCause(rule, local, policy, options);
  if (here && due === undefined) return { kind: 'use' };
  const nowhere = buildable && service.image === undefined;
  // An image whose only name comes from its build is in no registry.
  if (!options.canPull || nowhere) return here ? { kind: 'use' } : buildNow(buildable, why, why);
  // Without a policy, a registry is not asked for what can be built.
  if (buildable && policy === undefined) return { kind: 'build', cause: why };
  return {
    kind: 'pull',
    cause: here ? due! : why,
    orBuild: buildable,
    ...(mismatch === undefined ? {} : { mismatch }),
  };
}

const buildNow = (buildable: boolean, cause: string, missing: string): ImageDecision =>
  buildable ? { kind: 'build', cause } : { kind: 'missing', cause: missing };

/** Why a local image is pulled again; undefined if it is not. */
function dueCause(
  rule: PullRule,
  local: LocalImage | undefined,
  policy: string | undefined,
  { override, nowMs }: PolicyOptions,
): string | undefined {
  if (rule.kind === 'always')
    return override === undefined ? `its pull policy is ${policy}` : '--pull always was requested';
  if (rule.kind !== 'refresh') return undefined;
  const last = local?.facts?.lastTagMs ?? 0;
  if (last > 0 && last + rule.afterMs > nowMs) return undefined;
  const since =
    last > 0
      ? `it was last pulled on ${new Date(last).toISOString().slice(0, 16)}Z`
      : 'it is not known when it was last pulled';
  return `${since}, and its pull policy is ${policy}`;
}

function otherPlatform(local: LocalImage | undefined, wanted: Platform | undefined): string | undefined {
  const have = local?.facts?.platform;
  if (wanted === undefined || have === undefined || platformRank(wanted, have) !== undefined)
    return undefined;
  return `the image here is for ${platformText(have)}, but ${platformText(wanted)} is needed`;
}

const platformText = ({ os, architecture, variant }: Platform): string =>
  [os, architecture, ...(variant ? [variant] : [])].join('/');

/** Whether a decision about the service requires more about a local image than its id. */
export const needsFacts = (
  service: Service,
  override: string | undefined,
  platform: string | undefined,
): boolean =>
  platform !== undefined ||
  pullRule(override ?? service.pull_policy, service.pull_refresh_after).kind === 'refresh';
