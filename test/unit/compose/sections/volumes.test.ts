import { section } from './section.ts';

section('volumes', {
  printed: [
    [
      { data: null },
      `
      volumes:
        data:
          name: p_data`,
    ],
    [
      {
        data: {
          name: 'own',
          driver: 'local',
          driver_opts: { type: 'nfs', o: 'rw', n: 1 },
          labels: { a: null },
        },
      },
      `
      volumes:
        data:
          name: own
          driver: local
          driver_opts:
            "n": "1"
            o: rw
            type: nfs
          labels:
            a: ""`,
    ],
    [
      { data: { external: 'true' } },
      `
      volumes:
        data:
          name: data
          external: true`,
    ],
  ],
  refused: [
    [
      { data: { external: true, driver_opts: { a: 'b' } } },
      'volumes.data: conflicting parameters "external" and "driver_opts" specified',
    ],
    [{ 'my data': {} }, 'volumes: invalid name "my data"'],
    [{ data: 'x' }, 'volumes.data must be a mapping or empty'],
  ],
});
