import { describe, expect, it } from 'vitest';
import { type CgroupFiles, enableControllers } from '../../../../src/runtime/cgroup/cgroup-enable.ts';
import { layoutV1, layoutV2 } from '../machines.ts';

const root = '/sys/fs/cgroup';

/** A tree that keeps the rules of cgroup-v2.rst this code meets; `refuses` are controllers the kernel says no to. */
function kernel(start: {
  readonly texts?: Record<string, string>;
  readonly pids?: readonly string[];
  readonly stuck?: readonly string[];
  readonly refuses?: readonly string[];
}): CgroupFiles & { readonly writes: string[]; readonly directories: string[] } {
  const texts = new Map(Object.entries(start.texts ?? {}));
  let pids = [...(start.pids ?? [])];
  const on = new Set((texts.get(`${root}/cgroup.subtree_control`) ?? '').split(' '));
  const writes: string[] = [];
  const directories: string[] = [];
  const fail = (code: string): never => {
    throw Object.assign(new Error(code), { code });
  };
  return {
    writes,
    directories,
    read: (path) => (path === `${root}/cgroup.procs` ? pids.join('\n') : (texts.get(path) ?? '')),
    mkdir: (path) => void directories.push(path),
    write(path, data) {
      writes.push(`${path.slice(root.length)}=${data}`);
      if (path === `${root}/init/cgroup.procs`) {
        if (start.stuck?.includes(data)) fail('ESRCH');
        pids = pids.filter((pid) => pid !== data);
      } else {
        if (start.refuses?.includes(data.slice(1))) fail('EINVAL');
        on.add(data.slice(1));
      }
    },
  };
}

const controllersOf = (files: CgroupFiles) => {
  const { layout, problems } = enableControllers(layoutV2, files);
  return { controllers: layout.kind === 'v2' ? layout.controllers : [], problems };
};

/** The root of a control group namespace, with the container's init in it. */
const insideContainer = { [`${root}/cgroup.type`]: 'domain\n', '/proc/1/cgroup': '0::/\n' };

describe('enableControllers', () => {
  it('switches on what is not, one write each, and leaves processes of the machine root alone', () => {
    const files = kernel({
      texts: { [`${root}/cgroup.subtree_control`]: 'memory pids hugetlb' },
      pids: ['1'],
    });
    expect(controllersOf(files)).toEqual({
      controllers: ['cpu', 'memory', 'pids', 'io', 'cpuset'],
      problems: [],
    });
    expect(files.writes).toEqual(['cpu', 'io', 'cpuset'].map((name) => `/cgroup.subtree_control=+${name}`));
  });

  it('goes without a controller that is refused, and says so', () => {
    const { controllers, problems } = controllersOf(kernel({ refuses: ['cpu'] }));
    expect(controllers).toEqual(['memory', 'pids', 'io', 'cpuset']);
    expect(problems).toEqual([expect.stringMatching(/limits on cpu cannot be set: .*EINVAL/)]);
  });

  it('moves the processes of a container one group down first', () => {
    const files = kernel({ texts: insideContainer, pids: ['1', '7'] });
    expect(controllersOf(files).controllers).toHaveLength(5);
    expect(files.directories).toEqual([`${root}/init`]);
    expect(files.writes.slice(0, 3)).toEqual([
      '/init/cgroup.procs=1',
      '/init/cgroup.procs=7',
      '/cgroup.subtree_control=+cpu',
    ]);
  });

  it('switches nothing on above processes that cannot be moved or are not its to move', () => {
    const stuck = kernel({ texts: insideContainer, pids: ['1', '7'], stuck: ['7'] });
    const foreign = kernel({
      texts: { ...insideContainer, '/proc/1/cgroup': '0::/init.scope\n' },
      pids: ['7'],
    });
    for (const files of [stuck, foreign]) {
      expect(controllersOf(files)).toEqual({
        controllers: [],
        problems: [expect.stringMatching(/processes are in \/sys\/fs\/cgroup itself/)],
      });
      expect(files.writes.some((write) => write.includes('subtree_control'))).toBe(false);
    }
    expect(foreign.writes).toEqual([]);
  });

  it('leaves v1 alone', () => {
    const files = kernel({});
    expect(enableControllers(layoutV1, files)).toEqual({ layout: layoutV1, problems: [] });
    expect(files.writes).toEqual([]);
  });

  it('moves what is in a group that was made for the engine one down, and leaves others’ alone', () => {
    const texts = { [`${root}/cgroup.type`]: 'domain\n', '/proc/1/cgroup': '0::/init.scope\n' };
    const made = kernel({ texts, pids: ['7', '8'] });
    const { layout } = enableControllers({ ...layoutV2, made: true } as typeof layoutV2, made);
    expect(layout).toMatchObject({ controllers: ['cpu', 'memory', 'pids', 'io', 'cpuset'] });
    expect(made.writes.slice(0, 2)).toEqual(['/init/cgroup.procs=7', '/init/cgroup.procs=8']);
    const given = kernel({ texts, pids: ['7'] });
    expect(controllersOf(given)).toMatchObject({
      controllers: [],
      problems: [expect.stringContaining('processes are in')],
    });
    expect(given.writes).toEqual([]);
  });
});
