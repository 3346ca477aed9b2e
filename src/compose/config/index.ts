export {
  configHash,
  networkHashInput,
  serviceHashInput,
  volumeHashInput,
} from './hash-input.ts';
export {
  environmentLines,
  hashLines,
  imageNames,
  modelNames,
  networkNames,
  profileNames,
  serviceNames,
  volumeNames,
} from './listings.ts';
export { renderConfig, renderTree } from './render.ts';
export { withoutUnusedResources } from './unused-resources.ts';
