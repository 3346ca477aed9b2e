import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import { parseContainersSettings } from '../../registry/settings/containers-settings.ts';
import {
  defaultRegistrySettings,
  mergeSettings,
  parseDockerSettings,
  parseRegistrySettings,
  type RegistrySettings,
} from '../../registry/settings/registry-settings.ts';
import { readOwnersFile } from './owners-file.ts';

/** Settings of Docker's daemon that apply here, too. */
const dockerFile = '/etc/docker/daemon.json';
/** Settings of podman that apply here: a file, and a directory of further files. */
const containersFile = '/etc/containers/registries.conf';

/**
 * What engine.json (`registries`), Docker's daemon.json (`insecure-registries`, `registry-mirrors`) and podman's
 * registries.conf say. They are read each time, so that a change applies from the next pull. `ignored` is called with
 * the settings of registries.conf that have no effect.
 * @throws TcomposeError REGISTRY_CONFIG
 */
export function readRegistrySettings(
  config: string,
  ignored: (sentence: string) => void = () => {},
  containers = containersFile,
): RegistrySettings {
  const text = readOwnersFile(config, 'REGISTRY_CONFIG', 'It says which hosts are trusted');
  let settings = mergeSettings(
    text === undefined ? { ...defaultRegistrySettings, file: config } : ownSettings(config, text),
    parseDockerSettings(readDocker()),
  );
  for (const file of [...dropIns(`${containers}.d`), containers]) {
    const found = readContainers(file);
    if (found === undefined) continue;
    found.ignored.forEach(ignored);
    settings = mergeSettings(settings, found);
  }
  return settings;
}

function dropIns(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.conf'))
      .sort()
      .reverse()
      .map((name) => join(directory, name));
  } catch {
    return [];
  }
}

function readContainers(file: string) {
  try {
    return parseContainersSettings(readFileSync(file, 'utf8'), file);
  } catch {
    return undefined;
  }
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
