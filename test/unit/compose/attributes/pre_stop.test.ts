import { attribute } from './attribute.ts';

attribute('pre_stop', {
  printed: [
    [
      [
        {
          command: ['sh', '-c', 'echo hi'],
          user: 'root',
          privileged: true,
          working_dir: '/w',
          environment: ['A=1', 'B'],
        },
      ],
      `
      pre_stop:
        - command:
            - sh
            - -c
            - echo hi
          user: root
          privileged: true
          working_dir: /w
          environment:
            A: "1"
            B: null`,
    ],
    [
      [{ command: 'echo hi' }],
      `
      pre_stop:
        - command:
            - echo
            - hi`,
    ],
  ],
  refused: [
    [[{ user: 'root' }], 'services.web.pre_stop[0]: attribute "command" is missing'],
    [[{ command: 'x', usr: 'a' }], 'services.web.pre_stop[0]: unknown attribute "usr"'],
    [{ command: 'x' }, 'services.web.pre_stop must be a list'],
  ],
});
