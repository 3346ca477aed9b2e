import { attribute } from './attribute.ts';

attribute('blkio_config', {
  printed: [
    [
      {
        weight: 300,
        weight_device: [{ path: '/dev/sda', weight: 400 }],
        device_read_bps: [{ path: '/dev/sdb', rate: '12mb' }],
        device_write_iops: [{ path: '/dev/sdb', rate: 30 }],
      },
      `
      blkio_config:
        weight: 300
        weight_device:
          - path: /dev/sda
            weight: 400
        device_read_bps:
          - path: /dev/sdb
            rate: "12582912"
        device_write_iops:
          - path: /dev/sdb
            rate: "30"`,
    ],
  ],
  refused: [
    [{ weigth: 3 }, 'services.web.blkio_config: unknown attribute "weigth"'],
    [
      { device_read_bps: [{ path: '/dev/sdb', rate: 'fast' }] },
      'services.web.blkio_config.device_read_bps[0].rate: "fast" is not a size',
    ],
    [['x'], 'services.web.blkio_config must be a mapping'],
  ],
});
