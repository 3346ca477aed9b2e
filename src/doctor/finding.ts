/** What the doctor looks at, in the order of its report. */
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

/** `ok`: works. `limited`: everything works without it, and the message says what is lost. `missing`: something that is needed does not work. */
export type Level = 'ok' | 'limited' | 'missing';

/** One thing that was looked at. */
export interface Finding {
  readonly topic: Topic;
  /** Names the check for programs: stable, unlike the message. */
  readonly id: string;
  readonly level: Level;
  readonly message: string;
  /** A command line that puts it right, to be pasted into a shell. */
  readonly fix?: string;
}

/** A finding of the topic that `id` begins with (`sub-ids.range`). */
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
