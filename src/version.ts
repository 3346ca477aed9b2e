declare const TCOMPOSE_VERSION: string | undefined;

/** The release, inserted by the bundler; `dev` when run from source. */
export const version: string = typeof TCOMPOSE_VERSION === 'string' ? TCOMPOSE_VERSION : 'dev';
