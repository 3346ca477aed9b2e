import { attribute } from './attribute.ts';

attribute('pull_refresh_after', {
  printed: [['12h', '']],
  refused: [[12, 'services.web.pull_refresh_after must be a string']],
  warned: [['12h', '"pull_refresh_after" is not carried out: Docker Compose does not use it either (web)']],
  modelled: [['12h', '12h']],
});
