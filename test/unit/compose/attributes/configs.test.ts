import { attribute } from './attribute.ts';

attribute('configs', {
  top: { configs: { one: { content: 'x' }, two: { file: './f' } } },
  printed: [
    [
      ['one', { source: 'two', target: '/t', uid: '103', gid: '103', mode: '0440' }],
      `
      configs:
        - source: one
        - source: two
          target: /t
          uid: "103"
          gid: "103"
          mode: "0440"`,
    ],
    [
      [{ source: 'two', target: '/t', mode: 288 }],
      `
      configs:
        - source: two
          target: /t
          mode: "0440"`,
    ],
  ],
  refused: [
    [['three'], 'service "web" refers to undefined config three'],
    [[{ source: 'one', mode: '9' }], 'services.web.configs[0].mode: "9" is not a file mode'],
    [[{ source: 'one', uid: 103 }], 'services.web.configs[0].uid must be a string'],
    ['one', 'services.web.configs must be a list'],
  ],
  modelled: [
    [[{ source: 'two', target: '/t', mode: '0440' }], [{ source: 'two', target: '/t', mode: 0o440 }]],
  ],
});
