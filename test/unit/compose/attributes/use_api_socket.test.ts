import { attribute } from './attribute.ts';

attribute('use_api_socket', {
  printed: [
    [
      true,
      `
      use_api_socket: true`,
    ],
    [false, ''],
  ],
  refused: [['true', 'services.web.use_api_socket must be a boolean']],
  warned: [
    [true, '"use_api_socket" is not carried out: the API socket is not given to containers (web)'],
    [false],
  ],
});
