import type { Project } from '../../compose/model/project.ts';
import type { Observed } from '../observed.ts';
import type { Plan } from '../plan.ts';
import { PlanBuilder } from '../plan-builder.ts';
import { pullRule } from './pull-policy.ts';
import { addPull, decisionFor, type ImageOptions } from './required-images.ts';
import { type WantedImage, wantedImages } from './wanted-images.ts';

/** The command line options of `pull`. */
export interface PullOptions extends ImageOptions {
  readonly ignoreBuildable: boolean;
  readonly ignoreFailures: boolean;
}

/**
 * `pull`: fetches every image of the project, except those whose policy forbids it, or that are here and have a policy
 * that is satisfied with that (the rules of Docker Compose 5). Skipped ones are named with the reason. Pure.
 */
export function planPull(project: Project, observed: Observed, options: PullOptions): Plan {
  const plan = new PlanBuilder();
  for (const wanted of wantedImages(project, options.defaultPlatform)) {
    const reason = skipReason(wanted, observed, options);
    if (reason !== undefined) {
      plan.skipped.push({ kind: 'service', name: wanted.service.name, reason });
      continue;
    }
    const buildable = wanted.service.build !== undefined;
    addPull(plan, wanted, { cause: causeOf(wanted, options), orBuild: buildable }, observed, {
      quiet: options.quiet === true,
      failureIs: options.ignoreFailures ? 'warning' : 'error',
    });
  }
  for (const [name, { provider }] of Object.entries(project.services))
    if (provider !== undefined) plan.skipped.push({ kind: 'service', name, reason: 'No image to be pulled' });
  return plan.build();
}

const causeOf = ({ service }: WantedImage, { pull }: PullOptions): string =>
  pull !== undefined
    ? `--policy ${pull} was requested`
    : service.pull_policy === undefined
      ? 'pull was asked for'
      : `pull was requested, and its pull policy is ${service.pull_policy}`;

function skipReason(wanted: WantedImage, observed: Observed, options: PullOptions): string | undefined {
  const { service, use, reference } = wanted;
  if (use === 'container' && service.image === undefined) return 'No image to be pulled';
  const policy = options.pull ?? service.pull_policy;
  const rule = pullRule(policy, service.pull_refresh_after);
  if (rule.kind === 'never' || rule.kind === 'build') return `Its pull policy is ${policy}`;
  if (options.ignoreBuildable && service.build !== undefined) return 'Image can be built';
  // Without a policy `pull` always asks; `missing` is satisfied with a tag that does not move.
  if (policy === undefined || rule.kind !== 'missing' || /(?:^|\/)[^:/@]+(?::latest)?$/.test(reference))
    return undefined;
  return decisionFor(wanted, observed, options).kind === 'use'
    ? 'Image is already present locally'
    : undefined;
}
