/**
 * What tcompose does with each attribute of a compose file on one Linux machine. `yes`: it takes effect. `config`:
 * read, checked and printed; it needs no effect. `later`: read, checked and printed; the command that would apply it
 * refuses it by name. `warning`: read, checked and printed, and named in a warning when a project uses it.
 */
type Support = 'yes' | 'config' | 'later' | 'warning';

export interface SupportEntry {
  readonly support: Support;
  readonly note?: string;
  /** What differs in a rootless engine; absent: nothing. */
  readonly rootless?: string;
}

const yes = (note?: string): SupportEntry =>
  note === undefined ? { support: 'yes' } : { support: 'yes', note };
/** Takes effect, but differently without root. */
const yesBut = (rootless: string, note?: string): SupportEntry => ({ ...yes(note), rootless });
const config = (note: string): SupportEntry => ({ support: 'config', note });
const later = (note: string): SupportEntry => ({ support: 'later', note });
const warning = (note: string): SupportEntry => ({ support: 'warning', note });

const delegated =
  'where a control group is delegated to the user (cgroup v2); otherwise ignored with a warning';
const windows = 'only Windows has it';
const cluster = 'only a cluster has it';
const resolved = 'resolved while the file is loaded';

/** Attributes of a service. */
export const serviceSupport: Readonly<Record<string, SupportEntry>> = {
  annotations: yes(),
  attach: yes(),
  blkio_config: yesBut(delegated, 'where the kernel has the controller'),
  build: yes('entitlements, privileged, provenance and sbom are ignored with a warning'),
  cap_add: yes(),
  cap_drop: yes(),
  cgroup: yes(),
  cgroup_parent: yesBut(delegated),
  command: yes('a string ends at an unquoted shell operator, with a warning'),
  configs: yes('uid, gid and mode only for content and environment'),
  container_name: yes(),
  cpu_count: warning(windows),
  cpu_percent: warning(windows),
  cpu_period: yesBut(delegated),
  cpu_quota: yesBut(delegated),
  cpu_rt_period: yesBut(delegated, 'where the kernel schedules groups in real time'),
  cpu_rt_runtime: yesBut(delegated, 'where the kernel schedules groups in real time'),
  cpu_shares: yesBut(delegated),
  cpus: yesBut(delegated),
  cpuset: yesBut(delegated),
  credential_spec: warning(windows),
  depends_on: yes(),
  deploy: yes('see below'),
  develop: yes(
    'by `watch` and `up --watch`; a rebuild swaps containers without a refused connection, unless `x-rebuild: recreate`',
  ),
  device_cgroup_rules: yesBut('ignored: containers can open whatever devices the user may open'),
  devices: yesBut(
    'only devices that the user may open, under the name they have on the machine',
    'a CDI name needs an engine that resolves it',
  ),
  dns: yes(),
  dns_opt: yes(),
  dns_search: yes(),
  domainname: yes(),
  entrypoint: yes('as command'),
  env_file: config(resolved),
  environment: yes(),
  expose: yes(),
  extends: config(resolved),
  external_links: yes(),
  extra_hosts: yes(),
  gpus: yes('passed to the engine; the built-in one warns that it has none'),
  group_add: yesBut('also `keep-groups`: your own groups'),
  healthcheck: yes(),
  hostname: yes(),
  image: yes(),
  init: yes(),
  ipc: yesBut('with host: without /dev/mqueue'),
  isolation: warning(windows),
  label_file: config(resolved),
  labels: yes(),
  links: yes(),
  logging: yes(
    'the engine says which drivers it has; without options the log keeps 5 files of 100 MB, where Docker keeps all; a file outgrows `max-size` by up to 16 MiB while a client that follows it, or follows events at the start, has yet to open it',
  ),
  mac_address: yes(),
  mem_limit: yesBut(delegated),
  mem_reservation: yesBut(delegated),
  mem_swappiness: yesBut(delegated, 'cgroup v1 only'),
  memswap_limit: yesBut(delegated),
  models: warning('no model runner is built in'),
  network_mode: yesBut('with host: /sys is the machine’s, read-only'),
  networks: yes(),
  oom_kill_disable: yesBut(delegated, 'cgroup v1 only'),
  oom_score_adj: yesBut('can only be raised; otherwise a warning'),
  pid: yesBut('with host: /proc is the machine’s'),
  pids_limit: yesBut(delegated),
  platform: yes(),
  ports: yesBut(
    'from net.ipv4.ip_unprivileged_port_start upwards; the error for lower ports names the setting',
  ),
  post_start: yes(),
  pre_start: yes('once for each service'),
  pre_stop: yes(),
  privileged: yesBut('all rights over what the user owns, and the devices the user may open'),
  profiles: config('decides which services are enabled'),
  provider: warning('no external program is started'),
  pull_policy: yes('[images](images.md)'),
  pull_refresh_after: yes('with `pull_policy: refresh`'),
  read_only: yes(),
  restart: yes(),
  runtime: yesBut(
    'the built-in one',
    'the built-in one, or another on this machine: [runtimes](runtimes.md)',
  ),
  scale: yes(),
  secrets: yes('uid, gid and mode only for environment'),
  security_opt: yes(),
  shm_size: yes(),
  stdin_open: yes(),
  stop_grace_period: yes(),
  stop_signal: yes(),
  storage_opt: warning('the storage has no quotas'),
  sysctls: yes(),
  tmpfs: yes(),
  tty: yes(),
  ulimits: yesBut('up to the user’s own hard limits; otherwise a warning'),
  use_api_socket: warning('containers do not get the API socket'),
  user: yes(),
  userns_mode: yes('host; the engine of a user who is not root has keep-id, too; any other is refused'),
  uts: yes(),
  volumes: yes('`type: image` only with the built-in runtime'),
  volumes_from: yes(),
  working_dir: yes(),
};

