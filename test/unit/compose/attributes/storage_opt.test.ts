import { attribute } from './attribute.ts';

attribute('storage_opt', {
  printed: [
    [
      { size: '20G', n: 1 },
      `
      storage_opt:
        "n": "1"
        size: 20G`,
    ],
  ],
  refused: [['20G', 'services.web.storage_opt must be a mapping']],
  warned: [[{ size: '20G' }, '"storage_opt" is not carried out: the storage has no quotas (web)']],
});
