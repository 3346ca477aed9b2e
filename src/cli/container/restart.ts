import { stoppingCommand } from './stopping-command.ts';

export const command = stoppingCommand('restart', 'Stop and start containers', (client, container, timeout) =>
  client.containers.restart(container, timeout),
);
