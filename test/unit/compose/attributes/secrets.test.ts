import { attribute } from './attribute.ts';

attribute('secrets', {
  top: { secrets: { one: { environment: 'E' }, two: { file: './f' } } },
  printed: [
    [
      ['one', { source: 'two', target: '/t', uid: '103', gid: '103', mode: '0440' }],
      `
      secrets:
        - source: one
          target: /run/secrets/one
        - source: two
          target: /t
          uid: "103"
          gid: "103"
          mode: "0440"`,
    ],
    [
      [{ source: 'two', target: '/t', mode: 288 }],
      `
      secrets:
        - source: two
          target: /t
          mode: "0440"`,
    ],
  ],
  refused: [
    [['three'], 'service "web" refers to undefined secret three'],
    [[{ source: 'one', mode: '9' }], 'services.web.secrets[0].mode: "9" is not a file mode'],
    [[{ source: 'one', uid: 103 }], 'services.web.secrets[0].uid must be a string'],
    ['one', 'services.web.secrets must be a list'],
  ],
  modelled: [
    [[{ source: 'two', target: '/t', mode: '0440' }], [{ source: 'two', target: '/t', mode: 0o440 }]],
  ],
});
