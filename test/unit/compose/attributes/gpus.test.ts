import { attribute } from './attribute.ts';

attribute('gpus', {
  printed: [
    [
      'all',
      `
      gpus:
        - count: -1`,
    ],
    [
      [{ driver: 'nvidia', count: 2, capabilities: ['gpu'] }],
      `
      gpus:
        - capabilities:
            - gpu
          driver: nvidia
          count: 2`,
    ],
    [
      [{ device_ids: ['a'], options: { k: 'v' } }],
      `
      gpus:
        - device_ids:
            - a
          options:
            k: v`,
    ],
    [
      [{ driver: 'nvidia' }],
      `
      gpus:
        - driver: nvidia
          count: -1`,
    ],
  ],
  refused: [
    ['some', 'services.web.gpus must be "all" or a list of device requests'],
    [
      [{ count: 1, device_ids: ['a'] }],
      'services.web.gpus[0]: "count" and "device_ids" attributes are exclusive',
    ],
    [[{ count: 'few' }], 'services.web.gpus[0].count: "few" is not a whole number'],
    [3, 'services.web.gpus must be a string or a list'],
  ],
});
