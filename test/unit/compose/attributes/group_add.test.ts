import { attribute } from './attribute.ts';

attribute('group_add', {
  printed: [
    [
      ['audio', 1001],
      `
      group_add:
        - audio
        - "1001"`,
    ],
    [[], ''],
  ],
  refused: [
    [{ a: 'b' }, 'services.web.group_add must be a list'],
    ['one', 'services.web.group_add must be a list'],
    [['audio', 'audio'], 'services.web.group_add[1] repeats an item of the same list'],
    [[null], 'services.web.group_add[0] must be a string or a number'],
  ],
});
