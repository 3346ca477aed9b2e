import { attribute } from './attribute.ts';
import { keyValueCases } from './shared-cases.ts';

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

attribute('ipc', {
  printed: [
    [
      'host',
      `
      ipc: host`,
    ],
    [
      'shareable',
      `
      ipc: shareable`,
    ],
  ],
  refused: [
    [['a'], 'services.web.ipc must be a string'],
    [7, 'services.web.ipc must be a string'],
    ['service:nobody', 'service "web" depends on undefined service "nobody"'],
  ],
});

attribute('pid', {
  printed: [
    [
      'host',
      `
      pid: host`,
    ],
    [
      'container:abc',
      `
      pid: container:abc`,
    ],
    [null, ''],
  ],
  refused: [
    [['host'], 'services.web.pid must be a string or empty'],
    ['service:nobody', 'service "web" depends on undefined service "nobody"'],
  ],
});

attribute('privileged', {
  printed: [
    [
      true,
      `
      privileged: true`,
    ],
    [
      'true',
      `
      privileged: true`,
    ],
    [false, ''],
    ['f', ''],
  ],
  refused: [
    [[true], 'services.web.privileged must be a boolean'],
    ['maybe', 'services.web.privileged: "maybe" is neither true nor false'],
  ],
  modelled: [
    [false, false],
    ['1', true],
  ],
});

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

attribute('sysctls', keyValueCases('sysctls'));

attribute('userns_mode', {
  printed: [
    [
      'host',
      `
      userns_mode: host`,
    ],
  ],
  refused: [
    [['a'], 'services.web.userns_mode must be a string'],
    [7, 'services.web.userns_mode must be a string'],
  ],
});

attribute('uts', {
  printed: [
    [
      'host',
      `
      uts: host`,
    ],
  ],
  refused: [
    [['a'], 'services.web.uts must be a string'],
    [7, 'services.web.uts must be a string'],
    ['service:nobody', 'service "web" depends on undefined service "nobody"'],
  ],
});
