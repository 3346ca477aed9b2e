import { describe, expect, it } from 'vitest';
import { load, refused } from '../load/project.ts';

const toMake = { toMake: true };
const networks = 'networks: {n: {ipam: {config: [{subnet: 10.9.0.0/24}, {subnet: "fd00::/64"}]}}}\n';
const text = (attributes: string) =>
  `services:\n  s:\n    image: x\n    ${attributes}\nvolumes: {v: {}}\n${networks}`;

describe('what no container can be made of', () => {
  it.each([
    ['restart: allways', "unknown policy 'allways'", 4, 5],
    ['restart: always:3', 'no count of retries', 4, 5],
    ['restart: on-failure:x', 'no count of retries', 4, 5],
    [`hostname: ${'a'.repeat(65)}`, '65 characters are too many', 4, 5],
    [`domainname: ${'a'.repeat(65)}`, '65 characters are too many', 4, 5],
    ['volumes: ["./a:/ok", "./a:x"]', "invalid mount path: 'x' mount path must be absolute", 4, 26],
    ['volumes: ["v:"]', "'v:' mount path must be absolute", 4, 15],
    ['volumes: ["./a:/"]', 'nothing can be mounted at /', 4, 15],
    ['tmpfs: [run]', "'run' mount path must be absolute", 4, 13],
    ['working_dir: app', "the working directory 'app' is invalid", 4, 5],
    ['devices: ["/dev/x:/dev/x:rx"]', 'invalid device permissions "rx"', 4, 15],
    ['dns: [dns.example]', '"dns.example" is not an IP address', 4, 11],
    ['networks: {default: {ipv4_address: 10.0.0}}', '"10.0.0" is not an IP address', 4, 26],
    [
      'networks: {n: {ipv4_address: 10.9.1.5}}',
      'no configured subnet of network n contains the IP address',
      4,
      20,
    ],
    [
      'networks: {n: {ipv6_address: "fd00:1::5"}}',
      'no configured subnet of network n contains the IP',
      4,
      20,
    ],
    ['networks: {n: {mac_address: zz}}', 'invalid MAC address: zz', 4, 20],
    ['mac_address: 02:42:ac:11:00', 'invalid MAC address: 02:42:ac:11:00', 4, 5],
  ])('%s is told with its place, before anything is made', async (attribute, message, line, column) => {
    const errors = await refused({ 'compose.yaml': text(attribute) }, toMake);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(` /project/compose.yaml:${line}:${column} `);
    expect(errors[0]).toContain(message);
    // `config` prints it, as Docker Compose does.
    await load({ 'compose.yaml': text(attribute) });
  });

  it.each([
    'restart: "no"',
    'restart: on-failure:3',
    'restart: unless-stopped',
    `hostname: ${'a'.repeat(64)}`,
    'volumes: ["v:/v", "/v2", {type: tmpfs, target: /t}]',
    'tmpfs: ["/run:size=1m"]',
    'working_dir: /app',
    'dns: [1.1.1.1, "::1"]',
    'networks: {default: {ipv4_address: 10.0.0.2}}',
    'networks: {n: {ipv4_address: 10.9.0.77, ipv6_address: "fd00::1:2", mac_address: "02:42:ac:11:00:02"}}',
    'mac_address: 02-42-AC-11-00-02',
  ])('%s is fine', async (attribute) => {
    await load({ 'compose.yaml': text(attribute) }, toMake);
  });

  it.each(['secret', 'config'])(
    'a %s of a variable that is not set is told where it is defined',
    async (kind) => {
      const files = {
        'compose.yaml': `services:\n  s: {image: x, ${kind}s: [k]}\n${kind}s:\n  k: {environment: TOKEN}\n`,
      };
      expect(await refused(files, toMake)).toEqual([
        `COMPOSE_VARIABLE_REQUIRED /project/compose.yaml:4:7 environment variable "TOKEN" required by ${kind} "project_k" is not set`,
      ]);
      await load(files, { ...toMake, env: { TOKEN: '' } });
      await load({ ...files, '.env': 'TOKEN=x' }, toMake);
      await load(files);
    },
  );

  it('is told of the services that are selected alone', async () => {
    const files = { 'compose.yaml': 'services: {a: {image: x}, b: {image: x, restart: allways}}' };
    await load(files, { ...toMake, services: ['a'] });
    expect(await refused(files, { ...toMake, services: ['b'] })).toHaveLength(1);
  });
});

describe('two services with one container name', () => {
  const files = {
    'compose.yaml':
      'services: {a: {image: x, container_name: one}, b: {image: x, container_name: one}, c: {image: x, depends_on: [a]}}',
  };

  it('are refused when both are selected', async () => {
    for (const services of [[], ['a', 'b'], ['b', 'c']])
      expect((await refused(files, { services }))[0]).toContain('container name "one" is already in use');
  });

  it('are fine when one of them is', async () => {
    for (const services of [['a'], ['b'], ['c']]) await load(files, { services });
    await load(files, { services: ['b', 'c'], dependencies: false });
  });
});

describe('a volume of one letter', () => {
  it.each([
    ['v:/d', { source: 'v', target: '/d' }],
    ['v:/d:ro', { source: 'v', target: '/d', read_only: true }],
    ['v:/d/', { source: 'v', target: '/d' }],
  ])('%s is that volume, for Linux has no drives', async (volume, expected) => {
    const { project } = await load({ 'compose.yaml': text(`volumes: ["${volume}"]`) }, toMake);
    expect(project.services.s?.volumes).toMatchObject([{ type: 'volume', ...expected }]);
  });

  it('that is not defined is told so, with its place', async () => {
    expect(await refused({ 'compose.yaml': text('volumes: ["w:/d"]') })).toEqual([
      'COMPOSE_UNDEFINED /project/compose.yaml:4:15 service "s" refers to undefined volume w',
    ]);
  });

  it.each(['C:/data:/data', 'C:\\\\data:/data', 'c:/a:/b:ro'])('is not meant by %s', async (volume) => {
    const { project } = await load({ 'compose.yaml': text(`volumes: ["${volume}"]`) });
    expect(project.services.s?.volumes?.[0]?.type).toBe('bind');
  });
});

it.each([
  ['healthcheck: {test: a, interval: 5}', 'A duration has a unit: 5s for seconds.'],
  ['stop_grace_period: 10', 'A duration has a unit: 10s for seconds.'],
  ['hostname: 5', 'Put the value in quotes: "5".'],
])('of %s the hint says how it is written', async (attribute, hint) => {
  await expect(load({ 'compose.yaml': text(attribute) })).rejects.toMatchObject({ hint });
});
