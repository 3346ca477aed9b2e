import { attribute } from './attribute.ts';

attribute('security_opt', {
  printed: [
    [
      ['no-new-privileges:true', 'seccomp=unconfined'],
      `
      security_opt:
        - no-new-privileges:true
        - seccomp=unconfined`,
    ],
    [[], ''],
  ],
  refused: [
    [{ a: 'b' }, 'services.web.security_opt must be a list'],
    ['one', 'services.web.security_opt must be a list'],
    [
      ['no-new-privileges:true', 'no-new-privileges:true'],
      'services.web.security_opt[1] repeats an item of the same list',
    ],
  ],
});
