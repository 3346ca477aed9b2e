import { attribute } from './attribute.ts';

attribute('device_cgroup_rules', {
  printed: [
    [
      ['c 1:3 mr', 'a 7:* rmw'],
      `
      device_cgroup_rules:
        - c 1:3 mr
        - a 7:* rmw`,
    ],
    [[], ''],
  ],
  refused: [
    [{ a: 'b' }, 'services.web.device_cgroup_rules must be a list'],
    ['one', 'services.web.device_cgroup_rules must be a list'],
    [['c 1:3 mr', 'c 1:3 mr'], 'services.web.device_cgroup_rules[1] repeats an item of the same list'],
  ],
});
