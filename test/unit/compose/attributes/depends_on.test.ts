import { attribute } from './attribute.ts';

attribute('depends_on', {
  printed: [
    [
      ['db', 'cache'],
      `
      depends_on:
        cache:
          condition: service_started
          required: true
        db:
          condition: service_started
          required: true`,
    ],
    [
      { db: { condition: 'service_healthy', restart: true, required: false } },
      `
      depends_on:
        db:
          condition: service_healthy
          restart: true
          required: false`,
    ],
    [
      { db: { condition: 'service_completed_successfully', restart: false } },
      `
      depends_on:
        db:
          condition: service_completed_successfully
          required: true`,
    ],
  ],
  refused: [
    [['nobody'], 'service "web" depends on undefined service "nobody"'],
    [['web'], 'dependency cycle detected: web -> web'],
    [
      { db: { condition: 'service_ready' } },
      'services.web.depends_on.db.condition must be one of service_started, service_healthy, service_completed_successfully',
    ],
    [{ db: {} }, 'services.web.depends_on.db: attribute "condition" is missing'],
    [
      { db: { condition: 'service_started', restrat: true } },
      'services.web.depends_on.db: unknown attribute "restrat"',
    ],
    ['db', 'services.web.depends_on must be a list or a mapping'],
  ],
});
