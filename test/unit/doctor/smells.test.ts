import { expect, it } from 'vitest';
import { topicsFor } from '../../../src/doctor/smells.ts';

it('errors that may come from the machine lead to its topics, each once, and others to none', () => {
  expect(topicsFor(['IMAGE_NO_SPACE', 'ENGINE_DISK_FULL'])).toEqual(['disk']);
  expect(topicsFor(['PROJECT_STEP', 'ENGINE_API', 'NETWORK_SETUP_FAILED'])).toEqual([
    'kernel',
    'networks',
    'limits',
  ]);
  expect(topicsFor(['CLI_USAGE', 'COMPOSE_YAML', 'NETWORK_PORT_IN_USE'])).toEqual([]);
});
