import { attribute } from './attribute.ts';

attribute('extends', {
  printed: [
    [
      'base',
      `
      extends:
        service: base`,
    ],
    [
      { service: 'base', file: 'b.yaml' },
      `
      extends:
        file: b.yaml
        service: base`,
    ],
  ],
  refused: [
    [{ file: 'b.yaml' }, 'services.web.extends: attribute "service" is missing'],
    [['base'], 'services.web.extends must be a string or a mapping'],
  ],
});
