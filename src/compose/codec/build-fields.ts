import { type Fields, listOf, pairList, pairs, pairsOrNull, struct, texts } from './collections.ts';
import { bytes, fileMode, flag, text } from './scalars.ts';
import { hosts, ulimits } from './special.ts';

/** A config or secret put into a container or build. */
export const grant = struct([
  ['source', text],
  ['target', text],
  ['uid', text],
  ['gid', text],
  ['mode', fileMode],
]);

/** Attributes of `services.*.build` in the order of `config`. */
export const buildFields: Fields = [
  ['context', text],
  ['dockerfile', text],
  ['dockerfile_inline', text],
  ['entitlements', texts],
  ['args', pairsOrNull],
  ['provenance', text],
  ['sbom', text],
  ['ssh', pairList],
  ['labels', pairs],
  ['cache_from', texts],
  ['cache_to', texts],
  ['no_cache', flag],
  ['no_cache_filter', texts],
  ['additional_contexts', pairs],
  ['pull', flag],
  ['extra_hosts', hosts],
  ['isolation', text],
  ['network', text],
  ['target', text],
  ['secrets', listOf(grant)],
  ['shm_size', bytes],
  ['tags', texts],
  ['ulimits', ulimits],
  ['platforms', texts],
  ['privileged', flag],
];
