/** Client of the Docker Engine API. */
export interface EngineClient {
  close(): void;
}
