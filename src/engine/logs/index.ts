export { logTime } from './cri-line.ts';
export { encodeLogBatch, logRecords } from './log-batch.ts';
export { type LogGrowth, type ReadLogOptions, readLog } from './read-log.ts';
