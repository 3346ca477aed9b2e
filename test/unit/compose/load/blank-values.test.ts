import { describe, expect, it } from 'vitest';
import { renderConfig } from '../../../../src/compose/config/index.ts';
import { load, refused } from './project.ts';

const service = (attribute: string, more = '') =>
  `services:\n  s:\n    image: x\n    ${attribute}\n  t: {image: y}\n${more}`;
const printed = async (text: string) =>
  renderConfig((await load({ 'compose.yaml': text })).project, { format: 'yaml' });

// What Docker Compose 2.40.3 makes of `${UNSET}` at each place; attributes that are not here it leaves out of what it prints.
describe('a value that is blank because its variable is not set', () => {
  it.each([
    ['an image', 'services: {s: {image: "${N}"}}', 'neither an image nor a build context'],
    ['the name', 'name: "${N}"\nservices: {s: {image: x}}', 'project name must not be empty'],
    ['a name of other characters', 'name: "!!"\nservices: {s: {image: x}}', 'project name must not be empty'],
    ['container_name', service('container_name: "${N}"'), 'must have two characters'],
    ['pull_policy', service('pull_policy: "${N}"'), 'must be always, never'],
    ['an address of a port', service('ports: [{target: 80, host_ip: "${N}"}]'), 'invalid ip address'],
    ['a volume', service('volumes: ["${N}"]'), 'it is empty'],
    ['a half of a volume', service('volumes: ["${N}:/v"]'), 'empty section between colons'],
    ['an env_file', service('env_file: "${N}"'), 'env file  not found'],
    [
      'the path of a watch rule',
      service('develop: {watch: [{path: "${N}", action: rebuild}]}'),
      "can't be blank",
    ],
    ['a network', service('networks: ["${N}"]'), 'refers to undefined network'],
    ['a dependency', service('depends_on: ["${N}"]'), 'depends on undefined service ""'],
    ['a number', service('pids_limit: "${N}"'), 'pids_limit'],
    ['a boolean', service('tty: "${N}"'), 'tty'],
  ])('is refused as %s', async (_, text, message) => {
    const errors = await refused({ 'compose.yaml': text });
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(message);
    expect(errors[0]).toMatch(/ \/project\/compose\.yaml:\d+:\d+ /);
  });

  it.each([
    ['build.context', 'services: {s: {build: {context: "${N}"}}}', 'build:\n      dockerfile: Dockerfile\n'],
    ['build', 'services: {s: {build: "${N}"}}', 'build:\n      dockerfile: Dockerfile\n'],
    ['a mount target', service('volumes: [{type: bind, source: /a, target: "${N}"}]'), 'target: .\n'],
    ['a device in the container', service('devices: ["/dev/x:${N}"]'), 'target: /dev/x\n'],
    [
      'a volume name',
      service('volumes: ["vol:/v"]', 'volumes: {vol: {name: "${N}"}}'),
      'volumes:\n  vol: {}\n',
    ],
    [
      'an external name',
      service('networks: [n]', 'networks: {n: {external: true, name: "${N}"}}'),
      '  "n":\n    external: true\n',
    ],
    ['the default network', service('tty: true', 'networks: {default: {name: "${N}"}}'), 'default: {}\n'],
    ['an optional env_file', service('env_file: [{path: "${N}", required: false}]'), 'image: x\n'],
  ])('stays blank as %s', async (_, text, part) => expect(await printed(text)).toContain(part));

  it('of the name of a file counts where it is the last, unless the flag names the project', async () => {
    const files = { 'a.yaml': 'name: one\nservices: {s: {image: x}}', 'b.yaml': 'name: "${N}"\n' };
    expect(await refused(files, { files: ['a.yaml', 'b.yaml'] })).toEqual([
      'COMPOSE_PROJECT_NAME /project/b.yaml:1:7 project name must not be empty',
    ]);
    expect((await load(files, { files: ['b.yaml', 'a.yaml'] })).project.name).toBe('one');
    expect((await load(files, { files: ['a.yaml', 'b.yaml'], projectName: 'p' })).project.name).toBe('p');
  });

  it('of a name that would be created or joined is refused for commands that do', async () => {
    const text = service(
      'networks: [n]\n    volumes: ["vol:/v"]',
      'networks: {n: {name: "${N}", external: true}, unused: {name: "${N}"}}\nvolumes: {vol: {name: "${N}"}}',
    );
    expect(await refused({ 'compose.yaml': text }, { toMake: true })).toEqual([
      'COMPOSE_INVALID_VALUE /project/compose.yaml:7:16 networks.n.name is blank',
      'COMPOSE_INVALID_VALUE /project/compose.yaml:8:17 volumes.vol.name is blank',
    ]);
  });

  it.each([
    ['an image', 'services: {s: {image: "${S}"}}', 'services.s.image is blank'],
    ['a mode of the network', service('network_mode: "${S}"'), 'services.s.network_mode is blank'],
    ['a user', service('user: "${S}"'), 'services.s.user is blank'],
    ['a platform', service('platform: "${S}"'), 'services.s.platform is blank'],
    ['a capability', service('cap_add: ["${S}"]'), 'services.s.cap_add[0] is blank'],
    ['an exposed port', service('expose: [80, "${S}"]'), 'services.s.expose[1] is blank'],
    ['a published port', service('ports: [{target: 80, published: "${S}"}]'), 'published is blank'],
    ['a source', service('volumes: [{type: bind, source: "${S}", target: /t}]'), 'source is blank'],
    ['a context', 'services: {s: {build: {context: "${S}"}}}', 'services.s.build.context is blank'],
    ['a target', 'services: {s: {build: {context: ., target: "${S}"}}}', 'build.target is blank'],
    ['a watched path', service('develop: {watch: [{path: "${S}", action: rebuild}]}'), 'path is blank'],
    ['a user of a hook', service('post_start: [{command: a, user: "${S}"}]'), 'post_start[0].user is blank'],
    ['a network name', service('networks: [n]', 'networks: {n: {name: "${S}"}}'), 'networks.n.name is blank'],
    [
      'a subnet',
      service('networks: [n]', 'networks: {n: {ipam: {config: [{subnet: "${S}"}]}}}'),
      'networks.n.ipam.config[0].subnet is blank',
    ],
    ['a driver', service('volumes: ["v:/v"]', 'volumes: {v: {driver: "${S}"}}'), 'volumes.v.driver is blank'],
    ['a file', service('secrets: [c]', 'secrets: {c: {file: "${S}"}}'), 'secrets.c.file is blank'],
  ])('of white space alone is refused as %s', async (_, text, message) => {
    const errors = await refused({ 'compose.yaml': text }, { env: { S: ' \t' } });
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/^COMPOSE_INVALID_VALUE \/project\/compose\.yaml:\d+:\d+ /);
    expect(errors[0]).toContain(message);
  });

  it.each([
    ['a label', service('labels: {a: "${S}"}'), "a: ' '"],
    ['a variable', service('environment: {a: "${S}"}'), "a: ' '"],
    ['an argument', service('command: ["a", "${S}"]'), "- ' '"],
    ['a content', service('configs: [c]', 'configs: {c: {content: "${S}"}}'), "content: ' '"],
  ])('of white space alone is kept as %s', async (_, text, part) => {
    const { project } = await load({ 'compose.yaml': text }, { env: { S: ' ' } });
    expect(renderConfig(project, { format: 'yaml' }).replaceAll('"', "'")).toContain(part);
  });

  it.each([
    ['cap_add: ["${N}"]', 'services.s.cap_add[0] is blank'],
    ['cap_drop: ["${N}"]', 'services.s.cap_drop[0] is blank'],
    ['device_cgroup_rules: ["${N}"]', 'services.s.device_cgroup_rules[0] is blank'],
    ['devices: ["${N}:/dev/x"]', 'services.s.devices[0].source is blank'],
    ['expose: ["${N}"]', 'services.s.expose[0] is blank'],
    ['external_links: ["${N}"]', 'services.s.external_links[0] is blank'],
    ['group_add: ["${N}"]', 'services.s.group_add[0] is blank'],
    ['security_opt: ["${N}"]', 'services.s.security_opt[0] is blank'],
    ['blkio_config: {weight_device: [{path: "${N}", weight: 10}]}', 'weight_device[0].path is blank'],
  ])(
    'that is empty is printed, and refused for commands that make containers: %s',
    async (attribute, message) => {
      const files = { 'compose.yaml': service(attribute) };
      await load(files);
      expect(await refused(files, { toMake: true })).toEqual([expect.stringContaining(message)]);
      expect(await refused(files, { toMake: true, services: ['t'] }).catch(() => 'loaded')).toBe('loaded');
    },
  );

  it.each(['ssh: ["${N}"]', 'additional_contexts: ["${N}"]'])(
    'that Docker Compose refuses is refused: build.%s',
    async (attribute) => {
      const text = `services: {s: {build: {context: ., ${attribute}}}}`;
      expect(await refused({ 'compose.yaml': text })).toEqual([expect.stringContaining(' is blank')]);
    },
  );

  it.each(['ssh: {default: "${N}"}', 'ssh: ["default=${N}"]', 'additional_contexts: {c: "${N}"}'])(
    'that Docker Compose takes is taken: build.%s',
    async (attribute) => {
      const text = `services: {s: {build: {context: ., ${attribute}}}}`;
      await expect(load({ 'compose.yaml': text })).resolves.toBeDefined();
    },
  );

  it('of a mount without target is refused, as none is', async () => {
    expect(await refused({ 'compose.yaml': service('volumes: [{type: bind, source: /a}]') })).toEqual([
      'COMPOSE_MISSING_ATTRIBUTE /project/compose.yaml:4:15 services.s.volumes[0]: the mount has no target',
    ]);
  });
});
