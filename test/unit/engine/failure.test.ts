import { describe, expect, it } from 'vitest';
import { conflict, failureOf, notFound, notModified } from '../../../src/engine/http/failure.ts';
import { TcomposeError } from '../../../src/errors.ts';

describe('what an error becomes on the wire', () => {
  it('has Docker’s status codes', () => {
    expect(failureOf(notFound('No such container: x'))).toEqual({
      status: 404,
      message: 'No such container: x',
    });
    expect(failureOf(notModified('x')).status).toBe(304);
    expect(failureOf(conflict('in use')).status).toBe(409);
    expect(failureOf(new TcomposeError('IMAGE_NOT_FOUND', 'x')).status).toBe(404);
    expect(failureOf(new TcomposeError('IMAGE_IN_USE', 'x')).status).toBe(409);
    expect(failureOf(new TcomposeError('INTERNAL', 'x')).status).toBe(500);
  });

  it('carries the hint as the last words', () => {
    expect(failureOf(conflict('3 containers run', 'stop them first.')).message).toBe(
      '3 containers run (stop them first)',
    );
  });

  it('says plainly that a disk is full', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      path: '/lib/x',
    });
    expect(failureOf(full)).toEqual({ status: 500, message: 'no space left on the disk that holds /lib/x' });
  });

  it('survives what is no error at all', () => {
    expect(failureOf('text')).toEqual({ status: 500, message: 'text' });
  });
});
