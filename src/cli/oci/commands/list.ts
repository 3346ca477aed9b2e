import { statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type Command, flag } from '../../arguments/command.ts';
import { table } from '../../render/table.ts';
import { statusOf } from '../container/status.ts';
import { containerIds, findContainer, rootDirectory } from '../container/store.ts';

export const command: Command = {
  name: 'list',
  summary: 'List containers',
  args: {
    max: 0,
    flags: [
      {
        name: 'format',
        short: 'f',
        type: 'string',
        choices: ['table', 'json'],
        value: 'KIND',
        summary: 'Format: table, json',
      },
      { name: 'quiet', short: 'q', type: 'boolean', summary: 'Only ids' },
    ],
  },
  async run(args, ctx) {
    const root = rootDirectory(args, ctx);
    const ids = containerIds(root);
    if (flag.bool(args, 'quiet')) {
      ctx.write(ids.map((id) => `${id}\n`).join(''));
      return 0;
    }
    const rows = await Promise.all(ids.map((id) => rowOf(join(root, id), id)));
    const known = rows.filter((row) => row !== undefined);
    if (flag.str(args, 'format') === 'json') {
      ctx.write(`${JSON.stringify(known)}\n`);
      return 0;
    }
    ctx.write(
      table(
        ['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER'],
        known.map((row) => [row.id, String(row.pid), row.status, row.bundle, row.created, row.owner]),
      ),
    );
    return 0;
  },
};

/** Undefined for a container that is just being deleted. */
async function rowOf(directory: string, id: string) {
  try {
    const container = findContainer(directory, id);
    const { status, process } = await statusOf(directory, container);
    const { bundle, created, spec } = container;
    return {
      ociVersion: spec.ociVersion,
      id,
      pid: process?.pid ?? 0,
      status,
      bundle,
      rootfs: spec.root.path,
      created,
      ...(spec.annotations ? { annotations: spec.annotations } : {}),
      owner: ownerOf(directory),
    };
  } catch {
    return undefined;
  }
}

function ownerOf(directory: string): string {
  const { uid } = statSync(directory);
  const own = userInfo();
  return uid === own.uid ? own.username : uid === 0 ? 'root' : `#${uid}`;
}
