import { expect, it } from 'vitest';
import { usageRows } from '../../../../src/cli/system/df.ts';
import { detailedUsage } from '../../../../src/cli/system/df-details.ts';
import type { DiskUsage } from '../../../../src/engine/api/system.ts';

const image = (more: object) => ({
  Id: `sha256:${'a'.repeat(64)}`,
  RepoTags: ['nginx:1'],
  Size: 1000,
  SharedSize: 400,
  Containers: 0,
  Created: 1_700_000_000,
  ...more,
});

const usage = {
  LayersSize: 3000,
  Images: [image({ Containers: 1 }), image({ RepoTags: [], Size: 2000 })],
  Containers: [
    {
      Id: 'b'.repeat(64),
      Image: 'nginx',
      Command: 'nginx -g "daemon off;" and more',
      State: 'running',
      Status: 'Up',
      SizeRw: 10,
      Names: ['/web'],
      Created: 1,
      Mounts: [{ Type: 'volume' }, { Type: 'bind' }],
    },
    {
      Id: 'c'.repeat(64),
      Image: 'nginx',
      Command: 'x',
      State: 'exited',
      Status: 'Exited (0)',
      SizeRw: 30,
      Names: ['/old'],
      Created: 1,
    },
  ],
  Volumes: [
    { Name: 'used', UsageData: { Size: 50, RefCount: 1 } },
    { Name: 'free', UsageData: { Size: 150, RefCount: 0 } },
    { Name: 'unknown', UsageData: { Size: -1, RefCount: 0 } },
  ],
  BuildCache: [
    { ID: 'x', Type: 'regular', Size: 70, InUse: true, Shared: false },
    { ID: 'y', Type: 'regular', Size: 30, InUse: false, Shared: false },
  ],
} as unknown as DiskUsage;

it('adds up what is used, and what would be given back', () => {
  expect(usageRows(usage)).toEqual([
    { Type: 'Images', TotalCount: '2', Active: '1', Size: '3kB', Reclaimable: '2.4kB (80%)' },
    { Type: 'Containers', TotalCount: '2', Active: '1', Size: '40B', Reclaimable: '30B (75%)' },
    { Type: 'Local Volumes', TotalCount: '3', Active: '1', Size: '200B', Reclaimable: '150B (75%)' },
    { Type: 'Build Cache', TotalCount: '2', Active: '1', Size: '100B', Reclaimable: '30B' },
  ]);
});

it('is content with an engine that has nothing, or says null', () => {
  const empty = { LayersSize: 0, Images: null, Containers: null, Volumes: null, BuildCache: null };
  expect(usageRows(empty as unknown as DiskUsage).map(({ Reclaimable }) => Reclaimable)).toEqual([
    '0B',
    '0B',
    '0B',
    '0B',
  ]);
  expect(detailedUsage(empty as unknown as DiskUsage, 0)).toContain('Build cache usage: 0B');
});

it('shows each object by itself', () => {
  const text = detailedUsage(usage, 1_700_000_060_000);
  expect(text).toContain(
    'nginx        1         aaaaaaaaaaaa   About a minute ago   1kB       400B          600B          1',
  );
  expect(text).toMatch(/<none> +<none> +aaaaaaaaaaaa/);
  expect(text).toMatch(/bbbbbbbbbbbb +nginx +"nginx -g "daemon of…" +1 +10B/);
  expect(text).toMatch(/unknown +0 +N\/A/);
});
