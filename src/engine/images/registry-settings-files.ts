import { readFileSync } from 'node:fs';
import { TcomposeError } from '../../errors.ts';
import {
  defaultRegistrySettings,
  mergeSettings,
  parseDockerSettings,
  parseRegistrySettings,
  type RegistrySettings,
} from '../../registry/settings/registry-settings.ts';
import { readOwnersFile } from '../store/owners-file.ts';

/** Settings of Docker's daemon that count here too. */
const dockerFile = '/etc/docker/daemon.json';

/**
 * What engine.json (`registries`) and Docker's daemon.json (`insecure-registries`, `registry-mirrors`) say. Nothing is kept: a change counts from the next
 * pull.
 * @throws TcomposeError REGISTRY_CONFIG
 */
export function readRegistrySettings(config: string): RegistrySettings {
  const text = readOwnersFile(config, 'REGISTRY_CONFIG', 'It says which hosts are trusted');
  return mergeSettings(
    text === undefined ? defaultRegistrySettings : ownSettings(config, text),
    parseDockerSettings(readDocker()),
  );
}

function ownSettings(file: string, text: string): RegistrySettings {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TcomposeError('REGISTRY_CONFIG', `${file}: this is not JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
  return parseRegistrySettings((value as { registries?: unknown } | null)?.registries, file);
}

function readDocker(): string {
  try {
    return readFileSync(dockerFile, 'utf8');
  } catch {
    return '{}';
  }
}
