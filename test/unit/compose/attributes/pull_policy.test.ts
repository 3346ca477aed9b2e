import { attribute } from './attribute.ts';

attribute('pull_policy', {
  printed: [
    [
      'always',
      `
      pull_policy: always`,
    ],
    [
      'if_not_present',
      `
      pull_policy: if_not_present`,
    ],
    [
      'every_12h',
      `
      pull_policy: every_12h`,
    ],
  ],
  refused: [
    [
      'sometimes',
      'services.web.pull_policy must be always, never, missing, build, daily, weekly or every_<duration>',
    ],
    [true, 'services.web.pull_policy must be a string'],
  ],
});
