import { attribute } from './attribute.ts';

attribute('pull_refresh_after', {
  printed: [
    [
      '12h',
      `
      pull_refresh_after: 12h`,
    ],
  ],
  refused: [
    [['a'], 'services.web.pull_refresh_after must be a string'],
    [7, 'services.web.pull_refresh_after must be a string'],
  ],
  warned: [['12h', '"pull_refresh_after" is not carried out: Docker Compose does not use it either (web)']],
});
