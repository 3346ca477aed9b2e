/**
 * Types of the Docker Engine REST API, v1.51 (the fields we read or answer; names exactly as on the wire), one file per
 * resource; this file has what several of them share. Durations are nanoseconds and sizes bytes unless a field says
 * otherwise. Request types are what a client may send, so nearly everything is optional; a `null` stands for "absent"
 * in Go clients.
 */

/** Labels, options and other maps of strings. */
export type StringMap = Readonly<Record<string, string>>;

/** How a root file system is assembled; clients only display it. */
export interface GraphDriver {
  readonly Name: string;
  readonly Data: StringMap | null;
}

/** Shape of every error answer. */
export interface ErrorResponse {
  readonly message: string;
}
