import type { OciSpec } from '../oci-types.ts';
import { checkHooks } from './check-hooks.ts';
import { checkMounts } from './check-mounts.ts';
import { checkNamespaces } from './check-namespaces.ts';
import { checkClocksAndPersonality, checkProcess } from './check-process.ts';
import { checkUncarried } from './check-uncarried.ts';

/**
 * Throws for a spec that must not be carried out, or can't be: a setting in a namespace that is not the container's (it
 * would affect the machine), a value that the runtime-spec does not define, a field of it that is not supported. Called
 * before every plan is built, whoever wrote the spec. Properties that the runtime-spec does not define are ignored, as
 * it demands.
 */
export function checkSpec(spec: OciSpec): void {
  checkNamespaces(spec);
  checkUncarried(spec);
  checkProcess(spec.process);
  checkClocksAndPersonality(spec);
  checkHooks(spec);
  checkMounts(spec);
}
