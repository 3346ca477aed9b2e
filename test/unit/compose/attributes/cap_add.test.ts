import { attribute } from './attribute.ts';

attribute('cap_add', {
  printed: [
    [
      ['NET_ADMIN', 'ALL'],
      `
      cap_add:
        - NET_ADMIN
        - ALL`,
    ],
    [[], ''],
  ],
  refused: [
    [{ a: 'b' }, 'services.web.cap_add must be a list'],
    ['one', 'services.web.cap_add must be a list'],
    [['NET_ADMIN', 'NET_ADMIN'], 'services.web.cap_add[1] repeats an item of the same list'],
  ],
});