/** Attributes inside a service, by their path below it; `*` matches any index. */
export const nestedSupport: Readonly<Record<string, SupportEntry>> = {
  'deploy.endpoint_mode': warning(cluster),
  'deploy.labels': config('labels of the service, not of its containers'),
  'deploy.mode': warning(cluster),
  'deploy.placement': warning(cluster),
  'deploy.replicas': yes(),
  'deploy.resources.limits.cpus': yes(),
  'deploy.resources.limits.memory': yes(),
  'deploy.resources.limits.pids': yes(),
  'deploy.resources.reservations.cpus': warning(cluster),
  'deploy.resources.reservations.devices': yes('as gpus'),
  'deploy.resources.reservations.generic_resources': warning(cluster),
  'deploy.resources.reservations.memory': yes(),
  'deploy.restart_policy.condition': yes(),
  'deploy.restart_policy.delay': warning('the engine chooses the delay'),
  'deploy.restart_policy.max_attempts': yes(),
  'deploy.restart_policy.window': warning('the engine chooses the window'),
  'deploy.rollback_config': warning(cluster),
  'deploy.update_config': warning(cluster),
  'pre_start.*.per_replica': warning('hooks run once for each service'),
  'volumes.*.consistency': warning('only Docker Desktop has it'),
};

/** Attributes of top-level resources, by section and attribute; without an attribute, the section itself. */
export const resourceSupport: Readonly<Record<string, SupportEntry>> = {
  include: config(resolved),
  name: yes(),
  version: config('obsolete; a warning says so'),
  services: yes(),
  networks: yes(),
  'networks.attachable': warning(cluster),
  volumes: yes(),
  'volumes.driver': yes('local'),
  configs: yes(),
  'configs.external': later('there is no store of configs'),
  'configs.template_driver': later('there are no template drivers'),
  secrets: yes(),
  'secrets.driver': later('there are no secret drivers'),
  'secrets.external': later('there is no store of secrets'),
  'secrets.template_driver': later('there are no template drivers'),
  models: warning('no model runner is built in'),
};
