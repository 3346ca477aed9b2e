export { networkWarnings } from './create-record.ts';
export { createNetworkService } from './service.ts';
export type * from './service-types.ts';
export type * from './types.ts';
