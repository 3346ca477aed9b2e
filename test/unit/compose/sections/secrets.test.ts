import { section } from './section.ts';

section('secrets', {
  printed: [
    [
      { s: { file: './s' } },
      `
      secrets:
        s:
          name: p_s
          file: ./s`,
    ],
    [
      { s: { environment: 'TOKEN', labels: ['a=b'] } },
      `
      secrets:
        s:
          name: p_s
          environment: TOKEN
          labels:
            a: b`,
    ],
    [
      { s: { external: true, name: 'vault' } },
      `
      secrets:
        s:
          name: vault
          external: true`,
    ],
    [
      { s: { driver: 'd', driver_opts: { a: 1 }, template_driver: 't' } },
      `
      secrets:
        s:
          name: p_s
          driver: d
          driver_opts:
            a: "1"
          template_driver: t`,
    ],
  ],
  refused: [
    [{ s: {} }, 'secrets.s: one of file|environment must be set'],
    [{ s: { file: 'a', environment: 'B' } }, 'secrets.s: file|environment attributes are mutually exclusive'],
    [{ s: { content: 'x' } }, 'secrets.s: unknown attribute "content"'],
    [{ s: null }, 'secrets.s must be a mapping'],
  ],
});
