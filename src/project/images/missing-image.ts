import { TcomposeError } from '../../errors.ts';
import { familiarName, listedName, parseReference } from '../../image/reference.ts';
import { nearest } from '../../nearest.ts';
import type { Observed } from '../observed.ts';
import type { WantedImage } from './wanted-images.ts';

/** The image that every tcompose engine has. */
const builtIn = 'tcompose/host:latest';

/** The error for an image that is missing and not pulled: why, which name is similar, and how to get it. */
export function missingImage(
  wanted: WantedImage,
  cause: string,
  observed: Observed,
  { canPull, noBuild = false }: { readonly canPull: boolean; readonly noBuild?: boolean },
): TcomposeError {
  const { reference, service, use } = wanted;
  const what = use === 'container' ? '' : use === 'mount' ? ' mounted by' : ' of a hook of';
  if (use === 'container' && service.build !== undefined)
    return new TcomposeError(
      'PROJECT_IMAGE_MISSING',
      noBuild
        ? `image ${reference} of service ${service.name} must be built (${cause}), but --no-build forbids that`
        : `image ${reference} of service ${service.name} can't be used (${cause}), and its pull policy forbids building it now`,
      {
        hint: `${noBuild ? 'Leave --no-build out, or build it' : 'Build it'}: tcompose build ${service.name}`,
      },
    );
  const never = canPull && cause === notHere ? ', and may not be pulled' : '';
  return new TcomposeError(
    'PROJECT_IMAGE_MISSING',
    cause === notHere
      ? `image ${reference}${what === '' ? ' of' : what} service ${service.name} is not on this machine${never}`
      : `image ${reference}${what === '' ? ' of' : what} service ${service.name} can't be used: ${cause}`,
    { hint: hintFor(reference, observed, canPull) },
  );
}

/** The built-in image shows the programs of its machine: it can't be changed, and exists only for that platform. */
export const isBuiltIn = (reference: string): boolean => listedName(reference) === builtIn;

const notHere = 'it is not on this machine';

function hintFor(reference: string, observed: Observed, canPull: boolean): string {
  if (isBuiltIn(reference))
    return 'It shows the programs of its machine, so every tcompose engine has it, no other engine does, and only for one platform.';
  const names = localNames(observed);
  const near = nearImage(reference, observed);
  const others = names.includes(builtIn) ? ` The built-in image is ${builtIn.replace(':latest', '')}.` : '';
  if (canPull)
    return `${near === undefined ? '' : `The nearest local name is ${near}. `}Fetch it: tcompose image pull ${reference}`;
  return near === undefined
    ? `Import it from a root file system: tcompose image import ROOTFS.tar ${reference}.${others}`
    : `The nearest local name is ${near}. Import another with: tcompose image import ROOTFS.tar ${reference}.${others}`;
}

const localNames = (observed: Observed): readonly string[] =>
  [...observed.images.keys()].filter((name) => !name.startsWith('sha256:') && !name.includes('@'));

/**
 * A local name similar to a reference: one that differs in few letters, else another tag of the same repository. Of names
 * in the same registry only the rest counts, since a registry's long name makes any two of its images alike.
 */
export function nearImage(reference: string, observed: Observed): string | undefined {
  const wanted = listedName(reference);
  const names = localNames(observed).filter((name) => name !== wanted);
  const registry = registryOf(wanted);
  const beside = names.filter((name) => name.startsWith(registry));
  const rest = (name: string) => name.slice(registry.length);
  const near = nearest(rest(wanted), beside.map(rest));
  if (near !== undefined) return `${registry}${near}`;
  const elsewhere = names.filter((name) => !name.startsWith(registry));
  return nearest(wanted, elsewhere) ?? names.find((name) => repositoryOf(name) === repositoryOf(wanted));
}

/** `registry.example/`, or nothing for names of Docker Hub. */
function registryOf(name: string): string {
  try {
    const { domain } = parseReference(name);
    return name.startsWith(`${domain}/`) ? `${domain}/` : '';
  } catch {
    return '';
  }
}

function repositoryOf(name: string): string {
  try {
    return familiarName(parseReference(name));
  } catch {
    return name;
  }
}
