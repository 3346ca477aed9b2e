export { hostReference, machineLabel } from './host/host-config.ts';
export { createImageStore, type ImageStoreOptions } from './image-store.ts';
export { type LayerSystem, libcLayerSystem } from './layer-system.ts';
export { familiarReference, formatReference, normaliseTag, parseReference } from './reference.ts';
export type * from './types.ts';
