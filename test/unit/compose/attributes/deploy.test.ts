import { attribute } from './attribute.ts';

attribute('deploy', {
  printed: [
    [
      {
        mode: 'replicated',
        replicas: '6',
        labels: ['FOO=BAR'],
        endpoint_mode: 'vip',
        update_config: {
          parallelism: 0,
          delay: '10s',
          monitor: '60s',
          failure_action: 'continue',
          max_failure_ratio: 0.3,
          order: 'start-first',
        },
        restart_policy: { condition: 'on-failure', delay: '5s', max_attempts: 3, window: '2m' },
      },
      `
      deploy:
        mode: replicated
        replicas: 6
        labels:
          FOO: BAR
        update_config:
          parallelism: 0
          delay: 10s
          failure_action: continue
          monitor: 1m0s
          max_failure_ratio: 0.3
          order: start-first
        restart_policy:
          condition: on-failure
          delay: 5s
          max_attempts: 3
          window: 2m0s
        endpoint_mode: vip`,
    ],
    [
      {
        resources: {
          limits: { cpus: '0.001', memory: '50M', pids: 7 },
          reservations: {
            cpus: 0.0001,
            memory: '20M',
            generic_resources: [{ discrete_resource_spec: { kind: 'gpu', value: 2 } }],
            devices: [{ capabilities: ['gpu'] }],
          },
        },
        placement: { constraints: ['node=foo'], preferences: [{ spread: 'az' }], max_replicas_per_node: 5 },
      },
      `
      deploy:
        resources:
          limits:
            cpus: 0.001
            memory: "52428800"
            pids: 7
          reservations:
            cpus: 0.0001
            memory: "20971520"
            devices:
              - capabilities:
                  - gpu
                count: -1
            generic_resources:
              - discrete_resource_spec:
                  kind: gpu
                  value: 2
        placement:
          constraints:
            - node=foo
          preferences:
            - spread: az
          max_replicas_per_node: 5`,
    ],
    [null, ''],
    [
      {},
      `
      deploy: {}`,
    ],
  ],
  refused: [
    [{ replicas: 2, labels: 'x' }, 'services.web.deploy.labels must be a mapping or a list'],
    [
      { resources: { reservations: { devices: [{ capabilities: ['gpu'], count: 1, device_ids: ['0'] }] } } },
      'services.web.deploy.resources.reservations.devices[0]: "count" and "device_ids" attributes are exclusive',
    ],
    [{ replicas: -1 }, 'services.web.deploy.replicas: must be greater than or equal to 0'],
    [
      { update_config: { order: 'first' } },
      'services.web.deploy.update_config.order must be one of stop-first, start-first',
    ],
    [
      { resources: { limits: { memory: 50 } } },
      'services.web.deploy.resources.limits.memory must be a string',
    ],
    [{ resorces: {} }, 'services.web.deploy: unknown attribute "resorces"'],
    [['x'], 'services.web.deploy must be a mapping or empty'],
  ],
  warned: [
    [
      { mode: 'global', placement: {}, rollback_config: {} },
      '"deploy.mode" is not supported: only a cluster has it (web)',
      '"deploy.placement" is not supported: only a cluster has it (web)',
      '"deploy.rollback_config" is not supported: only a cluster has it (web)',
    ],
    [{ mode: 'replicated', replicas: 2 }],
  ],
});
