import { describe, expect, it } from 'vitest';
import { deadTables, ownerComment } from '../../../src/network/dead-instances.ts';
import type { Link } from '../../../src/network/netlink/links.ts';
import { NFPROTO } from '../../../src/network/nftables/messages.ts';

const table = (instance: string, comment = ownerComment(`/run/${instance}/engine.lock`)!) => ({
  family: NFPROTO.inet,
  table: `tcompose_${instance}`,
  comment,
});
const link = (name: string, kind: string): Link => ({
  index: 1,
  name,
  kind,
  masterIndex: 0,
  up: true,
  mtu: 1500,
  mac: '',
  burst: 0,
  largestBurst: 0,
});
const found = (
  tables: Parameters<typeof deadTables>[0],
  links: readonly Link[] = [],
  held: readonly string[] = [],
) =>
  deadTables(tables, links, '00000001', (path) => held.includes(path)).map(
    ({ instance, bridges }) => `${instance} ${bridges.map(({ name }) => name).join()}`,
  );

describe('instances that are dead', () => {
  it('have neither an engine nor anything attached; their bridges go with them', () => {
    expect(found([table('0000000a')])).toEqual(['0000000a ']);
    expect(found([table('0000000a')], [link('tc0000000ab12cd', 'bridge'), link('eth0', '')])).toEqual([
      '0000000a tc0000000ab12cd',
    ]);
  });
  it('are not those whose engine holds its lock', () => {
    expect(found([table('0000000a')], [], ['/run/0000000a/engine.lock'])).toEqual([]);
  });
  it('are not those with containers', () => {
    expect(found([table('0000000a')], [link('tc0000000av0001', 'veth')])).toEqual([]);
  });
  it('are not our own, nor tables that do not say whose they are, nor those of others', () => {
    expect(found([table('00000001'), table('0000000a', ''), { ...table('x'), table: 'filter' }])).toEqual([]);
  });
  it('can only be told when the path is short enough for a comment', () => {
    expect(ownerComment(`/${'x'.repeat(300)}`)).toBeUndefined();
  });
});
