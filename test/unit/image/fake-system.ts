import { writeFileSync } from 'node:fs';
import type { LayerSystem } from '../../../src/image/layer-system.ts';

/** Calls of libc written down instead of made; a node becomes an empty file, so that it is there. */
export class FakeSystem implements LayerSystem {
  readonly nodes: [path: string, mode: number, major: number, minor: number][] = [];
  readonly attributes: [path: string, name: string, value: string][] = [];
  synced = 0;
  /** errno name that makeNode or setExtendedAttribute fails with. */
  refuse: { readonly makeNode?: string; readonly setExtendedAttribute?: string } = {};

  makeNode(path: Uint8Array, mode: number, major: number, minor: number): void {
    if (this.refuse.makeNode) throw Object.assign(new Error('mknod'), { errnoName: this.refuse.makeNode });
    this.nodes.push([Buffer.from(path).toString(), mode, major, minor]);
    writeFileSync(Buffer.from(path), '');
  }
  setExtendedAttribute(path: Uint8Array, name: string, value: Uint8Array): void {
    if (this.refuse.setExtendedAttribute)
      throw Object.assign(new Error('setxattr'), { errnoName: this.refuse.setExtendedAttribute });
    this.attributes.push([Buffer.from(path).toString(), name, Buffer.from(value).toString('latin1')]);
  }
  getExtendedAttribute(): undefined {}
  listExtendedAttributes(): string[] {
    return [];
  }
  async syncFileSystem(): Promise<void> {
    this.synced++;
  }
}
