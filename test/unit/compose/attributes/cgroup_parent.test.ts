import { attribute } from './attribute.ts';

attribute('cgroup_parent', {
  printed: [
    [
      'm-executor',
      `
      cgroup_parent: m-executor`,
    ],
  ],
  refused: [
    [['a'], 'services.web.cgroup_parent must be a string'],
    [7, 'services.web.cgroup_parent must be a string'],
  ],
});
