import { buildFields, grant } from './build-fields.ts';
import { type Fields, listOf, listsByKey, mapOf, pairs, pairsOrNull, struct, texts } from './collections.ts';
import { deployFields, deviceRequest } from './deploy-fields.ts';
import { developFields, hook, preStartHook } from './hook-fields.ts';
import { mountFields } from './mount-fields.ts';
import {
  bytes,
  durationAsGiven,
  flag,
  flagAsGiven,
  fraction,
  integer,
  integerAsGiven,
  optOut,
  text,
  unprinted,
} from './scalars.ts';
import {
  command,
  count,
  distinctTexts,
  healthTest,
  hosts,
  nonEmptyTexts,
  portNumber,
  ulimits,
} from './special.ts';

const rate = struct([
  ['path', text],
  ['rate', bytes],
]);

const blkioFields: Fields = [
  ['weight', integer],
  [
    'weight_device',
    listOf(
      struct([
        ['path', text],
        ['weight', integerAsGiven],
      ]),
    ),
  ],
  ['device_read_bps', listOf(rate)],
  ['device_read_iops', listOf(rate)],
  ['device_write_bps', listOf(rate)],
  ['device_write_iops', listOf(rate)],
];

const healthcheckFields: Fields = [
  ['test', healthTest],
  ['timeout', durationAsGiven],
  ['interval', durationAsGiven],
  ['retries', count],
  ['start_period', durationAsGiven],
  ['start_interval', durationAsGiven],
  ['disable', flag],
];

const networkFields: Fields = [
  ['aliases', texts],
  ['driver_opts', pairs],
  ['gw_priority', integer],
  ['interface_name', text],
  ['ipv4_address', text],
  ['ipv6_address', text],
  ['link_local_ips', texts],
  ['mac_address', text],
  ['priority', integer],
];

const portFields: Fields = [
  ['name', text],
  ['mode', text],
  ['host_ip', text],
  ['target', portNumber],
  ['published', text],
  ['protocol', text],
  ['app_protocol', text],
];

/** Attributes of a service in the order of `config`, which is that of Docker Compose's own model, with their codecs. */
export const serviceFields: Fields = [
  ['profiles', texts],
  ['annotations', pairs],
  ['attach', flagAsGiven],
  ['build', struct(buildFields)],
  ['develop', struct(developFields)],
  ['blkio_config', struct(blkioFields)],
  ['cap_add', texts],
  ['cap_drop', texts],
  ['cgroup_parent', text],
  ['cgroup', text],
  ['cpu_count', integer],
  ['cpu_percent', fraction],
  ['cpu_period', integer],
  ['cpu_quota', integer],
  ['cpu_rt_period', integer],
  ['cpu_rt_runtime', integer],
  ['cpus', fraction],
  ['cpuset', text],
  ['cpu_shares', integer],
  ['command', command],
  ['configs', listOf(grant)],
  ['container_name', text],
  [
    'credential_spec',
    struct([
      ['config', text],
      ['file', text],
      ['registry', text],
    ]),
  ],
  [
    'depends_on',
    mapOf(
      struct([
        ['condition', text],
        ['restart', flag],
        ['required', flagAsGiven],
      ]),
    ),
  ],
  ['deploy', struct(deployFields)],
  ['device_cgroup_rules', texts],
  [
    'devices',
    listOf(
      struct([
        ['source', text],
        ['target', text],
        ['permissions', text],
      ]),
    ),
  ],
  ['dns', nonEmptyTexts],
  ['dns_opt', texts],
  ['dns_search', texts],
  ['dockerfile', text],
  ['domainname', text],
  ['entrypoint', command],
  [
    'provider',
    struct([
      ['type', text],
      ['options', listsByKey],
    ]),
  ],
  ['environment', pairsOrNull],
  [
    'env_file',
    listOf(
      struct([
        ['path', text],
        ['required', optOut],
        ['format', text],
      ]),
    ),
  ],
  ['expose', distinctTexts],
  [
    'extends',
    struct([
      ['file', text],
      ['service', text],
    ]),
  ],
  ['external_links', texts],
  ['extra_hosts', hosts],
  ['group_add', distinctTexts],
  ['gpus', listOf(deviceRequest)],
  ['hostname', text],
  ['healthcheck', struct(healthcheckFields)],
  ['image', text],
  ['init', flagAsGiven],
  ['ipc', text],
  ['isolation', text],
  ['labels', pairs],
  ['label_file', texts],
  ['links', texts],
  [
    'logging',
    struct([
      ['driver', text],
      ['options', pairs],
    ]),
  ],
  ['log_driver', text],
  ['log_opt', pairs],
  ['mem_limit', bytes],
  ['mem_reservation', bytes],
  ['memswap_limit', bytes],
  ['mem_swappiness', bytes],
  ['mac_address', text],
  [
    'models',
    mapOf(
      struct([
        ['endpoint_var', text],
        ['model_var', text],
      ]),
    ),
  ],
  ['net', text],
  ['network_mode', text],
  ['networks', mapOf(struct(networkFields))],
  ['oom_kill_disable', flag],
  ['oom_score_adj', integer],
  ['pid', text],
  ['pids_limit', integer],
  ['platform', text],
  ['ports', listOf(struct(portFields))],
  ['privileged', flag],
  ['pull_policy', text],
  ['pull_refresh_after', unprinted],
  ['read_only', flag],
  ['restart', text],
  ['runtime', text],
  ['scale', integerAsGiven],
  ['secrets', listOf(grant)],
  ['security_opt', texts],
  ['shm_size', bytes],
  ['stdin_open', flag],
  ['stop_grace_period', durationAsGiven],
  ['stop_signal', text],
  ['storage_opt', pairs],
  ['sysctls', pairs],
  ['tmpfs', texts],
  ['tty', flag],
  ['ulimits', ulimits],
  ['use_api_socket', flag],
  ['user', text],
  ['userns_mode', text],
  ['uts', text],
  ['volume_driver', text],
  ['volumes', listOf(struct(mountFields))],
  ['volumes_from', texts],
  ['working_dir', text],
  ['pre_start', listOf(preStartHook)],
  ['post_start', listOf(hook)],
  ['pre_stop', listOf(hook)],
];

/** A value under `services`. */
export const service = struct(serviceFields);
