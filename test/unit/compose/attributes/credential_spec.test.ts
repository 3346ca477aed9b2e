import { attribute } from './attribute.ts';

attribute('credential_spec', {
  printed: [
    [
      { config: 'c' },
      `
      credential_spec:
        config: c`,
    ],
    [
      { registry: 'r', file: 'f' },
      `
      credential_spec:
        file: f
        registry: r`,
    ],
  ],
  refused: [
    [{ fil: 'f' }, 'services.web.credential_spec: unknown attribute "fil"'],
    ['f', 'services.web.credential_spec must be a mapping'],
  ],
  warned: [[{ file: 'f' }, '"credential_spec" is not carried out: only Windows has it (web)']],
});
