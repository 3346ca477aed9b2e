import fc from 'fast-check';
import type { Tree, TreeMap } from '../../../src/compose/tree.ts';

/** Text with everything that makes YAML quote, `$` included. */
const text = fc.oneof(
  fc.string({
    unit: fc.constantFrom('a', 'B', '1', ' ', ':', '#', '-', '\n', '"', "'", '$', '{', 'é', '\t'),
    maxLength: 12,
  }),
  fc.constantFrom('true', '12', '1.5', 'null', '~', '2001-01-01', '0x1f', 'yes', '', '$HOME', '${X:-y}'),
);
const key = fc.string({
  unit: fc.constantFrom('a', 'B', '1', '_', '.', '-', 'k'),
  minLength: 1,
  maxLength: 6,
});
const pairs = fc.oneof(
  fc.dictionary(key, fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null))),
  fc.uniqueArray(
    fc.tuple(key, text).map(([name, value]) => `${name}=${value}`),
    { maxLength: 3 },
  ),
);
const port = fc.integer({ min: 1, max: 65_535 });
const target = key.map((name) => `/${name}`);
const list = (item: fc.Arbitrary<string>) => fc.uniqueArray(item, { maxLength: 3 });
const bytes = fc.oneof(fc.nat(1e9), fc.constantFrom('50m', '1.5g', '2kb', '7'));
const duration = fc.constantFrom('10s', '1m30s', '1.5h', '0', '250ms', '1w');

/** Values of attributes that hold for any service. */
const attributes: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  annotations: pairs,
  attach: fc.boolean(),
  blkio_config: fc.record({ weight: fc.integer({ min: 10, max: 1000 }) }),
  cap_add: list(key),
  command: fc.oneof(fc.array(text), fc.constantFrom('echo "a b"', '', null)),
  cpus: fc.float({ min: Math.fround(0.01), max: 64, noNaN: true }),
  cpu_shares: fc.nat(4096),
  develop: fc.constantFrom({ watch: [{ path: './src', action: 'sync', target: '/src', ignore: 'a' }] }),
  devices: list(fc.constantFrom('/dev/a', '/dev/b:/dev/c', '/dev/d:/dev/e:r')),
  dns: fc.constantFrom('1.1.1.1', ['1.1.1.1', '::1']),
  entrypoint: fc.array(text),
  environment: pairs,
  expose: list(port.map(String)),
  extra_hosts: fc.oneof(
    fc.dictionary(fc.constantFrom('h', 'i'), fc.constantFrom('1.1.1.1', '::1')),
    list(fc.constantFrom('a=1.1.1.1', 'b:2.2.2.2')),
  ),
  gpus: fc.constantFrom('all', [{ count: 2, driver: 'd' }]),
  group_add: fc.uniqueArray(fc.oneof(fc.nat(99), fc.constantFrom('audio', '7'))),
  healthcheck: fc.record(
    { test: fc.oneof(text, fc.constant(['CMD', 'true'])), interval: duration, retries: fc.nat(9) },
    { requiredKeys: [] },
  ),
  init: fc.boolean(),
  labels: pairs,
  logging: fc.record({ driver: key, options: fc.dictionary(key, fc.oneof(text, fc.integer())) }),
  mem_limit: bytes,
  networks: fc.constantFrom(['front'], { back: { aliases: ['a'], priority: 3 }, front: null }),
  oom_score_adj: fc.integer({ min: -1000, max: 1000 }),
  ports: fc.uniqueArray(
    fc.oneof(
      port,
      fc.tuple(port, port).map(([host, container]) => `127.0.0.1:${host}:${container}`),
      fc.constantFrom('3000-3002', '9000-9001:80-81/udp', '[::1]:70:70', '4000-4010:99'),
      fc.record({ target: port, published: port.map(String), protocol: fc.constantFrom('tcp', 'udp') }),
    ),
    { maxLength: 3, selector: JSON.stringify },
  ),
  read_only: fc.boolean(),
  restart: fc.constantFrom('no', 'always', 'on-failure:3'),
  secrets: fc.constantFrom(['s'], [{ source: 's', target: '/t', mode: '0440', uid: '1' }]),
  configs: fc.constantFrom(['c'], [{ source: 'c', mode: 292 }]),
  stop_grace_period: duration,
  sysctls: pairs,
  tmpfs: fc.constantFrom('/run', ['/run', '/tmp:size=1m']),
  ulimits: fc.constantFrom({ nofile: 5, core: { soft: 0, hard: -1 } }),
  user: fc.constantFrom('1000', '1000:1000', 'root'),
  volumes: fc.uniqueArray(
    fc.oneof(
      target,
      target.map((path) => `./src:${path}:ro`),
      target.map((path) => `data:${path}:nocopy`),
      target.map((path) => ({ type: 'tmpfs', target: path, tmpfs: { size: '1m', mode: 0o1777 } })),
      target.map((path) => ({ type: 'bind', source: '/a', target: path, bind: { create_host_path: false } })),
    ),
    {
      maxLength: 3,
      selector: (mount) => (typeof mount === 'string' ? mount.split(':').at(-2) : mount.target) ?? mount,
    },
  ),
  working_dir: target,
  'x-own': fc.oneof(text, fc.constant({ b: [1.5, { a: null }], a: 1e21 })),
};

const service = fc.record(
  { image: fc.constantFrom('redis', 'a/b:1'), ...attributes },
  { requiredKeys: ['image'] },
);

/** Whole projects, each service depending only on earlier ones; not all of them are valid. */
export const composeTree: fc.Arbitrary<TreeMap> = fc
  .record({
    services: fc.array(service, { minLength: 1, maxLength: 4 }),
    extension: text,
  })
  .map(({ services, extension }) => ({
    services: Object.fromEntries(
      services.map((attributes, index) => {
        const earlier = index === 0 ? {} : { depends_on: [`s${index - 1}`] };
        return [`s${index}`, { ...attributes, ...earlier } as unknown as TreeMap];
      }),
    ),
    networks: { front: null, back: { driver_opts: { a: 1 }, ipam: { config: [{ subnet: '10.9.0.0/16' }] } } },
    volumes: { data: { labels: ['a=b'] } },
    secrets: { s: { environment: 'TOKEN' } },
    configs: { c: { content: extension as Tree } },
    'x-top': extension as Tree,
  }));
