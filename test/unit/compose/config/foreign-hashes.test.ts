import { expect, test } from 'vitest';
import {
  configHash,
  foreignHashInputs,
  serviceHashInput,
} from '../../../../src/compose/config/hash-input.ts';
import { load } from '../load/project.ts';

const db = '016d50b6767a9c72cf398cae5e33c140548dd35d4296d88d3c24357abab430cd';

/** Services, and the hashes that Docker Compose 2.40.3 gave them while `db` had that container. */
const services: readonly (readonly [name: string, attributes: string, hash: string])[] = [
  ['net', 'network_mode: "service:db"', 'fb7a35496cb2cf0d40f823a5d546e7f5f2b23e1851ec2dacf6caf2674ff1399a'],
  ['ipc', 'ipc: "service:db"', '3c5d03cf34d28644dbc00ed46573e70d27d83d1bb9f33954468f07ead353da0c'],
  ['pid', 'pid: "service:db"', '19bb01909f1b52535da6b2f900bca43658e809cc0326334070485db3bb0b0cda'],
  [
    'from',
    'volumes_from: ["db:ro", "container:other:ro"]',
    'b2b451adee632209d18e785c0ef0bdcf23f6029fc9f5d6a7273f0c484bb88d52',
  ],
  [
    'labels',
    'label_file: l.env, labels: {z: "1"}',
    '34d0235fc27f02366e56ebc2e7e5f84a2c7e53c647d592deff5ecaccaaa38841',
  ],
  ['socket', 'use_api_socket: true', '7988ca53f62d4d48fcebf1563e316a76e87c2b5e8f92cb989f6e538e974dec57'],
  [
    'watch',
    'attach: false, develop: {watch: [{path: ./data, action: restart}]}',
    '5394da57ddd07d00a687e35c215c40725c34416c4a98d21d595e929f79f0473e',
  ],
  [
    'bind',
    'volumes: ["./data:/d", "./data:/e:ro", {type: bind, source: ./data, target: /f}, ' +
      '{type: bind, source: ./data, target: /g, bind: {propagation: rslave}}, ' +
      '{type: bind, source: ./data, target: /h, bind: {create_host_path: false}}]',
    'b7835f648980787b84c3b48d21a14d94aa213eb967feda116759c430bf2cd187',
  ],
  [
    'shortbind',
    'volumes: ["./data:/d:rslave,z"]',
    'cc968a84f87cf21ce3ab38012349642865010f585ec8439183da5d75abb3423e',
  ],
];

test.each(services)(
  'the hash of Docker Compose for %s is known, and no other',
  async (name, attributes, hash) => {
    const one = (more: string) => `{image: bb, command: sleep 1000, ${more}}`;
    const files = (more: string) => ({
      'compose.yaml': `services:\n  db: ${one('tty: false')}\n  ${name}: ${one(more)}\n`,
      'l.env': 'x=1\ny=$x\n',
    });
    const hashesOf = async (more: string, container: string | undefined = db) => {
      const { project } = await load(files(more), { toMake: true });
      const inputs = foreignHashInputs(project.services[name]!, (service) =>
        service === 'db' ? container : undefined,
      );
      return [...inputs, serviceHashInput(project.services[name]!)].map(configHash);
    };
    expect(await hashesOf(attributes)).toContain(hash);
    expect(await hashesOf(`${attributes}, user: other`)).not.toContain(hash);
    if (/db/.test(attributes)) expect(await hashesOf(attributes, 'f'.repeat(64))).not.toContain(hash);
  },
);

test('an edit of what is left out makes no container anew, whoever made it', async () => {
  const hashOf = async (more: string) => {
    const text = `services: {s: {image: bb${more}}}`;
    const { project } = await load({ 'compose.yaml': text, 'l.env': '' }, { toMake: true });
    return serviceHashInput(project.services.s!);
  };
  const plain = await hashOf('');
  for (const more of [', attach: false', ', label_file: l.env', ', develop: {watch: []}'])
    expect(await hashOf(more)).toBe(plain);
});
