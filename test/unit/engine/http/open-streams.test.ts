import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createOpenStreams } from '../../../../src/engine/http/open-streams.ts';

const limits = { perPeer: 4, perSubject: 2, inAll: 6 };

describe('streams that are open', () => {
  function room() {
    const streams = createOpenStreams(limits);
    const dropped: string[] = [];
    const open = (name: string, peer: number, more: { subject?: string; blocked?: boolean } = {}) =>
      streams.admit({
        peer,
        subject: more.subject,
        blocked: () => more.blocked ?? false,
        drop: (sentence) => dropped.push(`${name}: ${sentence}`),
      });
    return { streams, dropped, open };
  }

  it('of one process give way to a new one of its own, the one idle longest first', () => {
    const { streams, dropped, open } = room();
    const tickets = ['a', 'b', 'c', 'd'].map((name) => open(name, 1));
    tickets[0]!.touch();
    open('e', 1);
    expect(dropped).toEqual(['b: dropped as the one idle longest: there may be 4 streams of one process']);
    open('other', 2);
    expect([dropped.length, streams.size]).toEqual([1, 5]);
  });

  it('that nobody reads give way before those that are idle', () => {
    const { dropped, open } = room();
    open('idle', 1);
    open('unread', 1, { blocked: true });
    open('c', 1);
    open('d', 1);
    open('e', 1);
    expect(dropped).toEqual([expect.stringContaining('unread: ')]);
  });

  it('of one container are bounded whoever reads them', () => {
    const { dropped, open } = room();
    for (const peer of [1, 2, 3]) open(`of ${peer}`, peer, { subject: 'web' });
    expect(dropped).toEqual([
      'of 1: dropped as the one idle longest: there may be 2 streams of one container',
    ]);
  });

  it('in all are bounded, at the cost of the process that has most', () => {
    const { dropped, open } = room();
    open('lone', 9);
    for (const name of ['a', 'b', 'c', 'd']) open(name, 1);
    open('f', 2);
    open('g', 3);
    expect(dropped).toEqual(['a: dropped as the one idle longest: there may be 6 streams in all']);
  });

  it('never are more than the bounds, and the newest is always among them', () => {
    const request = fc.record({
      peer: fc.nat(3),
      subject: fc.option(fc.constantFrom('x', 'y'), { nil: undefined }),
      blocked: fc.boolean(),
      leaves: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 60 }), (requests) => {
        const streams = createOpenStreams(limits);
        const open = new Map<number, { readonly peer: number; readonly subject: string | undefined }>();
        for (const [number, { peer, subject, blocked, leaves }] of requests.entries()) {
          const drop = () => expect(open.delete(number)).toBe(true);
          const ticket = streams.admit({ peer, subject, blocked: () => blocked, drop });
          open.set(number, { peer, subject });
          const count = (test: (one: { peer: number; subject: string | undefined }) => boolean) =>
            [...open.values()].filter(test).length;
          expect(streams.size).toBe(open.size);
          expect(open.size).toBeLessThanOrEqual(limits.inAll);
          expect(count((one) => one.peer === peer)).toBeLessThanOrEqual(limits.perPeer);
          if (subject !== undefined)
            expect(count((one) => one.subject === subject)).toBeLessThanOrEqual(limits.perSubject);
          if (!leaves) continue;
          ticket.release();
          ticket.release();
          open.delete(number);
        }
      }),
    );
  });
});
