import { describe, expect, it } from 'vitest';
import { apiError } from '../../../../src/engine/client/api-failure.ts';
import { conflict, failureOf, notFound, notModified } from '../../../../src/engine/http/failure.ts';
import { TcomposeError } from '../../../../src/errors.ts';

describe('what an error becomes on the wire', () => {
  it('has Docker’s status codes', () => {
    expect(failureOf(notFound('No such container: x'))).toEqual({
      status: 404,
      body: { message: 'No such container: x', code: 'ENGINE_NOT_FOUND' },
    });
    expect(failureOf(notModified('x')).status).toBe(304);
    expect(failureOf(conflict('in use')).status).toBe(409);
    expect(failureOf(new TcomposeError('IMAGE_NOT_FOUND', 'x')).status).toBe(404);
    expect(failureOf(new TcomposeError('IMAGE_IN_USE', 'x')).status).toBe(409);
    expect(failureOf(new TcomposeError('INTERNAL', 'x')).status).toBe(500);
  });

  it('carries the hint as the last words, and apart', () => {
    expect(failureOf(conflict('3 containers run', 'stop them first.')).body).toEqual({
      message: '3 containers run (stop them first)',
      code: 'ENGINE_CONFLICT',
      hint: 'stop them first.',
    });
  });

  it.each([undefined, 'stop them first.', 'Use one (a, or b).', 'no full stop'])(
    'is taken apart by the client again: %s',
    (hint) => {
      const { status, body } = failureOf(conflict('3 containers (of 4) run', hint));
      expect(apiError(status, 'POST /x', JSON.stringify(body))).toMatchObject({
        message: '3 containers (of 4) run',
        hint,
      });
    },
  );

  it('says plainly that a disk is full', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      path: '/lib/x',
    });
    expect(failureOf(full)).toEqual({
      status: 500,
      body: {
        message: expect.stringContaining('no space is left on the disk that holds /lib/x ('),
        code: 'ENGINE_DISK_FULL',
        hint: expect.stringContaining('TCOMPOSE_ROOT'),
      },
    });
  });

  it('survives what is no error at all', () => {
    expect(failureOf('text')).toEqual({ status: 500, body: { message: 'text' } });
  });
});
