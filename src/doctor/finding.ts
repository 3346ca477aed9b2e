/** The doctor's topics, in the order of its report. */
export const topics = [
  'kernel',
  'namespaces',
  'sub-ids',
  'cgroups',
  'storage',
  'disk',
  'networks',
  'firewall',
  'ports',
  'outside',
  'resolver',
  'inotify',
  'limits',
  'clock',
  'platforms',
  'session',
  'engine',
  'others',
] as const;

export type Topic = (typeof topics)[number];

/**
 * `ok`: works. `limited`: everything works without it, and the message says what is lost. `missing`: something
 * necessary does not work.
 */
export type Level = 'ok' | 'limited' | 'missing';

/** The result of one check. */
export interface Finding {
  readonly topic: Topic;
  /** Identifies the check for programs: unlike the message it never changes. */
  readonly id: string;
  readonly level: Level;
  readonly message: string;
  /** A command line that fixes it, for pasting into a shell. */
  readonly fix?: string;
}

/** Makes a finding of the topic with which `id` begins (`sub-ids.range`). */
type Say = (id: `${Topic}.${string}`, message: string, fix?: string) => Finding;

const say =
  (level: Level): Say =>
  (id, message, fix) => ({
    topic: id.slice(0, id.indexOf('.')) as Topic,
    id,
    level,
    message,
    ...(fix === undefined ? {} : { fix }),
  });

export const ok = say('ok');
export const limited = say('limited');
export const missing = say('missing');
