export function bundledPackages(metafile: { readonly inputs: Readonly<Record<string, object>> }): string[];
export function notices(packages: Iterable<string>): string;
