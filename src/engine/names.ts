/** Words for containers created without a name: an adjective and a craft, `patient_weaver`. */
const manners =
  'able amber apt brave brisk calm candid careful cheerful clear clever cosy curious daring deft eager early easy fair fleet fond frank fresh gentle glad golden grand handy happy hardy honest humble jolly keen kind lively loyal lucid lucky mellow merry mild modest neat nimble noble patient placid plain polite prime proud quick quiet ready robust rustic serene sharp silent simple sincere sleek smart snug sober solid spry stable steady still sunny sure sweet swift tidy tranquil true trusty upright valiant vivid warm wise witty zesty'.split(
    ' ',
  );
const crafts =
  'archer baker binder bowyer brewer builder carter carver chandler cooper cutler draper drover dyer falconer farmer ferrier fiddler fisher fletcher forester fuller gardener gilder glazier glover grocer hatter herder joiner keeper lorimer luthier mason mercer miller miner minstrel moulder nailer painter pilot piper planter ploughman potter printer quarrier ranger reaper rigger roper saddler sailor sawyer scribe shepherd shipwright skinner smith spinner steward tanner thatcher tiler tinker turner tutor vintner warden weaver wheelwright whittler wright'.split(
    ' ',
  );

/** A free name; after a few collisions a digit is added, so that the search always ends. `random` is in [0, 1). */
export function generateName(taken: (name: string) => boolean, random: () => number = Math.random): string {
  for (let attempt = 0; ; attempt++) {
    const pick = (words: readonly string[]): string => words[Math.floor(random() * words.length)]!;
    const name = `${pick(manners)}_${pick(crafts)}${attempt < 6 ? '' : String(attempt)}`;
    if (!taken(name)) return name;
  }
}

/** Docker's rule for names of containers and volumes. */
export const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
