import { readlinkSync, writeFileSync } from 'node:fs';
import type { LayerSystem } from '../../../src/image/unpack/layer-system.ts';

/** Calls of libc written down instead of made; a node becomes an empty file, so that it is there. */
export class FakeSystem implements LayerSystem {
  readonly nodes: [path: string, mode: number, major: number, minor: number][] = [];
  readonly attributes: [path: string, name: string, value: string][] = [];
  synced = 0;
  /** errno name that makeNode or setExtendedAttribute fails with. */
  refuse: { readonly makeNode?: string; readonly setExtendedAttribute?: string } = {};

  makeNode(dirFd: number, name: Uint8Array, mode: number, major: number, minor: number): void {
    if (this.refuse.makeNode) throw Object.assign(new Error('mknod'), { errnoName: this.refuse.makeNode });
    const path = `${readlinkSync(`/proc/self/fd/${dirFd}`)}/${Buffer.from(name.subarray(0, -1)).toString()}`;
    this.nodes.push([path, mode, major, minor]);
    writeFileSync(path, '', { flag: 'wx' });
  }
  setExtendedAttribute(fd: number, name: string, value: Uint8Array): void {
    if (this.refuse.setExtendedAttribute)
      throw Object.assign(new Error('setxattr'), { errnoName: this.refuse.setExtendedAttribute });
    const path = readlinkSync(`/proc/self/fd/${fd}`);
    this.attributes.push([path, name, Buffer.from(value).toString('latin1')]);
  }
  async syncFileSystem(): Promise<void> {
    this.synced++;
  }
}
