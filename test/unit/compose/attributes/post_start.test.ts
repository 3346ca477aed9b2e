import { attribute } from './attribute.ts';

attribute('post_start', {
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
      post_start:
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
      post_start:
        - command:
            - echo
            - hi`,
    ],
  ],
  refused: [
    [[{ user: 'root' }], 'services.web.post_start[0]: attribute "command" is missing'],
    [[{ command: 'x', usr: 'a' }], 'services.web.post_start[0]: unknown attribute "usr"'],
    [{ command: 'x' }, 'services.web.post_start must be a list'],
  ],
});
