import { stoppingCommand } from './stopping-command.ts';

export const command = stoppingCommand('stop', 'Stop running containers', (client, container, timeout) =>
  client.containers.stop(container, timeout),
);
