import { expect, test } from 'vitest';
import { nearImage } from '../../../../src/project/images/missing-image.ts';
import type { Observed } from '../../../../src/project/observed.ts';

const far = 'registry.example.com:5000/';

test.each([
  ['nginy', ['redis:7', 'nginx:latest'], 'nginx:latest'],
  ['web:2', ['web:1'], 'web:1'],
  [`${far}team/web:1`, [`${far}team/wep:1`, 'team/web:1'], `${far}team/wep:1`],
  [`${far}payments:1`, [`${far}frontend:1`, `${far}backend:1`], undefined],
  [`${far}a:1`, [`${far}frontend:1`, `${far}a:2`], `${far}a:2`],
  ['team/web', [`${far}team/web:latest`], undefined],
])('the name nearest to %s of %j is %s', (wanted, names, near) => {
  const images = new Map(names.map((name) => [name, 'sha256:x']));
  expect(nearImage(wanted, { images } as unknown as Observed)).toBe(near);
});
