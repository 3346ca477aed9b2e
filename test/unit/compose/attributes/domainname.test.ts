import { attribute } from './attribute.ts';

attribute('domainname', {
  printed: [
    [
      'foo.com',
      `
      domainname: foo.com`,
    ],
  ],
  refused: [
    [['a'], 'services.web.domainname must be a string'],
    [7, 'services.web.domainname must be a string'],
  ],
});
