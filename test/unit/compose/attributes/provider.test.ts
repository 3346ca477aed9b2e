import { attribute } from './attribute.ts';

attribute('provider', {
  printed: [
    [
      { type: 'aws', options: { size: 3, tags: ['a', 1, true] } },
      `
      provider:
        type: aws
        options:
          size:
            - "3"
          tags:
            - a
            - "1"
            - "true"`,
    ],
  ],
  refused: [
    [{ options: {} }, 'services.web.provider: attribute "type" is missing'],
    ['aws', 'services.web.provider must be a mapping'],
  ],
  warned: [[{ type: 'aws' }, '"provider" is not carried out: no external program is started (web)']],
});
