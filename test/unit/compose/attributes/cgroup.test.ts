import { attribute } from './attribute.ts';

attribute('cgroup', {
  printed: [
    [
      'host',
      `
      cgroup: host`,
    ],
    [
      'private',
      `
      cgroup: private`,
    ],
  ],
  refused: [
    ['hosts', 'services.web.cgroup must be one of host, private'],
    [3, 'services.web.cgroup must be a string'],
  ],
});
