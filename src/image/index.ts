export { createImageStore } from './image-store.ts';
export { libcLayerSystem } from './layer-system.ts';
export type * from './types.ts';
