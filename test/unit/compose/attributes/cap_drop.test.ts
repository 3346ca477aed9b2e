import { attribute } from './attribute.ts';

attribute('cap_drop', {
  printed: [
    [
      ['SYS_ADMIN', 'MKNOD'],
      `
      cap_drop:
        - SYS_ADMIN
        - MKNOD`,
    ],
    [[], ''],
  ],
  refused: [
    [{ a: 'b' }, 'services.web.cap_drop must be a list'],
    ['one', 'services.web.cap_drop must be a list'],
    [['SYS_ADMIN', 'SYS_ADMIN'], 'services.web.cap_drop[1] repeats an item of the same list'],
  ],
});
