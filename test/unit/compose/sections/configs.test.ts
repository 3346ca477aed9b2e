import { section } from './section.ts';

section('configs', {
  printed: [
    [
      { c: { content: 'line\n' } },
      `
      configs:
        c:
          name: p_c
          content: |
            line`,
    ],
    [
      { c: { file: './c', labels: { a: 1 } } },
      `
      configs:
        c:
          name: p_c
          file: ./c
          labels:
            a: "1"`,
    ],
    [
      { c: { environment: 'FROM_ENV' } },
      `
      configs:
        c:
          name: p_c
          environment: FROM_ENV`,
    ],
    [
      { c: { external: { name: 'there' } } },
      `
      configs:
        c:
          name: there
          external: true`,
    ],
  ],
  refused: [
    [{ c: {} }, 'configs.c: one of file|environment|content must be set'],
    [
      { c: { file: 'a', content: 'b' } },
      'configs.c: file|environment|content attributes are mutually exclusive',
    ],
    [{ c: { fil: 'a' } }, 'configs.c: unknown attribute "fil"'],
    [[], 'configs must be a mapping'],
  ],
});
