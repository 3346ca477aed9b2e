import { attribute } from './attribute.ts';

attribute('expose', {
  printed: [
    [
      ['3000', 8000, '53/udp', '3001-3005'],
      `
      expose:
        - "3000"
        - "8000"
        - 53/udp
        - 3001-3005`,
    ],
    [[], ''],
  ],
  refused: [
    [{ a: 'b' }, 'services.web.expose must be a list'],
    ['one', 'services.web.expose must be a list'],
    [['3000', '3000'], 'services.web.expose[1] repeats an item of the same list'],
    [[true], 'services.web.expose[0] must be a string or a number'],
  ],
});
