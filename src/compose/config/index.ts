export {
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
