import { attribute } from './attribute.ts';

attribute('develop', {
  printed: [
    [
      {
        watch: [
          {
            path: './src',
            action: 'sync',
            target: '/src',
            ignore: 'node_modules/',
            include: ['*.js'],
            initial_sync: true,
          },
          { path: '.', action: 'sync+exec', target: '/a', exec: { command: 'reload now' }, 'x-w': 1 },
        ],
      },
      `
      develop:
        watch:
          - path: ./src
            action: sync
            target: /src
            include:
              - '*.js'
            ignore:
              - node_modules/
            initial_sync: true
          - path: .
            action: sync+exec
            target: /a
            exec:
              command:
                - reload
                - now
            x-w: 1`,
    ],
    [null, ''],
  ],
  refused: [
    [
      { watch: [{ path: 'a', action: 'sync' }] },
      'services.web.develop.watch: target is required for non-rebuild actions',
    ],
    [
      { watch: [{ path: '', action: 'rebuild' }] },
      "services.web.develop.watch[0].path: value can't be blank",
    ],
    [
      { watch: [{ path: 'a', action: 'sync+exec', target: '/t' }] },
      'services.web.develop.watch: exec is required for sync+exec',
    ],
    [{ watch: [{ action: 'sync' }] }, 'services.web.develop.watch[0]: attribute "path" is missing'],
    [
      { watch: [{ path: 'a', action: 'sink' }] },
      'services.web.develop.watch[0].action must be one of rebuild, restart, sync, sync+restart, sync+exec',
    ],
    ['x', 'services.web.develop must be a mapping or empty'],
  ],
});
