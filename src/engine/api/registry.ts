/** POST /auth */
export interface AuthRequest {
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly serveraddress: string;
}

/** Answer of POST /auth. If there is a token, clients keep it instead of the password. */
export interface AuthResponse {
  readonly IdentityToken?: string;
  readonly Status: string;
}

/** GET /distribution/{name}/json */
export interface DistributionInspect {
  readonly Descriptor: { readonly mediaType: string; readonly digest: string; readonly size: number };
  readonly Platforms: readonly {
    readonly architecture: string;
    readonly os: string;
    readonly variant?: string;
  }[];
}

/** Element of GET /images/search */
export interface SearchResult {
  readonly name: string;
  readonly description: string;
  readonly is_official: boolean;
  readonly is_automated: boolean;
  readonly star_count: number;
}
