export { logTime } from './cri-line.ts';
export { encodeLogBatch, type LogBatch, type LogRecord, logRecords } from './log-batch.ts';
export { type LogGrowth, type ReadLogOptions, readLog } from './read-log.ts';
