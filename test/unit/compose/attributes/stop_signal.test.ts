import { attribute } from './attribute.ts';

attribute('stop_signal', {
  printed: [
    [
      'SIGUSR1',
      `
      stop_signal: SIGUSR1`,
    ],
    [
      '9',
      `
      stop_signal: "9"`,
    ],
  ],
  refused: [
    [['a'], 'services.web.stop_signal must be a string'],
    [7, 'services.web.stop_signal must be a string'],
  ],
});
