export {
  environmentLines,
  hashLines,
  imageNames,
  modelNames,
  networkNames,
  profileNames,
  serviceNames,
  treeListings,
  volumeNames,
} from './listings.ts';
export { renderConfig, renderTree } from './render.ts';
export { withoutUnusedResources } from './unused-resources.ts';
export { renderVariables } from './variables.ts';
