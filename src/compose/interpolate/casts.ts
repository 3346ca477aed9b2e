import { buildPathTable } from '../normalize/path-table.ts';

/** The type to which a string in a typed place is converted. */
export type Cast = 'integer' | 'number' | 'boolean';

const service = (cast: Cast, ...names: string[]) =>
  names.map((name) => [`services.*.${name}`, cast] as const);

/**
 * Places whose strings are converted after interpolation, so that `replicas: ${N}` is a number. Source: the typed
 * attributes of the Compose Specification's schema that also accept a string.
 */
export const castTable = buildPathTable<Cast>([
  ...service(
    'integer',
    'cpu_count',
    'cpu_period',
    'cpu_quota',
    'cpu_shares',
    'deploy.placement.max_replicas_per_node',
    'deploy.replicas',
    'deploy.resources.limits.pids',
    'deploy.restart_policy.max_attempts',
    'deploy.rollback_config.parallelism',
    'deploy.update_config.parallelism',
    'healthcheck.retries',
    'oom_score_adj',
    'pids_limit',
    'ports.[].target',
    'scale',
    'ulimits.*',
    'ulimits.*.hard',
    'ulimits.*.soft',
    'build.ulimits.*',
    'build.ulimits.*.hard',
    'build.ulimits.*.soft',
  ),
  ...service(
    'number',
    'cpu_percent',
    'cpus',
    'deploy.rollback_config.max_failure_ratio',
    'deploy.update_config.max_failure_ratio',
  ),
  ...service(
    'boolean',
    'attach',
    'build.no_cache',
    'build.privileged',
    'build.pull',
    'depends_on.*.restart',
    'develop.watch.[].exec.privileged',
    'env_file.[].required',
    'healthcheck.disable',
    'init',
    'oom_kill_disable',
    'post_start.[].privileged',
    'pre_start.[].per_replica',
    'pre_start.[].privileged',
    'pre_stop.[].privileged',
    'privileged',
    'read_only',
    'stdin_open',
    'tty',
    'volumes.[].bind.create_host_path',
    'volumes.[].read_only',
    'volumes.[].volume.nocopy',
  ),
  ...['configs', 'networks', 'secrets', 'volumes'].map(
    (section) => [`${section}.*.external`, 'boolean'] as const,
  ),
  ...['attachable', 'enable_ipv4', 'enable_ipv6', 'internal'].map(
    (name) => [`networks.*.${name}`, 'boolean'] as const,
  ),
]);

/** A converted value; `old` marks words of YAML 1.1 that are no longer booleans but still accepted. */
type CastResult = { readonly value: number | boolean; readonly old?: boolean } | { readonly error: string };

/** Converts a string to the type of its place. */
export function castScalar(text: string, cast: Cast): CastResult {
  const quoted = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  if (cast === 'boolean') {
    const word = text.toLowerCase();
    if (word === 'true' || word === 'false') return { value: word === 'true' };
    if (['y', 'yes', 'on'].includes(word)) return { value: true, old: true };
    if (['n', 'no', 'off'].includes(word)) return { value: false, old: true };
    return { error: `"${quoted}" is not a boolean` };
  }
  const digits = text.trim();
  const finite = Number.isFinite(Number(digits));
  if (cast === 'integer' && finite && /^[-+]?\d+$/.test(digits)) return { value: Number(digits) };
  if (cast === 'number' && finite && /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(digits)) {
    return { value: Number(digits) };
  }
  return { error: `"${quoted}" is not ${cast === 'integer' ? 'an integer' : 'a number'}` };
}
