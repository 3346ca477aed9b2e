import type { Project } from '../compose/model/project.ts';
import type { Service } from '../compose/model/service.ts';
import { TcomposeError, TcomposeErrors } from '../errors.ts';
import { idDigits, listedName } from '../image/reference.ts';
import { nearest } from '../nearest.ts';
import { imageReference } from './names.ts';
import type { Observed } from './observed.ts';
import type { StepRef } from './plan.ts';
import type { PlanBuilder } from './plan-builder.ts';

/** The image every tcompose engine has. */
const BUILT_IN = 'tcompose/host:latest';

/**
 * `override` is the policy the command line asks for instead of the services' own.
 * Plans the fetching of images that are not here; the map leads from service to the step that fetches its image.
 * @throws TcomposeError PROJECT_IMAGE_MISSING, one a service, when it cannot be fetched.
 */
export function requireImages(
  project: Project,
  observed: Observed,
  plan: PlanBuilder,
  canPull: boolean,
  override?: string,
): ReadonlyMap<string, StepRef> {
  const fetched = new Map<string, StepRef>();
  const missing: TcomposeError[] = [];
  for (const service of Object.values(project.services)) {
    if (service.provider !== undefined) continue;
    const reference = imageReference(project, service);
    const local = observed.images.has(listedName(reference)) || isIdOf(reference, observed);
    const policy = override ?? service.pull_policy ?? 'missing';
    const wantsPull = policy === 'always' || (!local && policy !== 'never' && policy !== 'build');
    if (local && !canPull && policy !== 'missing' && policy !== 'never' && policy !== 'build')
      plan.warnings.push(
        `pull_policy ${policy} of service ${service.name} is not carried out: this engine cannot pull yet, and the local image is used`,
      );
    if (local && !(wantsPull && canPull)) continue;
    if (service.build === undefined && wantsPull && canPull)
      fetched.set(
        service.name,
        plan.add(
          { kind: 'pull-image', reference, platform: service.platform },
          local ? 'its pull policy is always' : 'it is not on this machine',
        ),
      );
    else if (!local) missing.push(missingImage(service, reference, observed));
  }
  if (missing.length === 1) throw missing[0]!;
  if (missing.length > 1) throw new TcomposeErrors(missing);
  return fetched;
}

/** A reference may also be (the beginning of) an image id. */
function isIdOf(reference: string, observed: Observed): boolean {
  const digits = idDigits(reference);
  if (digits === undefined || digits.length < shortestId) return false;
  return [...observed.images.values()].some((id) => idDigits(id)?.startsWith(digits));
}

/** Digits of an id from which on a reference is taken for one. */
const shortestId = 12;

function missingImage(service: Service, reference: string, observed: Observed): TcomposeError {
  if (service.build !== undefined)
    return new TcomposeError(
      'PROJECT_IMAGE_MISSING',
      `service ${service.name} is to be built, and building is not available yet; there is no image ${reference} on this machine`,
      { hint: `Import one by that name: tcompose image import ROOTFS.tar ${reference}` },
    );
  const names = [...observed.images.keys()].filter(
    (name) => !name.startsWith('sha256:') && !name.includes('@'),
  );
  const near = nearest(listedName(reference), names);
  const others = names.includes(BUILT_IN) ? ` The built-in image is ${BUILT_IN.replace(':latest', '')}.` : '';
  return new TcomposeError(
    'PROJECT_IMAGE_MISSING',
    `image ${reference} of service ${service.name} is not on this machine`,
    {
      hint:
        near === undefined
          ? `Import it from a root file system: tcompose image import ROOTFS.tar ${reference}.${others}`
          : `The nearest local name is ${near}. Import another with: tcompose image import ROOTFS.tar ${reference}.${others}`,
    },
  );
}
