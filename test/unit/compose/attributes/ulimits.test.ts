import { attribute } from './attribute.ts';

attribute('ulimits', {
  printed: [
    [
      { nproc: 65535, nofile: { soft: 20000, hard: 40000 }, core: 0, memlock: '-1' },
      `
      ulimits:
        core:
          soft: 0
          hard: 0
        memlock: -1
        nofile:
          soft: 20000
          hard: 40000
        nproc: 65535`,
    ],
  ],
  refused: [
    [{ nofile: { soft: 1 } }, 'services.web.ulimits.nofile: attribute "hard" is missing'],
    [{ nofile: 'many' }, 'services.web.ulimits.nofile: "many" is not a whole number'],
    [{ nofile: [1] }, 'services.web.ulimits.nofile must be an integer or a string or a mapping'],
    [['nofile=1'], 'services.web.ulimits must be a mapping'],
  ],
  modelled: [[{ nofile: '5' }, { nofile: 5 }]],
});
