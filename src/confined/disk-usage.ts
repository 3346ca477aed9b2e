import { ConfinedDirectory } from './confined-directory.ts';
import { joined } from './names.ts';
import { turns } from './turns.ts';

/** Bytes of the files in a directory tree, each file counted once; 0 when it does not exist. Links are not followed. */
export async function diskUsage(path: string): Promise<number> {
  let root: ConfinedDirectory;
  try {
    root = ConfinedDirectory.at(path);
  } catch {
    return 0;
  }
  const turn = turns();
  const measure = async (at: string): Promise<number> => {
    await turn();
    const entry = root.find(at);
    try {
      if (entry?.stat.isFile()) return entry.stat.size;
      if (!entry?.stat.isDirectory()) return 0;
      const names = await entry.names();
      entry.close();
      let total = 0;
      for (const name of names) total += await measure(joined(at, name));
      return total;
    } finally {
      entry?.close();
    }
  };
  try {
    return await measure('');
  } finally {
    root.close();
  }
}
