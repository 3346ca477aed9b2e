/** One breach of the schema; `instancePath` is a JSON pointer, `params` what the keyword found. */
export interface SchemaBreach {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** SHA-256 of the schema the validator was compiled from. */
export declare const schemaDigest: string;

/** Compiled schema: true when `data` keeps to it, else `errors` holds every breach. */
export declare const validate: {
  (data: unknown): boolean;
  errors?: readonly SchemaBreach[] | null;
};
