import { mergeCases } from './attribute.ts';

mergeCases('links', [
  ['lists append, each link once', '[db, "db:alias"]', '[db, cache]', '[db, "db:alias", cache]'],
]);
